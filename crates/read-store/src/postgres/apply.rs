//! One batch, one transaction, a few statements over many rows each.

use std::collections::BTreeMap;

use attempt_ledger_domain::{AgentId, AttemptId, QueueId};
use attempt_ledger_projections::table::TableRow;
use attempt_ledger_projections::{AgentRow, AttemptRow, OfferRow, QueueRow, RefusalRow};
use tokio_postgres::types::Type;

use super::block::{Block, KeyConflict};
use super::intervals;
use super::runaways;
use super::server::Session;
use super::text::escape;
use crate::changes::Changes;
use crate::projection::{Failure, Projection};
use crate::sql::layout::number;
use crate::sql::schema;
use crate::store_error::StoreError;

/// Applies a batch. In bulk nobody reads the tables yet, and rows are loaded by COPY.
pub(super) async fn apply(session: &Session, changes: &Changes, is_bulk: bool) -> Result<(), StoreError> {
    // First: a process with a batch that does not follow changes nothing, and two that bring the same meet
    // here.
    match &changes.catch_up {
        Some(catch_up) => runaways::catch_up(session, changes, catch_up).await?,
        None => {
            move_checkpoints(session, changes).await?;
            runaways::note(session, changes).await?;
        }
    }
    for projection in &changes.projections {
        match projection {
            Projection::Attempts => put_attempts(session, changes, is_bulk).await?,
            Projection::Offers => put_offers(session, changes, is_bulk).await?,
            Projection::QueueHistory => intervals::add_to_queues(session, &changes.intervals).await?,
            Projection::AgentHistory => intervals::add_to_agents(session, &changes.intervals).await?,
            Projection::Agents => put_agents(session, &changes.agents).await?,
            Projection::Queues => put_queues(session, &changes.queues).await?,
            Projection::Refusals => put_refusals(session, changes).await?,
            Projection::Links => merge(session, &changes.links, schema::EARLIER_LINK).await?,
            Projection::Hooks => merge(session, &changes.hooks, schema::MORE_HOOKS).await?,
        }
    }
    Ok(())
}

async fn move_checkpoints(session: &Session, changes: &Changes) -> Result<(), StoreError> {
    let names: Vec<&str> = changes.projections.iter().map(|projection| projection.name()).collect();
    let follows = changes.follows.map(|position| number(position.0));
    let moved = session
        .prepare_cached(
            "UPDATE projections SET position = $2, recorded_at = $3 \
             WHERE name = ANY($1::text[]) AND position = coalesce($4::bigint, position)",
        )
        .await?;
    let checkpoint = &changes.checkpoint;
    let moved = session
        .execute(&moved, &[&names, &number(checkpoint.position.0), &checkpoint.recorded_at.0, &follows])
        .await?;
    if moved == names.len() as u64 { Ok(()) } else { Err(StoreError::OutOfStep) }
}

pub(super) async fn set_failure(
    session: &Session,
    projection: Projection,
    failure: Option<&Failure>,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE projections SET failed_position = $2, failed_record_id = $3, failure = $4 WHERE name = $1";
    session
        .execute_typed(
            sql,
            &[
                (&projection.name(), Type::TEXT),
                (&failure.map(|failure| number(failure.position.0)), Type::INT8),
                (&failure.map(|failure| failure.record_id.to_string()), Type::TEXT),
                (&failure.map(|failure| escape(&failure.reason).into_owned()), Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn reset(session: &Session, projections: &[Projection]) -> Result<(), StoreError> {
    for projection in projections {
        session.batch_execute(&schema::reset(*projection)).await?;
    }
    Ok(())
}

/// Deletes the rows of attempts from a table.
async fn remove(
    session: &Session,
    table: &str,
    attempts: impl Iterator<Item = AttemptId>,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = attempts.map(|attempt| attempt.0).collect();
    if !ids.is_empty() {
        let sql = format!("DELETE FROM {table} WHERE attempt_id = ANY($1::bigint[])");
        let statement = session.prepare_cached(&sql).await?;
        session.execute(&statement, &[&ids]).await?;
    }
    Ok(())
}

async fn put_attempts(session: &Session, changes: &Changes, is_bulk: bool) -> Result<(), StoreError> {
    let block = Block::of(&changes.attempts);
    let (table, columns) = (AttemptRow::TABLE, AttemptRow::COLUMN_NAMES);
    if is_bulk {
        remove(session, table, changes.attempts.iter().map(|row| row.attempt_id)).await?;
        block.copy(session, table, columns).await?;
    } else {
        block.insert(session, table, columns, KeyConflict::Replaces { key: "attempt_id" }).await?;
    }
    remove(session, table, changes.attempts_removed.iter().copied()).await
}

async fn put_offers(session: &Session, changes: &Changes, is_bulk: bool) -> Result<(), StoreError> {
    let block = Block::of(&changes.offers);
    let (table, columns) = (OfferRow::TABLE, OfferRow::COLUMN_NAMES);
    let mut left = Block::default();
    for (attempt_id, kept) in &changes.offers_of {
        left.integer(attempt_id.0).integer(i64::from(*kept)).end_row();
    }
    let sql = format!(
        "DELETE FROM offers AS o USING {} AS k (attempt_id, leg) \
         WHERE o.attempt_id = k.attempt_id AND o.leg > k.leg",
        left.unnested()
    );
    left.run(session, &sql).await?;
    if is_bulk {
        block.copy(session, table, columns).await
    } else {
        block.insert(session, table, columns, KeyConflict::Fails).await
    }
}

async fn put_agents(session: &Session, agents: &[AgentRow]) -> Result<(), StoreError> {
    // One statement cannot change a row twice: the greatest report of each agent is enough.
    let mut greatest: BTreeMap<AgentId, &AgentRow> = BTreeMap::new();
    for row in agents {
        let known = greatest.entry(row.agent_id).or_insert(row);
        if row.report_order() > known.report_order() {
            *known = row;
        }
    }
    merge(session, greatest.into_values(), schema::GREATER_REPORT).await
}

/// Puts rows, each key once, where `conflict` says what becomes of a row that is there.
async fn merge<'r, R: TableRow>(
    session: &Session,
    rows: impl IntoIterator<Item = &'r R>,
    conflict: &str,
) -> Result<(), StoreError> {
    let block = Block::of(rows);
    let (table, columns, rows) = (R::TABLE, R::COLUMN_NAMES, block.unnested());
    let sql = format!("INSERT INTO {table} AS t ({columns}) SELECT * FROM {rows} {conflict}");
    block.run(session, &sql).await.map(|_| ())
}

async fn put_queues(session: &Session, queues: &[QueueRow]) -> Result<(), StoreError> {
    let last: BTreeMap<QueueId, &QueueRow> =
        queues.iter().map(|row| (row.definition.queue_id, row)).collect();
    let block = Block::of(last.into_values());
    block
        .insert(session, QueueRow::TABLE, QueueRow::COLUMN_NAMES, KeyConflict::Replaces { key: "queue_id" })
        .await
}

async fn put_refusals(session: &Session, changes: &Changes) -> Result<(), StoreError> {
    let last: BTreeMap<_, _> = changes.refusals.iter().map(|row| (row.refusal_id, row)).collect();
    let block = Block::of(last.into_values());
    let key = KeyConflict::Replaces { key: "refusal_id" };
    block.insert(session, RefusalRow::TABLE, RefusalRow::COLUMN_NAMES, key).await?;
    let last: BTreeMap<_, _> = changes.settled.iter().map(|(id, state, at)| (id, (state, at))).collect();
    let mut settled = Block::default();
    for (refusal_id, (state, at)) in last {
        settled.text(refusal_id.to_string().as_str()).text(state.name()).integer(at.0).end_row();
    }
    let sql = format!(
        "UPDATE refusals SET state = s.state, settled_at = s.settled_at \
         FROM {} AS s (refusal_id, state, settled_at) WHERE refusals.refusal_id = s.refusal_id",
        settled.unnested()
    );
    settled.run(session, &sql).await.map(|_| ())
}
