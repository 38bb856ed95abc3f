//! An attempt in memory: the aggregate, and where its events lie.

use std::collections::BTreeMap;

use attempt_ledger_domain::{Attempt, AttemptEvent, AttemptId, EventKind, Position, Refusal, Revision};
use attempt_ledger_log::record::{Digest, RecordKind, leaf_hash};
use attempt_ledger_log::{EventLog, NewRecord};
use attempt_ledger_system::environment::Environment;
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::new_record::event_record;
use crate::receipt::EventReceipt;
use crate::recollection::{NEWEST_MAX, Recollection};
use crate::record::Record;
use crate::record_pages::visit_records;
use crate::submission::IncomingDelivery;

/// The position of an event that the log does not have yet; the log counts from 1.
const UNKNOWN: Position = Position(0);

/// The most deliveries that an attempt in memory remembers. One with more is read again, which leaves about
/// half of them: in the long run, that reads one record for each delivery.
const REMEMBERED_MAX: u64 = 4 * NEWEST_MAX as u64;

/// Everything that appending to one attempt needs.
#[derive(Default)]
pub(crate) struct CachedAttempt {
    pub(crate) attempt: Attempt,
    /// The leaf hash of the newest event.
    previous: Option<Digest>,
    /// Position, id and kind of each event that is remembered, by revision.
    events: Vec<(Position, Uuid, EventKind)>,
    /// The events that are not: those after the first revision, up to the second.
    passed_over: Option<(Revision, Revision)>,
    /// Whether the log has records that are not remembered.
    is_partial: bool,
    /// Those of them that were repeated since.
    recalled: BTreeMap<Revision, (Position, Uuid, EventKind)>,
}

impl CachedAttempt {
    /// Replays an attempt from the log: an ordinary one whole, of a runaway one what it remembers.
    ///
    /// # Errors
    /// [`LedgerError::Record`] when the attempt's records do not follow each other.
    pub(crate) fn replay(log: &dyn EventLog, attempt_id: AttemptId) -> Result<Self, LedgerError> {
        let Recollection { positions, passed_over, is_partial } = Recollection::of(log, attempt_id)?;
        let mut cached = Self { passed_over, is_partial, ..Self::default() };
        visit_records(log, &positions, &mut |record| {
            if record.leaf.attempt_id != Some(attempt_id) {
                return Err(record.fault("it belongs to another attempt than the index says"));
            }
            match record.leaf.kind {
                RecordKind::Event => cached.replay_event(record)?,
                RecordKind::Refusal => cached.replay_refusal(record),
                RecordKind::Observation | RecordKind::Queue => {}
            }
            Ok(())
        })?;
        Ok(cached)
    }

    fn replay_event(&mut self, record: &Record<'_>) -> Result<(), LedgerError> {
        let after_gap = self.passed_over.filter(|(before, _)| index(*before) == self.events.len());
        if let Some((_, last)) = after_gap {
            self.attempt.pass_over(last);
            self.previous = record.leaf.previous;
        }
        let next = self.attempt.revision().next();
        if record.leaf.revision != Some(next) || record.leaf.previous != self.previous {
            return Err(record.fault("it does not follow the attempt's previous event"));
        }
        let event = record.event()?;
        self.events.push((record.position, record.leaf.id, event.kind));
        self.previous = Some(record.leaf_hash());
        self.attempt.apply(event);
        Ok(())
    }

    fn replay_refusal(&mut self, record: &Record<'_>) {
        if let Some(settled) = record.leaf.settles {
            self.attempt.forget_refusal(settled);
        } else if let Some((content, rule, detail)) = record.refused_content() {
            let refusal = Refusal::new(rule, detail);
            self.attempt.remember_refusal(content, record.sender_id(), record.leaf.id, refusal);
        }
    }

    /// Whether the log has records of the attempt that are not remembered.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Knows again what repeats the event of a record, should that be forgotten.
    pub(crate) fn recall(&mut self, record: &Record<'_>) -> Result<(), LedgerError> {
        let is_passed_over = |revision: &Revision| {
            self.passed_over.is_some_and(|(before, last)| before < *revision && *revision <= last)
        };
        if let Some(revision) = record.leaf.revision.filter(is_passed_over) {
            let event = record.event()?;
            self.attempt.recall(&event, revision);
            self.recalled.insert(revision, (record.position, record.leaf.id, event.kind));
        }
        Ok(())
    }

    /// Builds the record of an event that the aggregate has applied, and takes note of it.
    pub(crate) fn add_event(
        &mut self,
        event: &AttemptEvent,
        incoming: &IncomingDelivery,
        environment: &dyn Environment,
    ) -> NewRecord {
        let revision = self.attempt.revision();
        assert_eq!(self.place(revision), self.events.len(), "each applied event becomes one record");
        let record = event_record(event, revision, self.previous, incoming, environment);
        self.previous = Some(leaf_hash(&record.leaf_bytes));
        self.events.push((UNKNOWN, record.leaf.id, event.kind));
        record
    }

    /// The number of events, which is the revision of the newest one.
    pub(crate) fn revision(&self) -> Revision {
        self.attempt.revision()
    }

    /// Whether it remembers so many deliveries that it is better read again.
    pub(crate) fn is_overgrown(&self) -> bool {
        self.remembered_count() > REMEMBERED_MAX
    }

    /// How many deliveries it remembers, recorded and refused ones.
    pub(crate) fn remembered_count(&self) -> u64 {
        (self.events.len() + self.recalled.len()) as u64 + self.attempt.refusals_count()
    }

    /// Fills in the positions that the log gave to the events after a revision.
    pub(crate) fn locate(&mut self, stored: Revision, positions: &[Position]) {
        let from = self.place(stored.next());
        let unlocated = &mut self.events[from..];
        assert_eq!(unlocated.len(), positions.len(), "the log gives a position to each event");
        for ((place, ..), position) in unlocated.iter_mut().zip(positions) {
            *place = *position;
        }
        let grown = &self.events[from.saturating_sub(1)..];
        debug_assert!(grown.is_sorted_by_key(|(position, ..)| *position), "revisions follow positions");
    }

    /// Whether the log has every event.
    pub(crate) fn is_located(&self) -> bool {
        self.events.last().is_none_or(|(position, ..)| *position != UNKNOWN)
    }

    /// The receipt of a delivery with these flags that is the event at a revision.
    pub(crate) fn receipt(
        &self,
        attempt_id: AttemptId,
        revision: Revision,
        flags: Vec<String>,
    ) -> EventReceipt {
        let recalled = self.recalled.get(&revision).copied();
        let (position, id, event) = recalled.unwrap_or_else(|| self.events[self.place(revision)]);
        assert_ne!(position, UNKNOWN, "only what the log has is answered for");
        EventReceipt { attempt_id, event, id, revision, position, flags }
    }

    /// Where the event at a revision stands among those that are remembered.
    fn place(&self, revision: Revision) -> usize {
        let passed_over = match self.passed_over {
            Some((before, last)) if revision > before => last.0 - before.0,
            _ => 0,
        };
        index(revision) - 1 - index(Revision(passed_over))
    }
}

/// How many events there are up to a revision.
fn index(revision: Revision) -> usize {
    usize::try_from(revision.0).expect("32 bits fit")
}
