//! One record as one event of the cluster, both ways.
//!
//! ```text
//! stream    attempt-48210731
//! id        the leaf's id: the cluster takes the same id for the same event, so a repeated write is no
//! second one type      joined, offering … for events; wait_agent … for observations; refusal; queue data
//! {"leaf":{…},"opening":{…}} both parts byte for byte as in any other backend metadata  {"attempt_ledger":1}
//! ```

use attempt_ledger_domain::{AttemptId, EventKind, Observation, QueueId, Revision};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::client::{EventData, IncomingEvent};
use super::health::Landmark;
use super::mark_file::ClusterPosition;
use attempt_ledger_log::record::{Leaf, Opening, RecordKind};
use attempt_ledger_log::{Expected, NewRecord, Stream};

/// The version of this encoding. Events without the mark in their metadata are not the ledger's and are
/// passed over.
pub(super) const EVENT_FORMAT: u32 = 1;

/// What the streams' names start with.
pub(super) const PREFIXES: [&str; 4] = ["attempt-", "observations-", "refusals-", "queue-"];

const HEAD: &[u8] = b"{\"leaf\":";
const BETWEEN: &[u8] = b",\"opening\":";

#[derive(Serialize, Deserialize)]
struct Metadata {
    attempt_ledger: u32,
}

/// A record ready to be sent, as often as it takes.
#[derive(Debug)]
pub(super) struct OutgoingEvent {
    pub id: Uuid,
    kind: &'static str,
    data: Box<RawValue>,
    metadata: Box<RawValue>,
}

impl OutgoingEvent {
    /// Writes a record down as an event.
    pub fn of(record: &NewRecord) -> Result<Self, String> {
        let mut data = Vec::with_capacity(record.leaf_bytes.len() + record.opening_bytes.len() + 32);
        data.extend_from_slice(HEAD);
        data.extend_from_slice(&record.leaf_bytes);
        data.extend_from_slice(BETWEEN);
        data.extend_from_slice(&record.opening_bytes);
        data.push(b'}');
        let data = String::from_utf8(data).map_err(|error| error.to_string())?;
        let metadata = Metadata { attempt_ledger: EVENT_FORMAT };
        let metadata = serde_json::value::to_raw_value(&metadata).map_err(|error| error.to_string())?;
        Ok(Self {
            id: record.leaf.id,
            kind: kind_of(&record.leaf),
            data: RawValue::from_string(data).map_err(|error| error.to_string())?,
            metadata,
        })
    }

    /// The event for one try.
    pub fn event(&self) -> Result<EventData, String> {
        let event = EventData::json(self.kind, &self.data).map_err(|error| error.to_string())?;
        let event = event.id(self.id).metadata_as_json(&self.metadata);
        event.map_err(|error| error.to_string())
    }
}

fn kind_of(leaf: &Leaf<'_>) -> &'static str {
    match leaf.kind {
        RecordKind::Event => leaf.event.map_or("event", EventKind::wire_name),
        RecordKind::Observation => leaf.observation.map_or("observation", Observation::name),
        RecordKind::Refusal => "refusal",
        RecordKind::Queue => "queue",
    }
}

/// A record as it came from the cluster.
#[derive(Debug)]
pub(super) struct ClusterRecord {
    pub stream: Stream,
    /// Its number in the stream, from 0.
    pub index: u64,
    pub place: ClusterPosition,
    pub record: NewRecord,
}

impl ClusterRecord {
    /// Where it lies, and how to find it again.
    pub fn landmark(&self) -> (ClusterPosition, Landmark) {
        (self.place, Landmark { stream: self.stream, number: self.index, id: self.record.leaf.id })
    }

    /// Reads an event; `None` for one that is not the ledger's.
    ///
    /// # Errors
    /// Why the ledger's own event is not as the ledger writes it.
    pub fn of(event: &IncomingEvent<'_>) -> Result<Option<Self>, String> {
        let Some(stream) = parse_stream(event.stream) else { return Ok(None) };
        let Ok(metadata) = serde_json::from_slice::<Metadata>(event.metadata) else {
            return Ok(None);
        };
        let fault = |reason: &str| {
            let place = format!("event {} of stream {}", event.number, event.stream);
            format!("{place} is not as the ledger wrote it: {reason}")
        };
        if metadata.attempt_ledger > EVENT_FORMAT {
            return Err(fault("a later release wrote it; hint: run that release on every node"));
        }
        let (leaf_bytes, opening_bytes) = split(event.data).ok_or_else(|| fault("its shape is another"))?;
        let leaf = Leaf::parse(leaf_bytes).map_err(|error| fault(&error.to_string()))?;
        let opening = Opening::parse(opening_bytes).map_err(|error| fault(&error.to_string()))?;
        if leaf.id != event.id {
            return Err(fault("the event's id is not the leaf's"));
        }
        if opening.commitment() != leaf.commitment {
            return Err(fault("its payload is not the one that its leaf commits to"));
        }
        if !belongs(stream, &leaf, event.number) {
            return Err(fault("its leaf belongs to another stream or revision"));
        }
        let (commit, prepare) = event.place;
        let place = ClusterPosition { commit, prepare };
        let record = NewRecord {
            leaf_bytes: leaf_bytes.to_vec(),
            opening_bytes: opening_bytes.to_vec(),
            leaf: leaf.into_owned(),
        };
        Ok(Some(Self { stream, index: event.number, place, record }))
    }

    /// What the copy must have before it takes the record: a hole in a stream is found here.
    pub fn expected(&self) -> Expected {
        match u32::try_from(self.index) {
            Ok(before) if self.stream.has_revisions() => Expected::Exactly(Revision(before)),
            _ => Expected::Any,
        }
    }
}

/// The stream of ours that an event is in, whether the ledger wrote it or not, and its number there.
pub(super) fn place_in_stream(event: &IncomingEvent<'_>) -> Option<(Stream, u64)> {
    parse_stream(event.stream).map(|stream| (stream, event.number))
}

fn parse_stream(name: &str) -> Option<Stream> {
    if let Some(id) = name.strip_prefix("attempt-") {
        return id.parse::<AttemptId>().ok().map(Stream::Attempt);
    }
    if let Some(day) = name.strip_prefix("observations-") {
        return day.parse().ok().map(|day| Stream::Observations { day });
    }
    if let Some(day) = name.strip_prefix("refusals-") {
        return day.parse().ok().map(|day| Stream::Refusals { day });
    }
    name.strip_prefix("queue-")?.parse::<QueueId>().ok().map(Stream::Queue)
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = data.strip_prefix(HEAD)?.strip_suffix(b"}")?;
    // A leaf is flat and its strings escape quotation marks: the first match is the end of the leaf.
    let end = memmem::find(rest, BETWEEN)?;
    Some((&rest[..end], &rest[end + BETWEEN.len()..]))
}

fn belongs(stream: Stream, leaf: &Leaf<'_>, index: u64) -> bool {
    let is_next = leaf.revision.is_some_and(|revision| u64::from(revision.0) == index + 1);
    Stream::of(leaf) == Some(stream) && (is_next || !stream.counts(leaf.kind))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use attempt_ledger_domain::{Address, UnixMillis};

    use super::*;
    use attempt_ledger_log::record::{FORMAT_VERSION, RecordPayload};

    fn refusal(payload: &str) -> NewRecord {
        let opening = Opening {
            address: Address::default(),
            detail: Some(Cow::Borrowed("a \"quoted\" detail, with ,\"opening\": in it")),
            payload: RecordPayload::Json(Cow::Owned(payload.to_owned())),
            salt: [7; 16],
        };
        let leaf = Leaf {
            attempt_id: None,
            commitment: opening.commitment(),
            corrects: None,
            event: None,
            id: Uuid::from_u128(42),
            kind: RecordKind::Refusal,
            observation: None,
            occurred_at: None,
            previous: None,
            queue_id: None,
            queue_type: None,
            recorded_at: UnixMillis(1_784_711_702_118),
            revision: None,
            rule: None,
            settles: None,
            source: Cow::Borrowed("test"),
            v: FORMAT_VERSION,
            verdict: None,
        };
        NewRecord { leaf_bytes: leaf.to_bytes(), leaf, opening_bytes: opening.to_bytes() }
    }

    /// An event of a cluster, and the name of its stream.
    struct StreamEvent(String, OutgoingEvent);

    impl StreamEvent {
        fn of(record: &NewRecord) -> Self {
            let stream = Stream::of(&record.leaf).expect("a stream").to_string();
            Self(stream, OutgoingEvent::of(record).expect("it is JSON"))
        }

        fn incoming(&self) -> IncomingEvent<'_> {
            IncomingEvent {
                stream: &self.0,
                number: 3,
                id: self.1.id,
                place: (9, 8),
                data: self.1.data.get().as_bytes(),
                metadata: self.1.metadata.get().as_bytes(),
            }
        }
    }

    #[test]
    fn both_parts_come_back_byte_for_byte_also_from_odd_json() {
        for payload in ["{}", r#"{ "a" : 1.50, "leaf":{},"opening":"\ud800" , "a":2e400 }"#, "[ ]"] {
            let record = refusal(payload);
            let followed = ClusterRecord::of(&StreamEvent::of(&record).incoming())
                .expect("it reads")
                .expect("it is ours");
            assert_eq!(followed.record.leaf_bytes, record.leaf_bytes);
            assert_eq!(followed.record.opening_bytes, record.opening_bytes);
            assert_eq!((followed.index, followed.place), (3, ClusterPosition { commit: 9, prepare: 8 }));
        }
    }

    #[test]
    fn events_of_strangers_are_passed_over_and_ours_must_be_whole() {
        let record = refusal("{}");
        let sent = StreamEvent::of(&record);
        let is_passed_over =
            |event: &IncomingEvent<'_>| ClusterRecord::of(event).expect("a stranger's").is_none();
        assert!(is_passed_over(&IncomingEvent { metadata: b"{}", ..sent.incoming() }));
        assert!(is_passed_over(&IncomingEvent { stream: "queue-orders", ..sent.incoming() }));

        let fault = |event: &IncomingEvent<'_>| ClusterRecord::of(event).expect_err("it is not whole");
        assert!(fault(&IncomingEvent { id: Uuid::from_u128(43), ..sent.incoming() }).contains("id"));
        assert!(fault(&IncomingEvent { stream: "refusals-1", ..sent.incoming() }).contains("stream"));
        let later = IncomingEvent { metadata: br#"{"attempt_ledger":2}"#, ..sent.incoming() };
        assert!(fault(&later).contains("later release"));
    }
}
