//! The opening: the salt and the payload exactly as sent. Erasing it leaves every proof valid.

use std::borrow::Cow;

use attempt_ledger_domain::{Address, has_lone_surrogate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::Digest;

/// Bytes of randomness that keep a commitment from being guessed.
pub const SALT_BYTES: usize = 16;

/// The payload's bytes and how they lie in a line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordPayload<'a> {
    /// JSON on one line: embedded as it is, so that `jq` reads it.
    Json(Cow<'a, str>),
    /// Text that is not JSON, JSON with line breaks, or with half a surrogate pair, over which strict readers
    /// of the line would stumble: embedded as a string.
    Text(Cow<'a, str>),
    /// Bytes that are not UTF-8: embedded in base64.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> RecordPayload<'a> {
    /// Chooses the form for `bytes`; `is_json` says that they parsed as one JSON value.
    #[must_use]
    pub fn of(bytes: &'a [u8], is_json: bool) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if is_json && is_one_line(bytes) && !has_lone_surrogate(bytes) => {
                Self::Json(Cow::Borrowed(text))
            }
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => Self::Bytes(Cow::Borrowed(bytes)),
        }
    }

    /// The same payload, owning its bytes.
    #[must_use]
    pub fn into_owned(self) -> RecordPayload<'static> {
        match self {
            Self::Json(text) => RecordPayload::Json(text.into_owned().into()),
            Self::Text(text) => RecordPayload::Text(text.into_owned().into()),
            Self::Bytes(bytes) => RecordPayload::Bytes(bytes.into_owned().into()),
        }
    }

    /// The payload exactly as sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Json(text) | Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

fn is_one_line(bytes: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', bytes).is_none()
}

/// What an opening holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening<'a> {
    /// How the delivery was addressed. Its id is the sender's own, wherever the sender stated it.
    pub address: Address,
    /// What a rule saw when it refused; on events absent.
    pub detail: Option<Cow<'a, str>>,
    /// What was sent.
    pub payload: RecordPayload<'a>,
    /// The randomness in the commitment.
    pub salt: [u8; SALT_BYTES],
}

/// Why bytes are not an opening.
#[derive(Debug, Error)]
pub enum OpeningError {
    /// Not the JSON that this program writes.
    #[error("the opening does not parse: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The payload's base64 or the salt's digits are wrong.
    #[error("the opening's {0} does not decode")]
    Undecodable(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(default)]
    address: Address,
    #[serde(borrow, default)]
    detail: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(default)]
    payload_base64: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload_text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    salt: Cow<'a, str>,
}

impl<'a> Opening<'a> {
    /// The lowest format that holds the opening; see [`FORMAT_VERSION`](super::FORMAT_VERSION).
    #[must_use]
    pub fn format_needed(&self) -> u32 {
        if self.address.envelope.is_some() || self.address.media_type.is_some() { 2 } else { 1 }
    }

    /// The stored bytes: one line of JSON that starts with `{` and has no line break.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.payload.as_bytes().len() + 96);
        bytes.push(b'{');
        if !self.address.is_empty() {
            bytes.extend_from_slice(b"\"address\":");
            serde_json::to_writer(&mut bytes, &self.address).expect("strings serialize");
            bytes.push(b',');
        }
        if let Some(detail) = &self.detail {
            bytes.extend_from_slice(b"\"detail\":");
            serde_json::to_writer(&mut bytes, detail).expect("strings serialize");
            bytes.push(b',');
        }
        match &self.payload {
            RecordPayload::Json(text) => {
                bytes.extend_from_slice(b"\"payload\":");
                bytes.extend_from_slice(text.as_bytes());
            }
            RecordPayload::Text(text) => {
                bytes.extend_from_slice(b"\"payload_text\":");
                serde_json::to_writer(&mut bytes, text).expect("strings serialize");
            }
            RecordPayload::Bytes(raw) => {
                bytes.extend_from_slice(b"\"payload_base64\":\"");
                bytes.extend_from_slice(STANDARD.encode(raw).as_bytes());
                bytes.push(b'"');
            }
        }
        bytes.extend_from_slice(b",\"salt\":\"");
        let mut digits = [0_u8; SALT_BYTES * 2];
        hex::encode_to_slice(self.salt, &mut digits).expect("two digits a byte");
        bytes.extend_from_slice(&digits);
        bytes.extend_from_slice(b"\"}");
        bytes
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`OpeningError`] for anything that [`Opening::to_bytes`] does not write.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, OpeningError> {
        let wire: Wire<'a> = serde_json::from_slice(bytes)?;
        let mut salt = [0_u8; SALT_BYTES];
        hex::decode_to_slice(wire.salt.as_bytes(), &mut salt)
            .map_err(|_| OpeningError::Undecodable("salt"))?;
        let payload = match (wire.payload, wire.payload_text, wire.payload_base64) {
            (Some(raw), None, None) => RecordPayload::Json(Cow::Borrowed(raw.get())),
            (None, Some(text), None) => RecordPayload::Text(text),
            (None, None, Some(text)) => RecordPayload::Bytes(Cow::Owned(
                STANDARD.decode(text.as_bytes()).map_err(|_| OpeningError::Undecodable("payload_base64"))?,
            )),
            _ => return Err(OpeningError::Undecodable("payload")),
        };
        Ok(Self { address: wire.address, detail: wire.detail, payload, salt })
    }

    /// The same opening, owning its text.
    #[must_use]
    pub fn into_owned(self) -> Opening<'static> {
        let Self { address, detail, payload, salt } = self;
        let detail = detail.map(|detail| Cow::Owned(detail.into_owned()));
        Opening { address, detail, payload: payload.into_owned(), salt }
    }

    /// The commitment that the leaf must hold.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        commitment(&self.salt, self.payload.as_bytes())
    }
}

/// SHA-256 over the salt and the exact payload bytes.
#[must_use]
pub fn commitment(salt: &[u8; SALT_BYTES], payload: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(payload);
    Digest(hasher.finalize().into())
}
