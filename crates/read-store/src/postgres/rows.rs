//! From rows of the store to rows of the read models.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{
    AgentId, AttemptId, EventKind, Position, QueueDefinition, QueueId, QueueType, Revision, Rule, UnixMillis,
};
use attempt_ledger_projections::{
    AgentRow, AttemptClass, AttemptRow, Gaps, MissedBy, OfferOutcome, OfferRow, QueueRow, RefusalRow,
    RefusalState,
};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::text::meant;
use crate::{Checkpoint, Failure, Projection, ProjectionStatus, StoreError};

/// Reads the columns of one row, in order.
pub(super) struct Columns<'r> {
    row: &'r Row,
    table: &'static str,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    pub(super) fn take<T: FromSql<'r>>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index).map_err(|error| self.fault(error.to_string()))
    }

    pub(super) fn fault(&self, reason: String) -> StoreError {
        StoreError::Row { table: self.table, reason }
    }

    fn counted<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        let number: i64 = self.take()?;
        T::try_from(number).map_err(|_| self.fault(format!("{number} is out of range")))
    }

    fn maybe_counted<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, StoreError> {
        let number: Option<i64> = self.take()?;
        let counted = number
            .map(|number| T::try_from(number).map_err(|_| self.fault(format!("{number} is out of range"))));
        counted.transpose()
    }

    fn truth(&mut self) -> Result<bool, StoreError> {
        match self.take::<i64>()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.fault(format!("{other} is neither 0 nor 1"))),
        }
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        let Some(kept) = self.take::<Option<&str>>()? else { return Ok(None) };
        let text = meant(kept).ok_or_else(|| self.fault(format!("{kept:?} is no text of the ledger")))?;
        Ok(Some(text.into_owned()))
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.maybe_text()?.ok_or_else(|| self.fault("a text is missing".to_owned()))
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
        let name: Option<&str> = self.take()?;
        name.map(|name| parse(name).ok_or_else(|| self.fault(format!("{name:?} is no known name"))))
            .transpose()
    }

    fn identified<T: std::str::FromStr>(&mut self) -> Result<T, StoreError> {
        let id: &str = self.take()?;
        id.parse().map_err(|_| self.fault(format!("{id:?} is no id")))
    }
}

pub(super) fn status(row: &Row) -> Result<ProjectionStatus, StoreError> {
    let mut columns = Columns::of(row, "projections");
    let c = &mut columns;
    Ok(ProjectionStatus {
        projection: c.named(Projection::parse)?,
        version: c.counted()?,
        checkpoint: Checkpoint { position: Position(c.counted()?), recorded_at: c.at()? },
        failure: match c.maybe_counted()? {
            Some(position) => Some(Failure {
                position: Position(position),
                record_id: c.identified()?,
                reason: c.maybe_text()?.unwrap_or_default(),
            }),
            None => None,
        },
    })
}

pub(super) fn attempt(row: &Row) -> Result<AttemptRow, StoreError> {
    let mut columns = Columns::of(row, "attempts");
    let c = &mut columns;
    Ok(AttemptRow {
        attempt_id: AttemptId(c.take()?),
        queue_id: c.take::<Option<i64>>()?.map(QueueId),
        queue_type: c.maybe_named(QueueType::parse)?,
        channel: c.maybe_text()?,
        destination: c.maybe_text()?,
        member_id: c.take()?,
        attempt_seq: c.maybe_counted()?,
        state: c.named(AttemptState::parse)?,
        class: c.named(AttemptClass::parse)?,
        result: c.maybe_text()?,
        call_cause: c.maybe_text()?,
        call_sip_code: c.maybe_counted()?,
        amd_result: c.maybe_text()?,
        started_at: c.at()?,
        joined_at: c.maybe_at()?,
        first_offered_at: c.maybe_at()?,
        first_answered_at: c.maybe_at()?,
        bridged_at: c.maybe_at()?,
        processing_at: c.maybe_at()?,
        left_at: c.maybe_at()?,
        last_event_at: c.at()?,
        wait_ms: c.maybe_counted()?,
        talk_ms: c.maybe_counted()?,
        wrap_ms: c.maybe_counted()?,
        handle_ms: c.maybe_counted()?,
        offers: c.counted()?,
        bridges: c.counted()?,
        missed_by_agent: c.counted()?,
        missed_by_caller: c.counted()?,
        gaps: Gaps(c.counted()?),
        is_late: c.truth()?,
        events: c.counted()?,
        conflicts: c.counted()?,
        first_position: Position(c.counted()?),
        last_position: Position(c.counted()?),
        last_recorded_at: c.at()?,
    })
}

pub(super) fn offer(row: &Row) -> Result<OfferRow, StoreError> {
    let mut columns = Columns::of(row, "offers");
    let c = &mut columns;
    Ok(OfferRow {
        attempt_id: AttemptId(c.take()?),
        leg: c.counted()?,
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
        ring_ms: c.maybe_counted()?,
        talk_ms: c.maybe_counted()?,
        wrap_ms: c.maybe_counted()?,
        handle_ms: c.maybe_counted()?,
    })
}

pub(super) fn agent(row: &Row) -> Result<AgentRow, StoreError> {
    let mut columns = Columns::of(row, "agents");
    let c = &mut columns;
    Ok(AgentRow { agent_id: AgentId(c.take()?), agent_name: c.maybe_text()?, last_seen_at: c.at()? })
}

pub(super) fn queue(row: &Row) -> Result<QueueRow, StoreError> {
    let mut columns = Columns::of(row, "queues");
    let c = &mut columns;
    let definition = QueueDefinition {
        queue_id: QueueId(c.take()?),
        queue_type: c.named(QueueType::parse)?,
        name: c.maybe_text()?,
        hooks: {
            let hooks = c.maybe_text()?;
            let hooks = hooks.as_deref().map(serde_json::from_str).transpose();
            hooks.map_err(|error| c.fault(error.to_string()))?
        },
        service_level_threshold_ms: c.maybe_counted()?,
        short_abandon_threshold_ms: c.maybe_counted()?,
        leaving_deadline_ms: c.maybe_counted()?,
    };
    Ok(QueueRow { definition, revision: Revision(c.counted()?), position: Position(c.counted()?) })
}

pub(super) fn refusal(row: &Row) -> Result<RefusalRow, StoreError> {
    let mut columns = Columns::of(row, "refusals");
    let c = &mut columns;
    Ok(RefusalRow {
        refusal_id: c.identified()?,
        position: Position(c.counted()?),
        recorded_at: c.at()?,
        rule: c.named(Rule::parse)?,
        attempt_id: c.take::<Option<i64>>()?.map(AttemptId),
        event: c.maybe_named(EventKind::parse)?,
        queue_id: c.take::<Option<i64>>()?.map(QueueId),
        state: c.named(RefusalState::parse)?,
        settled_at: c.maybe_at()?,
    })
}
