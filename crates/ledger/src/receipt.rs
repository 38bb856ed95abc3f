//! What became of a delivery.

use attempt_ledger_domain::{
    AttemptId, Delivery, EventKind, Observation, Position, QueueId, Refusal, Revision,
};
use uuid::Uuid;

/// What became of a delivery. In every case the body is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is an event of its attempt now.
    Recorded(EventReceipt),
    /// It was recorded before; the location is the first one's.
    Duplicate(EventReceipt),
    /// It is kept as an observation.
    Observed(ObservationReceipt),
    /// A rule refused it.
    Refused(RefusalReceipt),
}

/// Where the event of a delivery lies, and what is odd about the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventReceipt {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// The event.
    pub event: EventKind,
    /// The event's own id.
    pub id: Uuid,
    /// Its place within the attempt.
    pub revision: Revision,
    /// Its place within the log.
    pub position: Position,
    /// The flags of the delivery, such as `clock_implausible` or `converted:timestamp`.
    pub flags: Vec<String>,
}

/// Where an observation lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservationReceipt {
    /// What it reports.
    pub observation: Observation,
    /// The attempt, if it names one.
    pub attempt_id: Option<AttemptId>,
    /// The record's own id.
    pub id: Uuid,
    /// Its place within the log.
    pub position: Position,
    /// Whether it was recorded before; nothing was appended then.
    pub repeated: bool,
    /// The flags of the delivery, such as `clock_implausible`.
    pub flags: Vec<String>,
}

/// A refused delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalReceipt {
    /// The refusal that keeps it.
    pub refusal_id: Uuid,
    /// Why.
    pub refusal: Refusal,
    /// The attempt, if the body names one.
    pub attempt_id: Option<AttemptId>,
    /// The event, if it is one of the eight.
    pub event: Option<EventKind>,
    /// The queue, if the body names one.
    pub queue_id: Option<QueueId>,
    /// Whether the same delivery was refused before; nothing was appended then.
    pub repeated: bool,
}

impl RefusalReceipt {
    /// The receipt of a delivery that was refused before.
    pub(crate) fn of_repetition(delivery: &Delivery, refusal_id: Uuid, refusal: Refusal) -> Self {
        Self {
            refusal_id,
            refusal,
            attempt_id: Some(delivery.attempt_id),
            event: Some(delivery.event),
            queue_id: delivery.queue_id,
            repeated: true,
        }
    }
}
