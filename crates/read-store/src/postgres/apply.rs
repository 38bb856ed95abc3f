//! One batch, one transaction, a few statements over many rows each.

use std::collections::BTreeMap;

use attempt_ledger_domain::{AttemptId, EventKind, QueueType};
use attempt_ledger_projections::{AgentRow, MissedBy, QueueRow};
use tokio_postgres::types::Type;

use super::block::{Block, Met};
use super::intervals;
use super::server::Session;
use super::text::kept;
use crate::layout::{
    ATTEMPT_COLUMNS, OFFER_COLUMNS, QUEUE_COLUMNS, REFUSAL_COLUMNS, number, optional, tables,
};
use crate::{Changes, Failure, Projection, StoreError};

/// Applies a batch. In bulk nobody reads the tables yet, and rows are loaded by COPY.
pub(super) async fn apply(session: &Session, changes: &Changes, is_bulk: bool) -> Result<(), StoreError> {
    // First: whoever brings a batch that does not follow changes nothing, and two that bring the same meet here.
    move_checkpoints(session, changes).await?;
    for projection in &changes.projections {
        match projection {
            Projection::Attempts => put_attempts(session, changes, is_bulk).await?,
            Projection::Offers => put_offers(session, changes, is_bulk).await?,
            Projection::QueueHistory => intervals::add_to_queues(session, &changes.intervals).await?,
            Projection::AgentHistory => intervals::add_to_agents(session, &changes.intervals).await?,
            Projection::Agents => see_agents(session, &changes.agents).await?,
            Projection::Queues => put_queues(session, &changes.queues).await?,
            Projection::Refusals => put_refusals(session, changes).await?,
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
                (&failure.map(|failure| kept(&failure.reason).into_owned()), Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn reset(session: &Session, projections: &[Projection]) -> Result<(), StoreError> {
    for projection in projections {
        for table in tables(*projection) {
            // Not TRUNCATE: readers that look at the rows keep them.
            session.batch_execute(&format!("DELETE FROM {table}")).await?;
        }
        session
            .batch_execute(&format!(
                "UPDATE projections SET version = {}, position = 0, recorded_at = 0, failed_position = NULL, \
                 failed_record_id = NULL, failure = NULL WHERE name = '{}'",
                projection.version(),
                projection.name()
            ))
            .await?;
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
    let mut block = Block::default();
    for row in &changes.attempts {
        block
            .integer(row.attempt_id.0)
            .integer(row.queue_id.map(|queue| queue.0))
            .text(row.queue_type.map(QueueType::name))
            .text(row.channel.as_deref())
            .text(row.destination.as_deref())
            .integer(row.member_id)
            .integer(row.attempt_seq)
            .text(row.state.name())
            .text(row.class.name())
            .text(row.result.as_deref())
            .text(row.call_cause.as_deref())
            .integer(row.call_sip_code)
            .text(row.amd_result.as_deref())
            .integer(row.started_at.0)
            .integer(row.joined_at.map(|at| at.0))
            .integer(row.first_offered_at.map(|at| at.0))
            .integer(row.first_answered_at.map(|at| at.0))
            .integer(row.bridged_at.map(|at| at.0))
            .integer(row.processing_at.map(|at| at.0))
            .integer(row.left_at.map(|at| at.0))
            .integer(row.last_event_at.0)
            .integer(optional(row.wait_ms))
            .integer(optional(row.talk_ms))
            .integer(optional(row.wrap_ms))
            .integer(optional(row.handle_ms))
            .integer(i64::from(row.offers))
            .integer(i64::from(row.bridges))
            .integer(i64::from(row.missed_by_agent))
            .integer(i64::from(row.missed_by_caller))
            .integer(i64::from(row.gaps.0))
            .integer(i64::from(row.is_late))
            .integer(i64::from(row.events))
            .integer(i64::from(row.conflicts))
            .integer(number(row.first_position.0))
            .integer(number(row.last_position.0))
            .integer(row.last_recorded_at.0)
            .end_row();
    }
    if is_bulk {
        remove(session, "attempts", changes.attempts.iter().map(|row| row.attempt_id)).await?;
        block.copy(session, "attempts", ATTEMPT_COLUMNS).await?;
    } else {
        block.insert(session, "attempts", ATTEMPT_COLUMNS, Met::Replaces { key: "attempt_id" }).await?;
    }
    remove(session, "attempts", changes.attempts_removed.iter().copied()).await
}

async fn put_offers(session: &Session, changes: &Changes, is_bulk: bool) -> Result<(), StoreError> {
    remove(session, "offers", changes.offers_of.iter().copied()).await?;
    let mut block = Block::default();
    for row in &changes.offers {
        block
            .integer(row.attempt_id.0)
            .integer(i64::from(row.leg))
            .integer(row.queue_id.map(|queue| queue.0))
            .text(row.queue_type.map(QueueType::name))
            .integer(row.agent_id.map(|agent| agent.0))
            .text(row.outcome.name())
            .text(row.missed_by.map(MissedBy::name))
            .integer(row.started_at.0)
            .integer(row.offered_at.map(|at| at.0))
            .integer(row.answered_at.map(|at| at.0))
            .integer(row.bridged_at.map(|at| at.0))
            .integer(row.ring_ended_at.map(|at| at.0))
            .integer(row.talk_ended_at.map(|at| at.0))
            .integer(row.wrap_started_at.map(|at| at.0))
            .integer(row.ended_at.map(|at| at.0))
            .integer(optional(row.ring_ms))
            .integer(optional(row.talk_ms))
            .integer(optional(row.wrap_ms))
            .integer(optional(row.handle_ms))
            .end_row();
    }
    if is_bulk {
        block.copy(session, "offers", OFFER_COLUMNS).await
    } else {
        block.insert(session, "offers", OFFER_COLUMNS, Met::Fails).await
    }
}

async fn see_agents(session: &Session, agents: &[AgentRow]) -> Result<(), StoreError> {
    // One statement cannot change a row twice: the greatest report of each agent is enough.
    let mut greatest: BTreeMap<i64, &AgentRow> = BTreeMap::new();
    for row in agents {
        let known = greatest.entry(row.agent_id.0).or_insert(row);
        if (row.last_seen_at, &row.agent_name) > (known.last_seen_at, &known.agent_name) {
            *known = row;
        }
    }
    let mut block = Block::default();
    for (agent_id, row) in greatest {
        block.integer(agent_id).text(row.agent_name.as_deref()).integer(row.last_seen_at.0).end_row();
    }
    // The greater of two reports stays, by time and then by name; no name is less than an empty one.
    let sql = format!(
        "INSERT INTO agents AS t (agent_id, agent_name, last_seen_at) SELECT * FROM {} \
         ON CONFLICT (agent_id) DO UPDATE \
         SET agent_name = excluded.agent_name, last_seen_at = excluded.last_seen_at \
         WHERE (excluded.last_seen_at, excluded.agent_name IS NOT NULL, coalesce(excluded.agent_name, '')) \
             > (t.last_seen_at, t.agent_name IS NOT NULL, coalesce(t.agent_name, ''))",
        block.unnested()
    );
    block.run(session, &sql).await.map(|_| ())
}

async fn put_queues(session: &Session, queues: &[QueueRow]) -> Result<(), StoreError> {
    let last: BTreeMap<i64, &QueueRow> = queues.iter().map(|row| (row.definition.queue_id.0, row)).collect();
    let mut block = Block::default();
    for (queue_id, QueueRow { definition, revision, position }) in last {
        let hooks = definition.hooks.as_ref().map(serde_json::to_string).transpose();
        let hooks = hooks.map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        block
            .integer(queue_id)
            .text(definition.queue_type.name())
            .text(definition.name.as_deref())
            .text(hooks.as_deref())
            .integer(optional(definition.service_level_threshold_ms))
            .integer(optional(definition.short_abandon_threshold_ms))
            .integer(optional(definition.leaving_deadline_ms))
            .integer(i64::from(revision.0))
            .integer(number(position.0))
            .end_row();
    }
    block.insert(session, "queues", QUEUE_COLUMNS, Met::Replaces { key: "queue_id" }).await
}

async fn put_refusals(session: &Session, changes: &Changes) -> Result<(), StoreError> {
    let last: BTreeMap<_, _> = changes.refusals.iter().map(|row| (row.refusal_id, row)).collect();
    let mut block = Block::default();
    for (refusal_id, row) in last {
        block
            .text(refusal_id.to_string().as_str())
            .integer(number(row.position.0))
            .integer(row.recorded_at.0)
            .text(row.rule.code())
            .integer(row.attempt_id.map(|attempt| attempt.0))
            .text(row.event.map(EventKind::name))
            .integer(row.queue_id.map(|queue| queue.0))
            .text(row.state.name())
            .integer(row.settled_at.map(|at| at.0))
            .end_row();
    }
    block.insert(session, "refusals", REFUSAL_COLUMNS, Met::Replaces { key: "refusal_id" }).await?;
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
