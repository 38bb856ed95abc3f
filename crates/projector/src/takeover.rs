//! Taking a store over: what a process does before its first batch.

use attempt_ledger_domain::Position;

use crate::fact::Fact;
use crate::pass::PassError;
use crate::statuses::statuses;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Checkpoint, Projection, ProjectionStatus, ReadStore};

/// Returns the models that another version of a fold filled.
///
/// # Errors
/// [`PassError::Ahead`] when they contain more than the log: another process brought them further than this
/// one knows it, or they are what is left of a log that was cut back. [`PassError::Foreign`] when they are of
/// another log: they may be the last trace of it, and are not emptied.
pub(crate) fn take_over_store(
    log: &dyn EventLog,
    store: &dyn ReadStore,
) -> Result<Vec<Projection>, PassError> {
    let before = statuses(store)?;
    let (models, head) = (before.iter().map(|it| it.checkpoint.position).max(), log.head());
    if let Some(models) = models
        && models > head
    {
        return Err(PassError::Ahead { models, head });
    }
    let foreign_projections = foreign_projections(log, &before)?;
    let mut of_foreign = before.iter().filter(|it| foreign_projections.contains(&it.projection));
    if let Some(status) = of_foreign.next() {
        return Err(PassError::Foreign { at: status.checkpoint.position });
    }
    let outdated = before.into_iter().filter(|it| it.version != it.projection.version());
    Ok(outdated.map(|status| status.projection).collect())
}

/// Projections whose checkpoint is not a record of this log: it is another one, or was cut back.
///
/// # Errors
/// [`PassError`] when the log cannot be read.
pub fn foreign_projections(
    log: &dyn EventLog,
    statuses: &[ProjectionStatus],
) -> Result<Vec<Projection>, PassError> {
    let mut foreign_projections = Vec::new();
    for status in statuses {
        let Checkpoint { position, recorded_at } = status.checkpoint;
        if position == Position(0) {
            continue;
        }
        let is_known = position <= log.head() && {
            let stored = log.read(&[position])?;
            let fact = stored.first().map(Fact::read);
            fact.is_none_or(|fact| fact.is_ok_and(|fact| fact.recorded_at == recorded_at))
        };
        if !is_known {
            foreign_projections.push(status.projection);
        }
    }
    Ok(foreign_projections)
}
