//! An observation of the log as the folds of its attempt read it.

use attempt_ledger_domain::{Observation, Payload, Position, QueueId, QueueType, TimeSource, UnixMillis};
use attempt_ledger_log::record::Opening;
use attempt_ledger_projections::fold::ObservationStep;

/// An observation as the folds of its attempt read it.
pub(crate) fn observation_step(
    position: Position,
    observation: Observation,
    occurred_at: UnixMillis,
    recorded_at: UnixMillis,
    (queue_type, queue_id): (Option<QueueType>, Option<QueueId>),
    opening: &Opening<'_>,
) -> Result<ObservationStep, String> {
    let body = Payload::read(&opening.address, opening.payload.as_bytes()).map_err(|it| it.to_string())?;
    let time_source = TimeSource::of_stored(&opening.address, &body, occurred_at);
    Ok(ObservationStep {
        position,
        observation,
        occurred_at,
        has_stated_time: time_source.is_stated(),
        recorded_at,
        queue_type,
        queue_id,
        is_implausible: time_source == TimeSource::ReceiptForImplausible,
    })
}
