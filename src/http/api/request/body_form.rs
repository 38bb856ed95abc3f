//! The form of a request's body, by its head and its first bytes.

use attempt_ledger_domain::FORM_MEDIA_TYPE;
use axum::http::{HeaderMap, header};
use bytes::Bytes;

use super::charset::foreign_charset;
use super::cloud_events;
use crate::byte_order_mark::BYTE_ORDER_MARK;
use crate::http::problem::Problem;

const JSON_WHITE_SPACE: [u8; 4] = [b' ', b'\t', b'\n', b'\r'];

const LINE_MEDIA_TYPES: [&str; 4] =
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];

/// How bodies begin that hold no lines of text: gzip and zstd.
const NO_TEXT: [&[u8]; 2] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"];

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
    ///
    /// # Errors
    /// 415 for a media type that is known for a form that is not read, unless the body is JSON all the same,
    /// and for text in another encoding than UTF-8.
    pub fn of(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        if let Some(charset) = foreign_charset(headers, body) {
            return Err(Problem::charset_unsupported(&charset));
        }
        let media_type = media_type(headers);
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        let looks_like_json = looks_like_json(body);
        if !looks_like_json && is_foreign(media_type) {
            return Err(Problem::media_type_unsupported());
        }
        Ok(if LINE_MEDIA_TYPES.into_iter().any(is) && !cloud_events::is_binary(headers) {
            // What is no text has no lines: cut up at its line feeds, none of it could be put together again.
            if NO_TEXT.into_iter().any(|start| body.starts_with(start)) {
                Self::Delivery
            } else {
                Self::Lines
            }
        } else if is(cloud_events::BATCHED) {
            Self::CloudEventBatch
        } else if is(cloud_events::STRUCTURED) {
            Self::StructuredCloudEvent
        } else if cloud_events::is_binary(headers) {
            Self::BinaryCloudEvent
        } else if first_byte(body) == Some(b'[') {
            Self::Array
        } else {
            Self::Delivery
        })
    }

    /// The form of the same body when it can only be taken as a whole.
    pub fn whole(self) -> Self {
        if self == Self::BinaryCloudEvent { self } else { Self::Delivery }
    }

    /// Whether a body of this form may hold many deliveries.
    pub fn is_many(self) -> bool {
        matches!(self, Self::Lines | Self::Array | Self::CloudEventBatch)
    }
}

/// The media type of a body that is one delivery, where it is another than JSON. Clients that name no media
/// type state that of forms without being asked, so a body that is JSON is JSON.
pub fn other_than_json(headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    let is_form = media_type(headers).eq_ignore_ascii_case(FORM_MEDIA_TYPE) && !looks_like_json(body);
    is_form.then_some(FORM_MEDIA_TYPE)
}

/// The body without a byte order mark before it, which is no part of JSON (RFC 8259, 8.1).
pub fn without_byte_order_mark(body: Bytes) -> Bytes {
    if body.starts_with(BYTE_ORDER_MARK) { body.slice(BYTE_ORDER_MARK.len()..) } else { body }
}

/// Whether a byte is white space between JSON's tokens.
pub fn is_white(byte: u8) -> bool {
    JSON_WHITE_SPACE.contains(&byte)
}

fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter().copied().find(|byte| !is_white(*byte))
}

fn looks_like_json(body: &[u8]) -> bool {
    matches!(first_byte(body), Some(b'{' | b'['))
}

/// Whether a media type is known for a form that is not read: several parts, XML, or a CloudEvent in another
/// format than JSON.
fn is_foreign(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    let is_cloud_event = media_type.starts_with("application/cloudevents");
    media_type.starts_with("multipart/")
        || media_type.ends_with("/xml")
        || media_type.ends_with("+xml")
        || is_cloud_event && !media_type.ends_with("+json")
}

/// The media type, without its parameters.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}
