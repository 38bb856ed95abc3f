//! The form of a request's body, by its head and its first byte.

use axum::http::{HeaderMap, header};

use super::cloud_events;

const JSON_WHITE_SPACE: [u8; 4] = [b' ', b'\t', b'\n', b'\r'];

const LINE_MEDIA_TYPES: [&str; 4] =
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];

/// What a body claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// A delivery for each line.
    Lines,
    /// An array of deliveries.
    Array,
    /// An array of CloudEvents.
    CloudEventBatch,
    /// A CloudEvent with its attributes in the body.
    StructuredCloudEvent,
    /// A CloudEvent with its attributes in the headers.
    BinaryCloudEvent,
    /// One delivery.
    Delivery,
}

impl BodyForm {
    /// The producer's content type can be anything: one that is not known here decides nothing, and the body
    /// itself does.
    pub fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        let media_type = media_type(headers);
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        if LINE_MEDIA_TYPES.into_iter().any(is) {
            Self::Lines
        } else if is(cloud_events::BATCHED) {
            Self::CloudEventBatch
        } else if is(cloud_events::STRUCTURED) {
            Self::StructuredCloudEvent
        } else if cloud_events::is_binary(headers) {
            Self::BinaryCloudEvent
        } else if body.iter().find(|byte| !is_white(**byte)) == Some(&b'[') {
            Self::Array
        } else {
            Self::Delivery
        }
    }

    /// Whether a body of this form may hold many deliveries.
    pub fn is_many(self) -> bool {
        matches!(self, Self::Lines | Self::Array | Self::CloudEventBatch)
    }
}

/// Whether a byte is white space between JSON's tokens.
pub fn is_white(byte: u8) -> bool {
    JSON_WHITE_SPACE.contains(&byte)
}

/// The media type, without its parameters.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}
