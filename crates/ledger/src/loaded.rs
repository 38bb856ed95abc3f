//! An attempt in memory: the aggregate, and where its events lie.

use attempt_ledger_domain::{
    Attempt, AttemptEvent, AttemptId, Delivery, EventKind, Position, Refusal, Revision, UnixMillis,
};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::records::{ReadRecord, RefusedFacts, event_record, refusal_record};
use super::{LedgerError, Place, Refused, Submission};
use attempt_ledger_log::record::{Digest, RecordKind, leaf_hash};
use attempt_ledger_log::{EventLog, Expected, Key, NewRecord, Stream, StreamAppend};
use attempt_ledger_system::environment::Environment;

/// Everything that appending to one attempt needs. Owned by whoever holds the attempt's lock.
#[derive(Clone, Default)]
pub(super) struct Loaded {
    pub(super) attempt: Attempt,
    /// The leaf hash of the newest event.
    previous: Option<Digest>,
    /// Position, id and kind of each event, by revision.
    places: Vec<(Position, Uuid, EventKind)>,
}

impl Loaded {
    /// Replays an attempt from the log.
    pub(super) fn replay(log: &dyn EventLog, attempt_id: AttemptId) -> Result<Self, LedgerError> {
        let mut loaded = Self::default();
        for stored in log.read(&log.find(Key::Attempt(attempt_id))?)? {
            let record = ReadRecord::parse(&stored)?;
            if record.leaf.attempt_id != Some(attempt_id) {
                return Err(record.fault("it belongs to another attempt than the index says"));
            }
            match record.leaf.kind {
                RecordKind::Event => {
                    let next = loaded.attempt.revision().next();
                    if record.leaf.revision != Some(next) || record.leaf.previous != loaded.previous {
                        return Err(record.fault("it does not follow the attempt's previous event"));
                    }
                    let event = record.event()?;
                    loaded.places.push((stored.position, record.leaf.id, event.kind));
                    loaded.previous = Some(leaf_hash(&stored.leaf));
                    loaded.attempt.apply(event);
                }
                RecordKind::Refusal => loaded.replay_refusal(&record),
                RecordKind::Queue => {}
            }
        }
        Ok(loaded)
    }

    fn replay_refusal(&mut self, record: &ReadRecord<'_>) {
        if let Some(settled) = record.leaf.settles {
            self.attempt.forget_refusal(settled);
        } else if let Some((content, rule, detail)) = record.refused_content() {
            let refusal = Refusal::new(rule, detail);
            self.attempt.remember_refusal(content, record.sender_id(), record.leaf.id, refusal);
        }
    }

    /// Builds the record of an event that the aggregate has applied, and takes note of it.
    pub(super) fn take_event(
        &mut self,
        event: &AttemptEvent,
        submission: &Submission,
        environment: &dyn Environment,
    ) -> NewRecord {
        let revision = self.stored_revision().next();
        let record = event_record(event, revision, self.previous, submission, environment);
        self.previous = Some(leaf_hash(&record.leaf_bytes));
        self.places.push((Position::default(), record.leaf.id, event.kind));
        record
    }

    /// The revision that the log has.
    pub(super) fn stored_revision(&self) -> Revision {
        Revision(u32::try_from(self.places.len()).expect("fewer events than 2^32"))
    }

    /// Fills in the positions that the log gave to the newest events.
    pub(super) fn locate(&mut self, positions: &[Position]) {
        let first = self.places.len() - positions.len();
        for ((place, ..), position) in self.places[first..].iter_mut().zip(positions) {
            *place = *position;
        }
    }

    /// Where the event at a revision lies.
    pub(super) fn place(&self, attempt_id: AttemptId, revision: Revision) -> Place {
        let index = usize::try_from(revision.0).expect("32 bits fit") - 1;
        let (position, id, event) = self.places[index];
        Place { attempt_id, event, id, revision, position }
    }
}

/// The record and the receipt of a refusal.
pub(super) fn refuse(
    facts: &RefusedFacts<'_>,
    recorded_at: UnixMillis,
    submission: &Submission,
    environment: &dyn Environment,
) -> (StreamAppend, Refused) {
    let record = refusal_record(facts, recorded_at, submission, environment);
    let refused = Refused {
        refusal_id: record.leaf.id,
        refusal: facts.refusal.clone(),
        attempt_id: facts.attempt_id,
        event: facts.event,
        queue_id: facts.queue_id,
        repeated: false,
    };
    (to_refusals(record), refused)
}

/// The receipt of a delivery that was refused before.
pub(super) fn refused_before(delivery: &Delivery, refusal_id: Uuid, refusal: Refusal) -> Refused {
    Refused {
        refusal_id,
        refusal,
        attempt_id: Some(delivery.attempt_id),
        event: Some(delivery.event),
        queue_id: delivery.queue_id,
        repeated: true,
    }
}

/// Addresses a record to the refusals of its day.
pub(super) fn to_refusals(record: NewRecord) -> StreamAppend {
    let stream = Stream::of(&record.leaf).expect("a refusal needs nothing but its time");
    StreamAppend { stream, expected: Expected::Any, records: vec![record] }
}

/// Addresses events to their attempt.
pub(super) fn to_attempt(attempt_id: AttemptId, stored: Revision, records: Vec<NewRecord>) -> StreamAppend {
    StreamAppend { stream: Stream::Attempt(attempt_id), expected: Expected::Exactly(stored), records }
}
