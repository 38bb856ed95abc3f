//! One observation as the folds read it.

use attempt_ledger_domain::{Observation, Position, QueueId, QueueType, UnixMillis};

/// One observation of an attempt. It joins no run and no leg; a fold that names it reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservationStep {
    /// The record's place in the log.
    pub position: Position,
    /// What it reports.
    pub observation: Observation,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whether a sender's clock says so; otherwise the time is that of the receipt.
    pub has_stated_time: bool,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// The queue type that it names.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// Whether it states a time that cannot be true.
    pub is_implausible: bool,
}
