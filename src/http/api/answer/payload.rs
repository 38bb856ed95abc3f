//! A body exactly as sent, in the one member of an answer that can hold it.

use attempt_ledger_domain::{Payload, write_canonical_payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::record::RecordPayload;

pub type PayloadMembers = (Option<Box<RawValue>>, Option<String>, Option<String>);

/// The fields of a body that is not shown as it is, as JSON that any client reads.
pub fn fields_as_json(payload: &Payload<'_>) -> Option<Box<RawValue>> {
    let mut json = Vec::new();
    write_canonical_payload(payload, &mut json);
    RawValue::from_string(String::from_utf8(json).ok()?).ok()
}

/// The fields that the ledger knows, by their types.
pub fn typed_fields_as_json(payload: &Payload<'_>) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&payload.typed_fields()).ok()
}

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
