//! Who asks, and what he may: users with passwords, and the access that the official server gives by default.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use crate::failure;

/// Somebody who may use a double that asks for passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: String,
    /// Whether he belongs to the administrators, who may do everything.
    pub is_admin: bool,
}

impl User {
    /// Somebody who may do everything.
    #[must_use]
    pub fn admin(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned(), is_admin: true }
    }

    /// Somebody who may use streams, except those of the system and all at once.
    #[must_use]
    pub fn ordinary(name: &str, password: &str) -> Self {
        Self { is_admin: false, ..Self::admin(name, password) }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, is_admin, .. } = self;
        formatter.debug_struct("User").field("name", name).field("is_admin", is_admin).finish_non_exhaustive()
    }
}

/// For whom a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The server has no users and asks nobody who he is.
    Anybody,
    /// The server has users, and the caller says of none that he is it.
    Anonymous,
    Ordinary,
    Admin,
}

impl Caller {
    /// Whom the headers of a call name. A wrong password is refused whatever the call is for.
    pub fn identify(users: &[User], headers: &MetadataMap) -> Result<Self, Status> {
        if users.is_empty() {
            return Ok(Self::Anybody);
        }
        let Some(header) = headers.get("authorization") else { return Ok(Self::Anonymous) };
        let credentials = header.to_str().ok().and_then(|text| text.strip_prefix("Basic "));
        let credentials = credentials.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let is_his = |user: &&User| format!("{}:{}", user.name, user.password).as_bytes() == credentials;
        let user = users.iter().find(is_his).ok_or_else(failure::unauthenticated)?;
        Ok(if user.is_admin { Self::Admin } else { Self::Ordinary })
    }

    /// Who was found to make this call, when it came in.
    pub fn of<T>(request: &Request<T>) -> Self {
        *request.extensions().get().expect("every call is identified before it is served")
    }

    /// Whether he may read, write and delete this stream. Streams of the system, and all streams at once, are
    /// for administrators; a stream's metadata goes with the stream.
    pub fn may_use(self, stream: &str) -> bool {
        match self {
            Self::Anybody | Self::Admin => true,
            Self::Ordinary => !stream.strip_prefix("$$").unwrap_or(stream).starts_with('$'),
            Self::Anonymous => false,
        }
    }

    /// # Errors
    /// The server's words for what he may not.
    pub fn admit(self, stream: &str) -> Result<(), Status> {
        if self.may_use(stream) { Ok(()) } else { Err(failure::access_denied()) }
    }
}
