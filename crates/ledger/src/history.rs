//! Questions about the past: one attempt's events and timeline, and the log in order.

use attempt_ledger_domain::timeline::{LoggedDelivery, Timeline, build};
use attempt_ledger_domain::{
    Address, AttemptEvent, AttemptId, Position, QueueDefinition, QueueId, UnixMillis,
};

use super::deliveries::deliveries;
use super::records::ReadRecord;
use super::{Ledger, LedgerError};
use attempt_ledger_log::record::{Leaf, Payload, RecordKind, leaf_hash};
use attempt_ledger_log::{EventLog, Key, StoredRecord};

/// One record for readers: its leaf, its payload and what is odd about it.
#[derive(Clone, Debug)]
pub struct EventView {
    /// Its place in the log.
    pub position: Position,
    /// The leaf.
    pub leaf: Leaf<'static>,
    /// The RFC 6962 hash of the leaf's stored bytes.
    pub leaf_hash: attempt_ledger_log::record::Digest,
    /// How it was addressed.
    pub address: Address,
    /// What a rule saw when it refused.
    pub detail: Option<String>,
    /// What was sent.
    pub payload: Payload<'static>,
    /// `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`.
    pub flags: Vec<String>,
}

/// A page of the log.
#[derive(Clone, Debug)]
pub struct EventsPage {
    /// Records in order.
    pub events: Vec<EventView>,
    /// Where the next page starts: pass it as `after`.
    pub next_after: Position,
    /// The end of the log when the page was read.
    pub head: Position,
}

impl Ledger {
    /// Everything recorded about an attempt up to a position, in order; empty for an attempt never heard of.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn attempt_records(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Vec<EventView>, LedgerError> {
        let stored = read_attempt(self.log.as_ref(), attempt_id, as_of)?;
        stored.iter().map(event_view).collect()
    }

    /// The story of an attempt as the ledger knew it at a position; `None` for an attempt never heard of.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn timeline(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Option<Timeline>, LedgerError> {
        let stored = read_attempt(self.log.as_ref(), attempt_id, as_of)?;
        if stored.is_empty() {
            return Ok(None);
        }
        let delivered: Vec<LoggedDelivery> =
            deliveries(&stored)?.all.into_iter().map(|one| one.delivered).collect();
        let now = self.now_as_of(&stored, as_of)?;
        let definition = match delivered.iter().find_map(|one| one.queue_id) {
            Some(queue_id) => self.definition_as_of(queue_id, as_of)?,
            None => None,
        };
        Ok(Some(build(attempt_id, delivered, definition.as_ref(), now)))
    }

    /// The definition that was in force at a position.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn definition_as_of(
        &self,
        queue_id: QueueId,
        as_of: Option<Position>,
    ) -> Result<Option<QueueDefinition>, LedgerError> {
        let Some(position) = as_of.filter(|position| *position < self.log.head()) else {
            return Ok(self.queue(queue_id));
        };
        let mut positions = self.log.find(Key::Queues)?;
        positions.retain(|defined_at| *defined_at <= position);
        for stored in self.log.read(&positions)?.iter().rev() {
            let record = ReadRecord::parse(stored)?;
            if record.leaf.queue_id == Some(queue_id) {
                return Ok(Some(record.definition()?));
            }
        }
        Ok(None)
    }

    /// For the past, the time of the last record that was known then; for the present, the clock.
    fn now_as_of(&self, stored: &[StoredRecord], as_of: Option<Position>) -> Result<UnixMillis, LedgerError> {
        let Some(position) = as_of.filter(|position| *position < self.log.head()) else {
            return Ok(self.environment.now());
        };
        let at = self.log.read(&[position])?;
        let last = at.first().or(stored.last());
        last.map_or(Ok(self.environment.now()), |stored| Ok(ReadRecord::parse(stored)?.leaf.recorded_at))
    }

    /// When the ledger took the record at a position; the beginning of time for position 0.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn recorded_at(&self, position: Position) -> Result<UnixMillis, LedgerError> {
        if position == Position(0) {
            return Ok(UnixMillis(0));
        }
        let stored = self.log.read(&[position])?;
        stored.first().map_or(Ok(UnixMillis(0)), |stored| Ok(ReadRecord::parse(stored)?.leaf.recorded_at))
    }

    /// Records after a position, at most `limit`.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn events_after(&self, after: Position, limit: usize) -> Result<EventsPage, LedgerError> {
        let head = self.log.head();
        let stored = self.log.read_after(after, limit)?;
        let next_after = stored.last().map_or(after, |last| last.position);
        let events = stored.iter().map(event_view).collect::<Result<_, _>>()?;
        Ok(EventsPage { events, next_after, head: head.max(next_after) })
    }
}

/// The events of an attempt, in the order of their revisions.
pub(super) fn events_of(log: &dyn EventLog, attempt_id: AttemptId) -> Result<Vec<AttemptEvent>, LedgerError> {
    let mut events = Vec::new();
    for stored in read_attempt(log, attempt_id, None)? {
        let record = ReadRecord::parse(&stored)?;
        if record.leaf.kind == RecordKind::Event {
            events.push(record.event()?);
        }
    }
    Ok(events)
}

fn read_attempt(
    log: &dyn EventLog,
    attempt_id: AttemptId,
    as_of: Option<Position>,
) -> Result<Vec<StoredRecord>, LedgerError> {
    let mut positions = log.find(Key::Attempt(attempt_id))?;
    positions.retain(|position| as_of.is_none_or(|as_of| *position <= as_of));
    Ok(log.read(&positions)?)
}

fn event_view(stored: &StoredRecord) -> Result<EventView, LedgerError> {
    let record = ReadRecord::parse(stored)?;
    let flags = record.delivered(false).map(|one| one.flags).unwrap_or_default();
    let payload = match record.opening.payload {
        Payload::Json(text) => Payload::Json(text.into_owned().into()),
        Payload::Text(text) => Payload::Text(text.into_owned().into()),
        Payload::Bytes(bytes) => Payload::Bytes(bytes.into_owned().into()),
    };
    Ok(EventView {
        position: record.position,
        leaf_hash: leaf_hash(&stored.leaf),
        address: record.opening.address,
        detail: record.opening.detail.map(std::borrow::Cow::into_owned),
        leaf: record.leaf.into_owned(),
        payload,
        flags,
    })
}
