//! Which runaway attempts a file knows, and up to where each is folded.

use rusqlite::Transaction;

use crate::changes::{Changes, RunawayCatchUp};
use crate::sql::layout::number;
use crate::store_error::StoreError;

/// Notes the runaway attempts that a batch passes. One that is new was folded where the batch begins.
pub(super) fn note(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    if changes.runaways.is_empty() {
        return Ok(());
    }
    let mut note = transaction.prepare_cached(
        "INSERT INTO runaways (projection, attempt_id, folded_position, last_position) \
         VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (projection, attempt_id) DO UPDATE SET last_position = excluded.last_position",
    )?;
    let folded = number(changes.follows.unwrap_or_default().0);
    for projection in changes.projections.iter().filter(|projection| projection.folds_attempts()) {
        for (attempt_id, last) in &changes.runaways {
            note.execute((projection.name(), attempt_id.0, folded, number(last.0)))?;
        }
    }
    Ok(())
}

/// Moves a runaway attempt on, in each of the projections that the changes are about.
pub(super) fn catch_up(
    transaction: &Transaction<'_>,
    changes: &Changes,
    catch_up: &RunawayCatchUp,
) -> Result<(), StoreError> {
    let mut step = transaction.prepare_cached(
        "UPDATE runaways SET folded_position = ?4 \
         WHERE projection = ?1 AND attempt_id = ?2 AND folded_position = ?3 AND EXISTS \
         (SELECT 1 FROM projections WHERE name = ?1 AND position >= ?4)",
    )?;
    let RunawayCatchUp { attempt_id, from, to } = catch_up;
    for projection in &changes.projections {
        let moved = step.execute((projection.name(), attempt_id.0, number(from.0), number(to.0)))?;
        if moved != 1 {
            return Err(StoreError::OutOfStep);
        }
    }
    Ok(())
}
