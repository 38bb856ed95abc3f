//! The events in their order, and the streams they make.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::record::{Proposal, Recorded, TOMBSTONE_REVISION, TOMBSTONE_TYPE, ticks_now};
use crate::retention::Retention;

/// What a record without an event takes.
const EMPTY_RECORD_BYTES: u64 = 72;

/// All that is kept. The store owns it and gives out one reader or writer at a time.
#[derive(Default)]
pub(crate) struct State {
    pub events: Vec<Arc<Recorded>>,
    streams: HashMap<String, StreamState>,
    /// Where an id was written last.
    ids: HashMap<Uuid, (String, u64)>,
    /// Where appends of no events left a record without one.
    empty_records: Vec<u64>,
    end_position: u64,
}

#[derive(Default)]
struct StreamState {
    /// The event with revision n is the n-th, because nothing is ever scavenged.
    events: Vec<Arc<Recorded>>,
    is_tombstoned: bool,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    pub last: Option<u64>,
    pub is_tombstoned: bool,
}

/// The stream that holds a stream's metadata.
pub(crate) fn metadata_stream(stream: &str) -> String {
    format!("$${stream}")
}

impl State {
    pub fn end_of(&self, stream: &str) -> End {
        self.streams.get(stream).map_or_else(End::default, |stream| End {
            last: (stream.events.len() as u64).checked_sub(1),
            is_tombstoned: stream.is_tombstoned,
        })
    }

    pub fn event(&self, stream: &str, revision: u64) -> Option<&Arc<Recorded>> {
        self.streams.get(stream)?.events.get(usize::try_from(revision).ok()?)
    }

    pub fn revision_of(&self, stream: &str, id: Uuid) -> Option<u64> {
        let (held_by, revision) = self.ids.get(&id)?;
        (held_by == stream).then_some(*revision)
    }

    pub fn has_metadata(&self, stream: &str) -> bool {
        self.end_of(&metadata_stream(stream)).last.is_some()
    }

    pub fn retention(&self, stream: &str) -> Retention {
        if stream.starts_with("$$") {
            return Retention::of_metadata_stream();
        }
        let newest = self.streams.get(&metadata_stream(stream)).and_then(|stream| stream.events.last());
        newest.map_or_else(Retention::default, |event| Retention::parse(&event.proposal.data))
    }

    pub fn is_softly_deleted(&self, stream: &str) -> bool {
        self.retention(stream).is_softly_deleted()
    }

    /// Takes bytes of the log without an event in them, as an append of no events does.
    pub fn push_empty_record(&mut self) -> u64 {
        let position = self.advance(EMPTY_RECORD_BYTES);
        self.empty_records.push(position);
        position
    }

    fn advance(&mut self, bytes: u64) -> u64 {
        let position = self.end_position;
        self.end_position += bytes;
        position
    }

    /// Whether a record is there, so that a reader can begin at it. Past the end nobody looks.
    pub fn is_record(&self, position: u64) -> bool {
        position >= self.end_position
            || self.empty_records.binary_search(&position).is_ok()
            || self.events.binary_search_by_key(&position, |event| event.position).is_ok()
    }

    /// Writes without a question and answers the event's position.
    pub fn push(&mut self, stream: &str, proposal: Proposal) -> u64 {
        let position = self.advance(Recorded::footprint_bytes(stream, &proposal));
        let is_tombstone = proposal.event_type == TOMBSTONE_TYPE;
        let kept = self.streams.entry(stream.to_owned()).or_default();
        let revision = if is_tombstone { TOMBSTONE_REVISION } else { kept.events.len() as u64 };
        self.ids.insert(proposal.id, (stream.to_owned(), revision));
        let created_ticks = ticks_now();
        let event = Recorded { stream: stream.to_owned(), revision, position, created_ticks, proposal };
        let event = Arc::new(event);
        if is_tombstone {
            kept.is_tombstoned = true;
        } else {
            kept.events.push(Arc::clone(&event));
        }
        self.events.push(event);
        position
    }

    /// The index of the first event at a position or after it.
    pub fn index_at(&self, position: u64) -> usize {
        self.events.partition_point(|event| event.position < position)
    }

    /// The index of the first event after a position.
    pub fn index_after(&self, position: u64) -> usize {
        self.events.partition_point(|event| event.position <= position)
    }
}
