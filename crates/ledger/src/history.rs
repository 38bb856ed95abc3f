//! Questions about the past: one attempt's events and timeline, and the log in order.

use std::sync::Arc;

use attempt_ledger_domain::timeline::{
    LegUses, LoggedDelivery, RunSelection, Timeline, build, definition_flags,
};
use attempt_ledger_domain::{
    AttemptId, HookName, ORDINARY_RECORDS_MAX, Position, QueueDefinition, QueueId, QueueType, RUNAWAY,
    UnixMillis,
};
use attempt_ledger_log::Key;

use crate::attempt_deliveries::AttemptDeliveries;
use crate::attempt_refusals::AttemptRefusals;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::record::Record;
use crate::record_pages::{read_page, visit_records};

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

/// A page of the records about an attempt.
#[derive(Clone, Debug)]
pub struct AttemptRecordsPage {
    /// Records in order.
    pub records: Vec<Record<'static>>,
    /// The newest record about the attempt.
    pub newest: Position,
    /// Where the next page starts: pass it as `after`; absent on the last one.
    pub next_after: Option<Position>,
}

impl Ledger {
    /// Records about an attempt after a position and up to another one, in order: at most `limit`, and at
    /// most [`PAGE_BYTES_MAX`](crate::PAGE_BYTES_MAX) bytes; `None` when the log has nothing of it up to
    /// there.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn attempt_records(
        &self,
        attempt_id: AttemptId,
        after: Position,
        as_of: Option<Position>,
        limit: usize,
    ) -> Result<Option<AttemptRecordsPage>, LedgerError> {
        let positions = self.positions(attempt_id, as_of)?;
        let Some(newest) = positions.last().copied() else { return Ok(None) };
        let mut left = &positions[positions.partition_point(|position| *position <= after)..];
        let records = read_page(limit, |wanted| {
            let (now, later) = left.split_at(wanted.min(left.len()));
            left = later;
            self.log.read(now)
        })?;
        let last = records.last().map(|last| last.position);
        let next_after = last.filter(|last| *last < newest);
        Ok(Some(AttemptRecordsPage { records, newest, next_after }))
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
        Ok(self.timeline_by_queue(attempt_id, as_of)?.map(|(timeline, _)| timeline))
    }

    /// The same with the queue by whose definition it was judged, if a delivery names one.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn timeline_by_queue(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Option<(Timeline, Option<QueueId>)>, LedgerError> {
        let positions = self.positions(attempt_id, as_of)?;
        if positions.is_empty() {
            return Ok(None);
        }
        let (mut observations, mut refusals) = (Vec::new(), AttemptRefusals::default());
        let delivered = self.deliveries_at(&positions, &mut |record| {
            refusals.note(record);
            if let Some(mut observation) = record.observation() {
                observation.flags.extend(self.definition_flags_of(record));
                observations.push((observation, record.stated_wait()));
            }
        })?;
        let now = self.now_as_of(as_of)?;
        let queue_id = delivered.iter().find_map(|one| one.queue_id);
        let definition = queue_id.and_then(|queue_id| self.definition_as_of(queue_id, as_of));
        let mut timeline = build(attempt_id, delivered, definition.as_ref(), now);
        timeline.observe(observations);
        refusals.add_to(&mut timeline);
        if positions.len() > ORDINARY_RECORDS_MAX {
            timeline.flags.push(RUNAWAY.to_owned());
        }
        Ok(Some((timeline, queue_id)))
    }

    /// What the legs of several attempts' calls were used for, as the ledger had them at a position. Attempts
    /// that would make it more than `records_max` records together are left out.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn leg_uses(
        &self,
        attempts: impl IntoIterator<Item = AttemptId>,
        as_of: Position,
        records_max: usize,
    ) -> Result<Vec<LegUses>, LedgerError> {
        let (mut uses, mut records) = (Vec::new(), 0);
        for attempt_id in attempts {
            let positions = self.positions(attempt_id, Some(as_of))?;
            if records + positions.len() <= records_max {
                records += positions.len();
                uses.push(LegUses::of(&RunSelection::of(self.deliveries_at(&positions, &mut |_| {})?)));
            }
        }
        Ok(uses)
    }

    /// What is odd about a recorded or refused delivery: its own flags, and those that the definition gives
    /// which was in force then.
    #[must_use]
    pub fn flags_of(&self, record: &Record<'_>) -> Vec<String> {
        let mut flags = record.flags();
        flags.extend(self.definition_flags_of(record));
        flags
    }

    fn definition_flags_of(&self, record: &Record<'_>) -> Vec<String> {
        let Some(hook) = record.hook() else { return Vec::new() };
        self.definition_flags(record.leaf.queue_id, record.leaf.queue_type, hook, record.position)
    }

    fn definition_flags(
        &self,
        queue_id: Option<QueueId>,
        queue_type: Option<QueueType>,
        hook: HookName,
        position: Position,
    ) -> Vec<String> {
        let definition = queue_id.and_then(|queue_id| self.queues.definition_at(queue_id, position));
        definition_flags(definition.as_deref(), queue_type, hook).collect()
    }

    /// The deliveries of an attempt whose records lie at these positions. What is no event is shown to
    /// `observe` alone.
    fn deliveries_at(
        &self,
        positions: &[Position],
        observe: &mut dyn FnMut(&Record<'_>),
    ) -> Result<Vec<LoggedDelivery>, LedgerError> {
        let mut deliveries = AttemptDeliveries::default();
        visit_records(self.log.as_ref(), positions, &mut |record| {
            observe(record);
            deliveries.note_decision(record);
            if let Some(delivery) = record.delivery_with_details() {
                deliveries.push(delivery);
            }
            Ok(())
        })?;
        let mut delivered = deliveries.into_deliveries();
        for one in &mut delivered {
            let hook = HookName::Event(one.event);
            one.flags.extend(self.definition_flags(one.queue_id, one.queue_type, hook, one.position));
        }
        Ok(delivered)
    }

    /// The definition that was in force at a position.
    #[must_use]
    pub fn definition_as_of(&self, queue_id: QueueId, as_of: Option<Position>) -> Option<QueueDefinition> {
        let definition = self.queues.definition_at(queue_id, as_of.unwrap_or(Position(u64::MAX)));
        definition.map(Arc::unwrap_or_clone)
    }

    /// Every definition that was in force at a position, by queue id.
    #[must_use]
    pub fn definitions_as_of(&self, as_of: Option<Position>) -> Vec<QueueDefinition> {
        self.queues.definitions_at(as_of.unwrap_or(Position(u64::MAX)))
    }

    /// For the past, the time of the last record that was known then; for the present, the clock.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn now_as_of(&self, as_of: Option<Position>) -> Result<UnixMillis, LedgerError> {
        match as_of.filter(|position| *position < self.log.head()) {
            Some(position) => self.recorded_at(position),
            None => Ok(self.environment.now()),
        }
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

    /// Records after a position: at most `limit`, and at most [`PAGE_BYTES_MAX`](crate::PAGE_BYTES_MAX)
    /// bytes.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn records_after(&self, after: Position, limit: usize) -> Result<RecordsPage, LedgerError> {
        let head = self.log.head();
        let mut read_to = after;
        let records = read_page(limit, |wanted| {
            let stored = self.log.read_after(read_to, wanted)?;
            read_to = stored.last().map_or(read_to, |last| last.position);
            Ok(stored)
        })?;
        // What was appended since is in the page, and so is its head.
        let last = records.last().map(|last| last.position);
        Ok(RecordsPage { records, next_after: last.unwrap_or(after), head: last.unwrap_or(head).max(head) })
    }

    /// How many records about an attempt the log has up to a position, and the newest of them; `None` when
    /// it has nothing of it up to there.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn attempt_extent(
        &self,
        attempt_id: AttemptId,
        as_of: Position,
    ) -> Result<Option<(usize, Position)>, LedgerError> {
        let positions = self.positions(attempt_id, Some(as_of))?;
        Ok(positions.last().map(|newest| (positions.len(), *newest)))
    }

    /// Where the records about an attempt lie, up to a position.
    fn positions(
        &self,
        attempt_id: AttemptId,
        as_of: Option<Position>,
    ) -> Result<Vec<Position>, LedgerError> {
        let mut positions = self.log.find(Key::Attempt(attempt_id))?;
        positions.retain(|position| as_of.is_none_or(|as_of| *position <= as_of));
        Ok(positions)
    }
}
