//! One delivery about an attempt, as the log holds it.

use uuid::Uuid;

use super::delivery_outcome::DeliveryOutcome;
use super::payload_details::Details;
use super::run_step::RunStep;
use crate::time_source::TimeSource;
use crate::{
    AgentId, CoarseTime, ContentHash, EventKind, Position, QueueId, QueueType, SenderId, UnixMillis,
};

/// One delivery about the attempt, as it lies in the log.
#[derive(Clone, Debug)]
pub struct LoggedDelivery {
    /// The record's id; for refusals, the refusal's id.
    pub id: Uuid,
    /// The record's place in the log.
    pub position: Position,
    /// What became of it.
    pub arrival: DeliveryOutcome,
    /// Which event it is.
    pub event: EventKind,
    /// The queue type that it states or was judged under.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whose clock says so.
    pub time_source: TimeSource,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What it says, as a hash.
    pub content: ContentHash,
    /// The sender's own id for it.
    pub sender_id: Option<SenderId>,
    /// What it says, as far as timelines use it.
    pub details: Details,
    /// What is odd about it by itself: `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`.
    pub flags: Vec<String>,
}

impl LoggedDelivery {
    /// Whether an operator decided that it stays out for good.
    #[must_use]
    pub const fn is_dismissed(&self) -> bool {
        matches!(self.arrival, DeliveryOutcome::Refused { dismissed: true, .. })
    }
}

impl RunStep for LoggedDelivery {
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
        let stated = self.details.timestamp.filter(|stated| stated.at == self.occurred_at);
        stated.unwrap_or(CoarseTime::exact(self.occurred_at))
    }

    fn has_stated_time(&self) -> bool {
        self.time_source.is_stated()
    }

    fn recorded_at(&self) -> UnixMillis {
        self.recorded_at
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.details.agent_id
    }

    fn joined_at(&self) -> Option<CoarseTime> {
        self.details.joined_at
    }

    fn bridged_at(&self) -> Option<CoarseTime> {
        self.details.bridged_at
    }

    fn call_cause(&self) -> Option<&str> {
        self.details.call_cause.as_deref()
    }

    fn call_sip_code(&self) -> Option<i64> {
        self.details.call_sip_code
    }
}
