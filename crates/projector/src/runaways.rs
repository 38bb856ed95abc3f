//! Folds the runaway attempts of a store, one at a time and apart from the passes, which leave them behind.
//!
//! The rows of such an attempt are those of a position before the checkpoint, which the store keeps beside
//! them. They come forward as every attempt's do: what it contributed there is retracted, what it contributes
//! now is added, and the position moves in the same transaction.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Changes, Projection, ReadStore, RunawayCatchUp, StoreError};
use uuid::Uuid;

use crate::attempt_log::AttemptLog;
use crate::batch::{BatchError, apply};
use crate::draft::Draft;
use crate::folds::{Change, Fold};
use crate::pass::PassError;
use crate::statuses::can_move;

/// What is to be folded next: one attempt, in the projections that stand at the same place with it.
#[derive(Debug)]
struct RunawayWork {
    catch_up: RunawayCatchUp,
    projections: Vec<Projection>,
}

/// Changes that are ready for the store, or the failure of a projection at the attempt.
pub(crate) enum RunawayFold {
    Ready(Box<Changes>),
    Failed(BatchError),
}

/// Folds one runaway attempt that is behind; `None` when none is. Nothing is written yet.
///
/// # Errors
/// [`PassError`] when the log or the store cannot be read.
pub(crate) fn fold_next(
    log: &dyn EventLog,
    store: &dyn ReadStore,
    folds: &[Arc<dyn Fold>],
) -> Result<Option<RunawayFold>, PassError> {
    let Some(RunawayWork { catch_up, projections }) = next_work(store)? else { return Ok(None) };
    let RunawayCatchUp { attempt_id, from, to } = catch_up;
    let mut attempt = AttemptLog::default();
    attempt.read(log, attempt_id, from)?;
    let before = attempt.rows(attempt_id);
    attempt.read(log, attempt_id, to)?;
    let after = attempt.rows(attempt_id);
    let (position, id) = attempt.last.unwrap_or((to, Uuid::nil()));
    let folds: Vec<&dyn Fold> = folds
        .iter()
        .filter(|fold| projections.contains(&fold.projection()))
        .map(|fold| fold.as_ref() as &dyn Fold)
        .collect();
    let mut draft = Draft::default();
    let change = Change::Attempt { attempt_id, before: before.as_ref(), after: after.as_ref() };
    if let Err(failed) = apply(&change, &folds, &mut draft, position, id) {
        return Ok(Some(RunawayFold::Failed(failed)));
    }
    draft.changes.projections = folds.iter().map(|fold| fold.projection()).collect();
    draft.changes.catch_up = Some(catch_up);
    Ok(Some(RunawayFold::Ready(Box::new(draft.finish()))))
}

fn next_work(store: &dyn ReadStore) -> Result<Option<RunawayWork>, StoreError> {
    let reader = store.reader()?;
    let unfolded = reader.unfolded()?;
    if unfolded.is_empty() {
        return Ok(None);
    }
    let statuses = reader.statuses()?;
    let checkpoint = |projection| {
        let status = statuses.iter().find(|status| status.projection == projection)?;
        can_move(status).then_some(status.checkpoint.position)
    };
    // One that failed, or that another version filled, is rebuilt.
    let movable = unfolded.iter().filter_map(|one| Some((one, checkpoint(one.projection)?)));
    let movable: Vec<_> = movable.filter(|(one, at)| one.folded < *at).collect();
    let Some((first, at)) = movable.first() else { return Ok(None) };
    let same_place = movable.iter().filter(|(one, other)| {
        (one.attempt_id, one.folded) == (first.attempt_id, first.folded) && other == at
    });
    let projections = same_place.map(|(one, _)| one.projection).collect();
    let catch_up = RunawayCatchUp { attempt_id: first.attempt_id, from: first.folded, to: *at };
    Ok(Some(RunawayWork { catch_up, projections }))
}

/// Writes what was folded, or that a projection failed: it does not go on then.
///
/// # Errors
/// [`PassError`] when the store does not take it.
pub(crate) fn commit(store: &dyn ReadStore, fold: RunawayFold) -> Result<(), PassError> {
    match fold {
        RunawayFold::Ready(changes) => Ok(store.apply(&changes)?),
        RunawayFold::Failed(BatchError::Log(error)) => Err(error.into()),
        RunawayFold::Failed(BatchError::Failed(projection, failure)) => {
            tracing::error!(
                %projection, position = %failure.position, reason = failure.reason,
                "a projection stopped at a runaway attempt; hint: mend the cause, then rebuild it"
            );
            Ok(store.set_failure(projection, Some(&failure))?)
        }
    }
}

/// Folds every runaway attempt that is behind, or until `goes_on` breaks.
///
/// # Errors
/// [`PassError`]; what was committed before stays.
pub(crate) fn fold_all(
    log: &dyn EventLog,
    store: &dyn ReadStore,
    folds: &[Arc<dyn Fold>],
    goes_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<ControlFlow<()>, PassError> {
    while let Some(fold) = fold_next(log, store, folds)? {
        commit(store, fold)?;
        if goes_on().is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
