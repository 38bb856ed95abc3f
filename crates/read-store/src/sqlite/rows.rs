//! From rows of the store to rows of the read models.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{
    AgentId, AttemptId, EventKind, Position, QueueDefinition, QueueId, QueueType, Revision, Rule, UnixMillis,
};
use attempt_ledger_projections::{
    AgentRow, AttemptClass, AttemptRow, Gaps, MissedBy, OfferOutcome, OfferRow, QueueRow, RefusalRow,
    RefusalState,
};
use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::StoreError;

/// Reads the columns of one row, in order.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    table: &'static str,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    fn of(row: &'r Row<'s>, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    fn take<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        self.row.get(index).map_err(|error| self.fault(error.to_string()))
    }

    fn fault(&self, reason: String) -> StoreError {
        StoreError::Row { table: self.table, reason }
    }

    fn unsigned(&mut self) -> Result<u64, StoreError> {
        let number: i64 = self.take()?;
        u64::try_from(number).map_err(|error| self.fault(error.to_string()))
    }

    fn duration(&mut self) -> Result<Option<u64>, StoreError> {
        let number: Option<i64> = self.take()?;
        number.map(|number| u64::try_from(number).map_err(|error| self.fault(error.to_string()))).transpose()
    }

    fn at(&mut self) -> Result<UnixMillis, StoreError> {
        self.take().map(UnixMillis)
    }

    fn maybe_at(&mut self) -> Result<Option<UnixMillis>, StoreError> {
        Ok(self.take::<Option<i64>>()?.map(UnixMillis))
    }

    /// A name of which the program knows the meaning.
    fn named<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        self.maybe_named(parse)?.ok_or_else(|| self.fault("a name is missing".to_owned()))
    }

    fn maybe_named<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let name = self.row.get_ref(self.next).map_err(|error| self.fault(error.to_string()))?;
        self.next += 1;
        let name = name.as_str_or_null().map_err(|error| self.fault(error.to_string()))?;
        name.map(|name| parse(name).ok_or_else(|| self.fault(format!("{name:?} is no known name"))))
            .transpose()
    }
}

pub(super) fn attempt(row: &Row<'_>) -> Result<AttemptRow, StoreError> {
    let mut columns = Columns::of(row, "attempts");
    let c = &mut columns;
    Ok(AttemptRow {
        attempt_id: AttemptId(c.take()?),
        queue_id: c.take::<Option<i64>>()?.map(QueueId),
        queue_type: c.maybe_named(QueueType::parse)?,
        channel: c.take()?,
        destination: c.take()?,
        member_id: c.take()?,
        attempt_seq: c.take()?,
        state: c.named(AttemptState::parse)?,
        class: c.named(AttemptClass::parse)?,
        result: c.take()?,
        call_cause: c.take()?,
        call_sip_code: c.take()?,
        amd_result: c.take()?,
        started_at: c.at()?,
        joined_at: c.maybe_at()?,
        first_offered_at: c.maybe_at()?,
        first_answered_at: c.maybe_at()?,
        bridged_at: c.maybe_at()?,
        processing_at: c.maybe_at()?,
        left_at: c.maybe_at()?,
        last_event_at: c.at()?,
        wait_ms: c.duration()?,
        talk_ms: c.duration()?,
        wrap_ms: c.duration()?,
        handle_ms: c.duration()?,
        offers: c.take()?,
        bridges: c.take()?,
        missed_by_agent: c.take()?,
        missed_by_caller: c.take()?,
        gaps: Gaps(c.take()?),
        is_late: c.take()?,
        events: c.take()?,
        conflicts: c.take()?,
        first_position: Position(c.unsigned()?),
        last_position: Position(c.unsigned()?),
        last_recorded_at: c.at()?,
    })
}

pub(super) fn offer(row: &Row<'_>) -> Result<OfferRow, StoreError> {
    let mut columns = Columns::of(row, "offers");
    let c = &mut columns;
    Ok(OfferRow {
        attempt_id: AttemptId(c.take()?),
        leg: c.take()?,
        queue_id: c.take::<Option<i64>>()?.map(QueueId),
        queue_type: c.maybe_named(QueueType::parse)?,
        agent_id: c.take::<Option<i64>>()?.map(AgentId),
        outcome: c.named(OfferOutcome::parse)?,
        missed_by: c.maybe_named(MissedBy::parse)?,
        started_at: c.at()?,
        offered_at: c.maybe_at()?,
        answered_at: c.maybe_at()?,
        bridged_at: c.maybe_at()?,
        ring_ended_at: c.maybe_at()?,
        talk_ended_at: c.maybe_at()?,
        wrap_started_at: c.maybe_at()?,
        ended_at: c.maybe_at()?,
        ring_ms: c.duration()?,
        talk_ms: c.duration()?,
        wrap_ms: c.duration()?,
        handle_ms: c.duration()?,
    })
}

pub(super) fn agent(row: &Row<'_>) -> Result<AgentRow, StoreError> {
    let mut columns = Columns::of(row, "agents");
    let c = &mut columns;
    Ok(AgentRow { agent_id: AgentId(c.take()?), agent_name: c.take()?, last_seen_at: c.at()? })
}

pub(super) fn queue(row: &Row<'_>) -> Result<QueueRow, StoreError> {
    let mut columns = Columns::of(row, "queues");
    let c = &mut columns;
    let definition = QueueDefinition {
        queue_id: QueueId(c.take()?),
        queue_type: c.named(QueueType::parse)?,
        name: c.take()?,
        hooks: {
            let hooks: Option<String> = c.take()?;
            let hooks = hooks.as_deref().map(serde_json::from_str).transpose();
            hooks.map_err(|error| c.fault(error.to_string()))?
        },
        service_level_threshold_ms: c.duration()?,
        short_abandon_threshold_ms: c.duration()?,
        leaving_deadline_ms: c.duration()?,
    };
    Ok(QueueRow { definition, revision: Revision(c.take()?), position: Position(c.unsigned()?) })
}

pub(super) fn refusal(row: &Row<'_>) -> Result<RefusalRow, StoreError> {
    let mut columns = Columns::of(row, "refusals");
    let c = &mut columns;
    Ok(RefusalRow {
        refusal_id: {
            let id: String = c.take()?;
            id.parse().map_err(|error| c.fault(format!("{id:?}: {error}")))?
        },
        position: Position(c.unsigned()?),
        recorded_at: c.at()?,
        rule: c.named(Rule::parse)?,
        attempt_id: c.take::<Option<i64>>()?.map(AttemptId),
        event: c.maybe_named(EventKind::parse)?,
        queue_id: c.take::<Option<i64>>()?.map(QueueId),
        state: c.named(RefusalState::parse)?,
        settled_at: c.maybe_at()?,
    })
}
