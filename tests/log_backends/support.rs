//! Records to append, and a caller that waits for the answer.

use std::borrow::Cow;
use std::path::Path;

use attempt_ledger::log::{
    AppendError, Appended, EmbeddedLog, EmbeddedOptions, EventLog, Expected, Key, NewRecord, OpenError,
    StoredRecord, Stream, StreamAppend,
};
use attempt_ledger::record::{
    Digest, Leaf, Opening, RecordKind, RecordPayload, Verdict, event_identity, observation_identity,
    unread_identity,
};
use attempt_ledger_domain::{
    Address, AttemptId, ContentHash, EventKind, HookName, Observation, Payload, Position, QueueId, QueueType,
    Revision, Rule, TimeSource, UnixMillis, receipt_window,
};
use uuid::Uuid;

const OCCURRED_AT: UnixMillis = UnixMillis(1_784_711_702_118);
const REFUSED_BY: Rule = Rule::LeftOnlyOnce;

/// Options with which a handful of records fills a segment.
pub fn tiny(segment_bytes_max: u64) -> EmbeddedOptions {
    EmbeddedOptions {
        segment_bytes_max,
        frame_bytes_max: 1_500,
        index_cache_bytes: 1024 * 1024,
        ..EmbeddedOptions::default()
    }
}

pub fn open(directory: &Path, segment_bytes_max: u64) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(directory, &tiny(segment_bytes_max))
}

/// Opens a log whose process never gets to pack anything.
pub fn open_unpacked(directory: &Path, segment_bytes_max: u64) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(directory, &EmbeddedOptions { pack: false, ..tiny(segment_bytes_max) })
}

/// Either way to open a log.
pub type Opener = fn(&Path, u64) -> Result<EmbeddedLog, OpenError>;

/// Waits for an append's answer.
pub fn append(log: &dyn EventLog, batch: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.append(batch))
}

/// Appends to one stream, which must succeed.
pub fn append_one(log: &dyn EventLog, append: StreamAppend) -> Vec<Position> {
    self::append(log, vec![append]).remove(0).unwrap().positions
}

fn body(number: u64) -> String {
    format!("{{\"n\":\"{number}\",\"name\":\"Олена\",\"filler\":\"{number:0200}\"}}")
}

fn record(leaf: Leaf<'static>, number: u64) -> NewRecord {
    let opening = Opening {
        address: Address::default(),
        detail: None,
        payload: RecordPayload::Json(Cow::Owned(body(number))),
        salt: [number as u8; 16],
    };
    let leaf = Leaf { commitment: opening.commitment(), ..leaf };
    NewRecord { leaf_bytes: leaf.to_bytes(), leaf, opening_bytes: opening.to_bytes() }
}

/// The key of the refusals that keep the body with this number.
pub fn unread(number: u64) -> Key {
    Key::Delivery(unread_identity(&Address::default(), REFUSED_BY, body(number).as_bytes()))
}

fn leaf(kind: RecordKind, number: u64) -> Leaf<'static> {
    Leaf {
        attempt_id: None,
        commitment: Digest([0; 32]),
        corrects: None,
        event: None,
        id: Uuid::from_u128(u128::from(number) + 1),
        kind,
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
        v: 1,
        verdict: None,
    }
}

/// One event of an attempt, expected to follow `after`. `number` makes the record unlike all others.
pub fn event(attempt: i64, after: u32, number: u64) -> StreamAppend {
    let leaf = Leaf {
        attempt_id: Some(AttemptId(attempt)),
        event: Some(EventKind::Offering),
        occurred_at: Some(OCCURRED_AT),
        queue_type: Some(QueueType::InboundQueue),
        revision: Some(Revision(after + 1)),
        ..leaf(RecordKind::Event, number)
    };
    StreamAppend {
        stream: Stream::Attempt(AttemptId(attempt)),
        expected: Expected::Exactly(Revision(after)),
        records: vec![record(leaf, number)],
    }
}

pub fn refusal(attempt: i64, number: u64) -> StreamAppend {
    refusal_record(attempt, number, None, number)
}

/// A refusal with the body of another one.
pub fn refusal_again(attempt: i64, number: u64, first: u64) -> StreamAppend {
    refusal_record(attempt, number, None, first)
}

/// The decision about the refusal with this number.
pub fn decision(attempt: i64, number: u64, refused: u64) -> StreamAppend {
    refusal_record(attempt, number, Some(refusal_id(refused)), number)
}

pub fn refusal_id(number: u64) -> Uuid {
    leaf(RecordKind::Refusal, number).id
}

fn refusal_record(attempt: i64, number: u64, settles: Option<Uuid>, body: u64) -> StreamAppend {
    let leaf = Leaf {
        attempt_id: Some(AttemptId(attempt)),
        rule: settles.is_none().then_some(REFUSED_BY),
        settles,
        verdict: settles.map(|_| Verdict::Dismissed),
        ..leaf(RecordKind::Refusal, number)
    };
    StreamAppend {
        stream: Stream::Refusals { day: 20_000 },
        expected: Expected::Any,
        records: vec![record(leaf, body)],
    }
}

/// An observation of an attempt.
pub fn observation(attempt: i64, number: u64) -> StreamAppend {
    let leaf = Leaf {
        attempt_id: Some(AttemptId(attempt)),
        observation: Some(Observation::WaitAgent),
        occurred_at: Some(OCCURRED_AT),
        v: 2,
        ..leaf(RecordKind::Observation, number)
    };
    let record = record(leaf, number);
    let stream = Stream::of(&record.leaf).unwrap();
    StreamAppend { stream, expected: Expected::Any, records: vec![record] }
}

/// The key of an observation with the body with this number, which states neither an id nor a time.
pub fn observed(attempt: i64, number: u64) -> Key {
    let (attempt, content) = (AttemptId(attempt), content(Observation::WaitAgent.into(), number));
    let window = receipt_window(Some(attempt), TimeSource::Receipt, None, OCCURRED_AT);
    Key::Delivery(observation_identity(&Address::default(), Some(attempt), None, content, window))
}

/// The key of an event with the body with this number, which states neither an id nor a time.
pub fn recorded(attempt: i64, number: u64) -> Key {
    let (attempt, content) = (AttemptId(attempt), content(EventKind::Offering.into(), number));
    let window = receipt_window(Some(attempt), TimeSource::Receipt, None, OCCURRED_AT);
    Key::Delivery(event_identity(attempt, None, content, window))
}

fn content(hook: HookName, number: u64) -> ContentHash {
    let body = body(number);
    ContentHash::of(hook, None, &Payload::parse(body.as_bytes()).unwrap(), &mut Vec::new())
}

pub fn queue(id: i64, after: u32, number: u64) -> StreamAppend {
    let leaf = Leaf {
        queue_id: Some(QueueId(id)),
        queue_type: Some(QueueType::OutboundIvr),
        revision: Some(Revision(after + 1)),
        ..leaf(RecordKind::Queue, number)
    };
    StreamAppend {
        stream: Stream::Queue(QueueId(id)),
        expected: Expected::Exactly(Revision(after)),
        records: vec![record(leaf, number)],
    }
}

/// Every record of a log.
pub fn all(log: &dyn EventLog) -> Vec<StoredRecord> {
    log.read_after(Position(0), usize::MAX).unwrap()
}

/// Another first record than [`fill`] begins with, then the rest of what it appends.
pub fn fill_after(log: &dyn EventLog, first: StreamAppend, rounds: u32) {
    append_one(log, first);
    fill_from(log, rounds, 1);
}

/// Ten attempts' events, a refusal and its decision, and a queue definition, interleaved: `rounds` times.
pub fn fill(log: &dyn EventLog, rounds: u32) {
    fill_from(log, rounds, 0);
}

/// The same without the first records, which are there already.
fn fill_from(log: &dyn EventLog, rounds: u32, skipped: usize) {
    let mut number = u64::from(log.head().0 as u32) + 1_000 - skipped as u64;
    let first_round = log.head().0 as u32 / 13;
    let mut skipped = skipped;
    for round in first_round..first_round + rounds {
        let mut batch = Vec::new();
        for attempt in 1..=10 {
            batch.push(event(attempt, round, number));
            number += 1;
        }
        batch.push(refusal(3, number));
        batch.push(decision(3, number + 1, number));
        batch.push(queue(7, round, number + 2));
        number += 3;
        for append in batch.into_iter().skip(std::mem::take(&mut skipped)) {
            append_one(log, append);
        }
    }
}
