//! A body exactly as sent, in the one member of an answer that can hold it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::record::RecordPayload;

pub type PayloadMembers = (Option<Box<RawValue>>, Option<String>, Option<String>);

/// The payload as the one member that can hold it.
pub fn payload_members(payload: RecordPayload<'_>) -> PayloadMembers {
    match payload {
        RecordPayload::Json(text) => match RawValue::from_string(text.into_owned()) {
            Ok(raw) => (Some(raw), None, None),
            Err(_) => (None, None, None),
        },
        RecordPayload::Text(text) => (None, Some(text.into_owned()), None),
        RecordPayload::Bytes(bytes) => (None, None, Some(STANDARD.encode(bytes))),
    }
}
