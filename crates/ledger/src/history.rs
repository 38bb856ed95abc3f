//! Questions about the past: one attempt's events and timeline, and the log in order.

use attempt_ledger_domain::timeline::{LoggedDelivery, Timeline, build};
use attempt_ledger_domain::{AttemptId, Position, QueueDefinition, QueueId, UnixMillis};
use attempt_ledger_log::{Key, StoredRecord};

use crate::delivery_record::AttemptRecords;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::record::Record;

/// A page of the log.
#[derive(Clone, Debug)]
pub struct RecordsPage {
    /// Records in order.
    pub records: Vec<Record<'static>>,
    /// Where the next page starts: pass it as `after`.
    pub next_after: Position,
    /// The end of the log when the page was read.
    pub head: Position,
}

impl Ledger {
    /// Everything recorded about an attempt up to a position, in order; empty when the log has nothing of it.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn attempt_records(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Vec<Record<'static>>, LedgerError> {
        let stored = self.stored_records(attempt_id, as_of)?;
        stored.iter().map(owned_record).collect()
    }

    /// What happened in an attempt, as the ledger had it at a position; `None` when it had nothing of it.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn timeline(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Option<Timeline>, LedgerError> {
        let stored = self.stored_records(attempt_id, as_of)?;
        if stored.is_empty() {
            return Ok(None);
        }
        let delivered: Vec<LoggedDelivery> =
            AttemptRecords::read(&stored)?.deliveries.into_iter().map(|one| one.delivered).collect();
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
            let record = Record::parse(stored)?;
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
        last.map_or(Ok(self.environment.now()), |stored| Ok(Record::parse(stored)?.leaf.recorded_at))
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
        stored.first().map_or(Ok(UnixMillis(0)), |stored| Ok(Record::parse(stored)?.leaf.recorded_at))
    }

    /// Records after a position, at most `limit`.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn records_after(&self, after: Position, limit: usize) -> Result<RecordsPage, LedgerError> {
        let head = self.log.head();
        let stored = self.log.read_after(after, limit)?;
        let next_after = stored.last().map_or(after, |last| last.position);
        let records = stored.iter().map(owned_record).collect::<Result<_, _>>()?;
        Ok(RecordsPage { records, next_after, head: head.max(next_after) })
    }

    fn stored_records(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Vec<StoredRecord>, LedgerError> {
        let mut positions = self.log.find(Key::Attempt(attempt_id))?;
        positions.retain(|position| as_of.is_none_or(|as_of| *position <= as_of));
        Ok(self.log.read(&positions)?)
    }
}

fn owned_record(stored: &StoredRecord) -> Result<Record<'static>, LedgerError> {
    Ok(Record::parse(stored)?.into_owned())
}
