//! CloudEvents 1.0 over HTTP: binary, structured and batched.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use attempt_ledger_domain::{Address, EventKind, without_lone_surrogates};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use bytes::Bytes;
use percent_encoding::percent_decode;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::header_text::header_text;

/// The media type of one event with its attributes in the body.
pub const STRUCTURED: &str = "application/cloudevents+json";
/// The media type of an array of such events.
pub const BATCHED: &str = "application/cloudevents-batch+json";

/// How the headers of binary mode begin that are attributes.
const HEADER_PREFIX: &str = "ce-";

/// The attributes of an event, extensions among them.
type Envelope = BTreeMap<String, Value>;

/// Whether the headers hold a CloudEvent in binary mode.
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.contains_key("ce-specversion") || headers.contains_key("ce-id")
}

/// What the headers of binary mode add to an address.
pub fn binary_address(headers: &HeaderMap, address: &Address) -> Address {
    let attributes = headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().strip_prefix(HEADER_PREFIX)?.to_owned(), Value::String(decoded(value))))
    });
    let mut envelope: Envelope = attributes.collect();
    if let Some(media_type) = headers.get(header::CONTENT_TYPE) {
        envelope.insert("datacontenttype".to_owned(), Value::String(decoded(media_type)));
    }
    with_envelope(envelope, address)
}

/// Takes a structured event apart: its address, and its data as the body. Anything else is a body by itself,
/// and refused as what it is.
pub fn structured(body: &Bytes, address: &Address) -> (Address, Bytes) {
    // A mended body has the length of the one that was sent, so that what is found in the one is cut out of
    // the other.
    let mended = without_lone_surrogates(body);
    let readable = mended.as_deref().unwrap_or(body);
    let Some((envelope, data)) = serde_json::from_slice(readable).ok().and_then(EventMembers::apart) else {
        return (address.clone(), body.clone());
    };
    let data = match data {
        Data::Json(json) => {
            let start = json.as_ptr().addr() - readable.as_ptr().addr();
            body.slice(start..start + json.len())
        }
        Data::Bytes(bytes) => bytes.into(),
        Data::Missing => body.clone(),
    };
    (with_envelope(envelope, address), data)
}

/// Members of an event, at most: what has more is a body by itself. Each takes memory of its own.
const ATTRIBUTES_MAX: usize = 256;

/// An attribute's value: text, a number or a boolean. Anything deeper is no attribute, and kept as its text,
/// so that what is kept nests no deeper than it was read.
fn attribute(raw: &RawValue) -> Option<Value> {
    let text = raw.get();
    if text.starts_with(['[', '{']) {
        return Some(Value::String(text.to_owned()));
    }
    serde_json::from_str(text).ok()
}

/// Every member of a structured event.
struct EventMembers<'a>(BTreeMap<String, &'a RawValue>);

/// What an event carries.
enum Data<'a> {
    Json(&'a str),
    Bytes(Vec<u8>),
    /// There is none, or it is no base64.
    Missing,
}

impl<'a> EventMembers<'a> {
    /// The attributes and the data; `None` for an object that is no event. One with data is an event though
    /// it lacks an attribute, as it is with its attributes in headers.
    fn apart(self) -> Option<(Envelope, Data<'a>)> {
        let Self(mut members) = self;
        let json = members.remove("data").filter(|data| data.get() != "null");
        let base64 = members.remove("data_base64");
        let envelope: Envelope =
            members.into_iter().map(|(name, raw)| Some((name, attribute(raw)?))).collect::<Option<_>>()?;
        let has_data = json.is_some() || base64.is_some();
        let states = |name: &&str| text(&envelope, name).is_some();
        // A delivery that lies flat may have a variable `data`.
        let is_flat = !states(&"specversion") && envelope.contains_key("attempt_id");
        let is_event = has_data && !is_flat || ["id", "source", "type"].iter().all(states);
        let decoded = || {
            let text: Cow<'_, str> = serde_json::from_str(base64?.get()).ok()?;
            base64::engine::general_purpose::STANDARD.decode(text.as_bytes()).ok()
        };
        let data = match json {
            Some(json) => Data::Json(json.get()),
            None => decoded().map_or(Data::Missing, Data::Bytes),
        };
        is_event.then_some((envelope, data))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for EventMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EventMembersVisitor;

        impl<'de> Visitor<'de> for EventMembersVisitor {
            type Value = EventMembers<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventMembers<'de>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    // Which of two values is meant cannot be known.
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member appears twice"));
                    }
                    if members.len() > ATTRIBUTES_MAX {
                        return Err(A::Error::custom("no event has so many members"));
                    }
                }
                Ok(EventMembers(members))
            }
        }

        deserializer.deserialize_map(EventMembersVisitor)
    }
}

/// An address with what an event's attributes say. The URL is asked before them.
fn with_envelope(envelope: Envelope, address: &Address) -> Address {
    let stated = |name| text(&envelope, name);
    Address {
        event: address.event.clone().or_else(|| event_of(&stated("type")?)),
        queue_type: address.queue_type.clone().or_else(|| stated("queuetype").map(Cow::into_owned)),
        envelope: Some(envelope),
        ..address.clone()
    }
}

/// An attribute's text. Attributes are texts, numbers and booleans, and headers write them all as texts.
fn text<'e>(envelope: &'e Envelope, name: &str) -> Option<Cow<'e, str>> {
    match envelope.get(name)? {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// An attribute's text out of a header: without the quotes that it may stand in, and with the characters that
/// headers cannot hold, which are percent-encoded in UTF-8.
fn decoded(value: &HeaderValue) -> String {
    let quoted = value.as_bytes().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let unquoted = quoted.map(|quoted| {
        let mut bytes = quoted.iter();
        let next =
            || bytes.next().map(|byte| if *byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
        std::iter::from_fn(next).copied().collect::<Vec<u8>>()
    });
    let text = unquoted.as_deref().unwrap_or(value.as_bytes());
    let decoded: Vec<u8> = percent_decode(text).collect();
    header_text(&decoded)
}

/// The event in a type such as `com.webitel.queue.bridged.v1`; `None` leaves it to the data. An observation
/// in it is no part of the address: an event that the data names comes first.
fn event_of(event_type: &str) -> Option<String> {
    event_type.rsplit('.').find_map(EventKind::parse).map(|event| event.wire_name().to_owned())
}
