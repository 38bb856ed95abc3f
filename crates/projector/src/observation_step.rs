//! An observation of the log as the folds of its attempt read it.

use attempt_ledger_domain::{Observation, Payload, Position, TimeSource, UnixMillis};
use attempt_ledger_log::record::Opening;
use attempt_ledger_projections::fold::ObservationStep;

/// An observation as the folds of its attempt read it.
pub(crate) fn observation_step(
    position: Position,
    observation: Observation,
    occurred_at: UnixMillis,
    opening: &Opening<'_>,
) -> Result<ObservationStep, String> {
    let body = Payload::read(&opening.address, opening.payload.as_bytes()).map_err(|it| it.to_string())?;
    let has_stated_time = TimeSource::of_stored(&opening.address, &body, occurred_at).is_stated();
    Ok(ObservationStep { position, observation, occurred_at, has_stated_time })
}
