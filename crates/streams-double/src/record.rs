//! What the double keeps of an event, and what it is asked to keep.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

use crate::wire;

/// The revision of the event that ends a stream for good.
pub(crate) const TOMBSTONE_REVISION: u64 = i64::MAX as u64;

/// The type of the event that ends a stream for good.
pub(crate) const TOMBSTONE_TYPE: &str = "$streamDeleted";

/// An event as a client proposes it.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub id: Uuid,
    pub event_type: String,
    pub is_json: bool,
    pub data: Bytes,
    pub metadata: Bytes,
}

/// Why a proposed message is no event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A key that its metadata must have and has not.
    Missing(&'static str),
    /// It has no id, or one that is no UUID.
    Id,
}

impl Proposal {
    /// An event as anybody may write one.
    pub fn of_a_stranger() -> Self {
        Self {
            id: Uuid::new_v4(),
            event_type: "stranger".to_owned(),
            is_json: true,
            data: Bytes::from_static(b"{}"),
            metadata: Bytes::new(),
        }
    }

    pub fn parse(
        id: Option<&wire::shared::Uuid>,
        metadata: &HashMap<String, String>,
        custom_metadata: Bytes,
        data: Bytes,
    ) -> Result<Self, Malformed> {
        let event_type = metadata.get("type").ok_or(Malformed::Missing("type"))?;
        let content_type = metadata.get("content-type").ok_or(Malformed::Missing("content-type"))?;
        Ok(Self {
            id: wire::parse_uuid(id).ok_or(Malformed::Id)?,
            event_type: event_type.clone(),
            is_json: content_type == "application/json",
            data,
            metadata: custom_metadata,
        })
    }

    /// A stream's metadata as the server itself writes it.
    pub fn stream_metadata(json: &serde_json::Value) -> Self {
        Self {
            id: Uuid::new_v4(),
            event_type: "$metadata".to_owned(),
            is_json: true,
            data: json.to_string().into(),
            metadata: Bytes::new(),
        }
    }

    /// What the server counts against its limit: the type takes two bytes a character there.
    pub fn size_bytes(&self) -> usize {
        self.data.len() + self.metadata.len() + 2 * self.event_type.encode_utf16().count()
    }
}

/// An event that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub stream: String,
    pub revision: u64,
    /// Where it is in the order of all events: its commit position and its prepare position, which are the
    /// same for events that were not written in one of the old explicit transactions.
    pub position: u64,
    pub created_ticks: u64,
    pub proposal: Proposal,
}

impl Recorded {
    /// How far the next event is from this one. As in the official server, positions are places in a file and
    /// not ordinals, so they leave gaps that depend on the events.
    pub fn footprint_bytes(stream: &str, proposal: &Proposal) -> u64 {
        const FRAME_BYTES: usize = 101;
        (FRAME_BYTES + stream.len() + proposal.size_bytes()) as u64
    }
}

/// Now, in ticks of 100 nanoseconds since 1970.
pub(crate) fn ticks_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    u64::try_from(since.as_nanos() / 100).expect("it fits for another 58,000 years")
}
