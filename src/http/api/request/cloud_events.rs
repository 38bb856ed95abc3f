//! CloudEvents 1.0 over HTTP: binary, structured and batched.

use std::borrow::Cow;

use attempt_ledger_domain::{Address, EventKind};
use axum::http::HeaderMap;
use base64::Engine as _;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The media type of one event with its attributes in the body.
pub const STRUCTURED: &str = "application/cloudevents+json";
/// The media type of an array of such events.
pub const BATCHED: &str = "application/cloudevents-batch+json";

/// The attributes that say something about the delivery.
#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    #[serde(borrow, default)]
    queuetype: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data_base64: Option<Cow<'a, str>>,
}

/// Whether the headers hold a CloudEvent in binary mode.
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.contains_key("ce-specversion") || headers.contains_key("ce-id")
}

/// What the headers of binary mode add to an address.
pub fn binary_address(headers: &HeaderMap, address: &Address) -> Address {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let id = text("ce-id").map(|id| identity(text("ce-source").unwrap_or_default(), id));
    Address {
        event: address.event.clone().or_else(|| event_of(text("ce-type")?)),
        id: id.or_else(|| address.id.clone()),
        queue_type: address.queue_type.clone().or_else(|| text("ce-queuetype").map(str::to_owned)),
        ..address.clone()
    }
}

/// Takes a structured event apart: its address, and its data as the body. Anything else is a body by itself,
/// and refused as what it is.
pub fn structured(body: &Bytes, address: &Address) -> (Address, Bytes) {
    let Ok(attributes) = serde_json::from_slice::<Attributes<'_>>(body) else {
        return (address.clone(), body.clone());
    };
    let decoder = base64::engine::general_purpose::STANDARD;
    let data = match (attributes.data, attributes.data_base64) {
        (Some(data), _) => body.slice_ref(data.get().as_bytes()),
        (None, Some(text)) => match decoder.decode(text.as_bytes()) {
            Ok(bytes) => bytes.into(),
            Err(_) => body.clone(),
        },
        (None, None) => body.clone(),
    };
    let address = Address {
        event: address.event.clone().or_else(|| event_of(&attributes.event_type)),
        id: Some(identity(&attributes.source, &attributes.id)),
        queue_type: address.queue_type.clone().or_else(|| attributes.queuetype.map(Cow::into_owned)),
        ..address.clone()
    };
    (address, data)
}

/// Ids are unique within their source.
fn identity(source: &str, id: &str) -> String {
    format!("{source} {id}")
}

/// The event in a type such as `com.webitel.queue.bridged.v1`; `None` leaves it to the data.
fn event_of(event_type: &str) -> Option<String> {
    event_type.rsplit('.').find_map(EventKind::parse).map(|kind| kind.wire_name().to_owned())
}
