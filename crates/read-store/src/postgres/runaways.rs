//! Which runaway attempts a generation knows, and up to where each is folded.

use super::block::Block;
use super::server::Session;
use crate::changes::{Changes, RunawayCatchUp};
use crate::sql::layout::number;
use crate::store_error::StoreError;

/// Notes the runaway attempts that a batch passes. One that is new was folded where the batch begins.
pub(super) async fn note(session: &Session, changes: &Changes) -> Result<(), StoreError> {
    let folded = number(changes.follows.unwrap_or_default().0);
    let mut noted = Block::default();
    for projection in changes.projections.iter().filter(|projection| projection.folds_attempts()) {
        for (attempt_id, last) in &changes.runaways {
            noted.text(projection.name()).integer(attempt_id.0).integer(folded).integer(number(last.0));
            noted.end_row();
        }
    }
    let sql = format!(
        "INSERT INTO runaways (projection, attempt_id, folded_position, last_position) SELECT * FROM {} \
         ON CONFLICT (projection, attempt_id) DO UPDATE SET last_position = excluded.last_position",
        noted.unnested()
    );
    noted.run(session, &sql).await.map(|_| ())
}

/// Moves a runaway attempt on, in each of the projections that the changes are about.
pub(super) async fn catch_up(
    session: &Session,
    changes: &Changes,
    catch_up: &RunawayCatchUp,
) -> Result<(), StoreError> {
    let names: Vec<&str> = changes.projections.iter().map(|projection| projection.name()).collect();
    let RunawayCatchUp { attempt_id, from, to } = catch_up;
    let step = session
        .prepare_cached(
            "UPDATE runaways AS r SET folded_position = $4 FROM projections AS p \
             WHERE r.projection = ANY($1::text[]) AND r.attempt_id = $2 AND r.folded_position = $3 \
             AND p.name = r.projection AND p.position >= $4",
        )
        .await?;
    let moved = session.execute(&step, &[&names, &attempt_id.0, &number(from.0), &number(to.0)]).await?;
    if moved == names.len() as u64 { Ok(()) } else { Err(StoreError::OutOfStep) }
}
