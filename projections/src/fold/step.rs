//! One delivery as the folds read it.

use attempt_ledger_domain::timeline::{LATE_AFTER_MS, RunStep};
use attempt_ledger_domain::{AgentId, CoarseTime, EventKind, Position, QueueId, QueueType, UnixMillis};

use super::step_fields::StepFields;

/// One delivery: its leaf's facts and the payload's fields that rows show.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The record's place in the log.
    pub position: Position,
    /// Which event it is.
    pub event: EventKind,
    /// The queue type that it was judged under.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whether a sender's clock says so; otherwise the time is that of the receipt.
    pub has_stated_time: bool,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// The payload's fields that rows show.
    pub fields: StepFields,
}

impl Step {
    /// Whether it came more than a day after what it reports, by the sender's clock.
    pub(super) fn is_late(&self) -> bool {
        self.has_stated_time && self.recorded_at.since(self.occurred_at) >= LATE_AFTER_MS
    }
}

impl RunStep for Step {
    fn event(&self) -> EventKind {
        self.event
    }

    fn position(&self) -> Position {
        self.position
    }

    fn occurred_at(&self) -> UnixMillis {
        self.occurred_at
    }

    fn occurred(&self) -> CoarseTime {
        let stated = self.fields.timestamp.filter(|stated| stated.at == self.occurred_at);
        stated.unwrap_or(CoarseTime::exact(self.occurred_at))
    }

    fn has_stated_time(&self) -> bool {
        self.has_stated_time
    }

    fn recorded_at(&self) -> UnixMillis {
        self.recorded_at
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.fields.agent_id
    }

    fn joined_at(&self) -> Option<CoarseTime> {
        self.fields.joined_at
    }

    fn bridged_at(&self) -> Option<CoarseTime> {
        self.fields.bridged_at
    }

    fn call_cause(&self) -> Option<&str> {
        self.fields.call_cause.as_deref()
    }

    fn call_sip_code(&self) -> Option<i64> {
        self.fields.call_sip_code
    }
}
