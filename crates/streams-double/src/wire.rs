//! The messages and services as they are on the wire, and the few conversions that every service needs.

use tonic::metadata::MetadataMap;
use uuid::Uuid;

/// Everything that was generated. The nesting is that of the packages, because the generated code relies on
/// it.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
mod generated {
    pub mod google {
        pub mod rpc {
            tonic::include_proto!("google.rpc");
        }
    }
    pub mod event_store {
        pub mod client {
            tonic::include_proto!("event_store.client");
            pub mod streams {
                tonic::include_proto!("event_store.client.streams");
            }
            pub mod gossip {
                tonic::include_proto!("event_store.client.gossip");
            }
            pub mod server_features {
                tonic::include_proto!("event_store.client.server_features");
            }
        }
    }
}

pub use generated::event_store::client as shared;
pub use generated::event_store::client::{gossip, server_features, streams};
pub use generated::google::rpc;

use shared::uuid::{Structured, Value};

/// A UUID in the form of two numbers, which is what a server sends unless it is asked for text.
#[must_use]
pub fn structured(id: Uuid) -> shared::Uuid {
    let (most, least) = id.as_u64_pair();
    let value =
        Structured { most_significant_bits: most.cast_signed(), least_significant_bits: least.cast_signed() };
    shared::Uuid { value: Some(Value::Structured(value)) }
}

/// A UUID as text.
#[must_use]
pub fn textual(id: Uuid) -> shared::Uuid {
    shared::Uuid { value: Some(Value::String(id.to_string())) }
}

/// The UUID in either form, if there is one.
#[must_use]
pub fn parse_uuid(message: Option<&shared::Uuid>) -> Option<Uuid> {
    match message?.value.as_ref()? {
        Value::Structured(value) => Some(Uuid::from_u64_pair(
            value.most_significant_bits.cast_unsigned(),
            value.least_significant_bits.cast_unsigned(),
        )),
        Value::String(text) => text.parse().ok(),
    }
}

/// A stream's name as a message.
#[must_use]
pub fn identifier(name: &str) -> shared::StreamIdentifier {
    shared::StreamIdentifier { stream_name: name.as_bytes().to_vec().into() }
}

/// The stream's name in a message, unless it is absent, empty or no text.
#[must_use]
pub fn stream_name(identifier: Option<&shared::StreamIdentifier>) -> Option<String> {
    let name = String::from_utf8(identifier?.stream_name.to_vec()).ok()?;
    (!name.is_empty()).then_some(name)
}

/// Whether the caller wants to be served by the leader or not at all.
pub(crate) fn requires_leader(headers: &MetadataMap) -> bool {
    headers.get("requires-leader").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}
