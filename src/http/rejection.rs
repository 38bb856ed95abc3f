//! What axum's extractors refuse, told as problems.

use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;

use super::problem::Problem;

impl From<BytesRejection> for Problem {
    /// When the body was too large or too slow the edge knows it and answers 413 or 408 in place of this.
    fn from(_: BytesRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body could not be read")
            .with_hint("Check `Content-Length` and `Transfer-Encoding`, and send the request again.")
    }
}

impl From<QueryRejection> for Problem {
    /// The rejection's own text is left out: it can repeat a value, and values can be phone numbers.
    fn from(rejection: QueryRejection) -> Self {
        let problem =
            Self::new(StatusCode::BAD_REQUEST, "query_invalid", "A query parameter is unknown or malformed")
                .with_hint("The parameters and their types are listed in /openapi.json.");
        match parameter_of(&rejection.body_text()) {
            Some(name) => problem
                .with_detail(format!("`{name}`: it is unknown, given twice or not of its type."))
                .with_error(name, "it is unknown, given twice or not of its type"),
            None => problem,
        }
    }
}

/// The parameter at fault, from a text such as `Failed to …: limit: invalid digit …`; `None` for a name that
/// can be no parameter of ours, because it may be somebody's data.
fn parameter_of(text: &str) -> Option<&str> {
    let name = text.split(": ").nth(1)?;
    let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_ours)).then_some(name)
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "path_invalid", "A part of the path is malformed")
            .with_hint("The paths and the types of their parts are listed in /openapi.json.")
    }
}
