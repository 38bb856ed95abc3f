//! One batch, one transaction.

use attempt_ledger_projections::{AgentRow, AttemptRow, OfferRow, QueueRow, RefusalRow, RefusalState};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::columns::{PUT_ATTEMPT, PUT_OFFER};
use super::intervals;
use crate::layout::{number, optional, tables};
use crate::{Changes, Failure, Projection, StoreError};

pub(super) fn apply(writer: &mut Connection, changes: &Changes) -> Result<(), StoreError> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for projection in &changes.projections {
        match projection {
            Projection::Attempts => put_attempts(&transaction, changes)?,
            Projection::Offers => put_offers(&transaction, changes)?,
            Projection::QueueHistory => intervals::add_to_queues(&transaction, &changes.intervals)?,
            Projection::AgentHistory => intervals::add_to_agents(&transaction, &changes.intervals)?,
            Projection::Agents => see_agents(&transaction, &changes.agents)?,
            Projection::Queues => put_queues(&transaction, &changes.queues)?,
            Projection::Refusals => put_refusals(&transaction, changes)?,
        }
    }
    move_checkpoints(&transaction, changes)?;
    transaction.commit()?;
    Ok(())
}

fn move_checkpoints(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    let mut step = transaction.prepare_cached(
        "UPDATE projections SET position = ?2, recorded_at = ?3 \
         WHERE name = ?1 AND position = coalesce(?4, position)",
    )?;
    for projection in &changes.projections {
        let moved = step.execute((
            projection.name(),
            number(changes.checkpoint.position.0),
            changes.checkpoint.recorded_at.0,
            changes.follows.map(|position| number(position.0)),
        ))?;
        if moved != 1 {
            return Err(StoreError::OutOfStep);
        }
    }
    Ok(())
}

pub(super) fn set_failure(
    writer: &Connection,
    projection: Projection,
    failure: Option<&Failure>,
) -> Result<(), StoreError> {
    writer.execute(
        "UPDATE projections SET failed_position = ?2, failed_record_id = ?3, failure = ?4 WHERE name = ?1",
        params![
            projection.name(),
            failure.map(|failure| number(failure.position.0)),
            failure.map(|failure| failure.record_id.to_string()),
            failure.map(|failure| &failure.reason),
        ],
    )?;
    Ok(())
}

pub(super) fn reset(writer: &mut Connection, projections: &[Projection]) -> Result<(), StoreError> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for projection in projections {
        for table in tables(*projection) {
            transaction.execute_batch(&format!("DELETE FROM {table}"))?;
        }
        transaction.execute(
            "UPDATE projections SET version = ?2, position = 0, recorded_at = 0, failed_position = NULL, \
             failed_record_id = NULL, failure = NULL WHERE name = ?1",
            (projection.name(), projection.version()),
        )?;
    }
    transaction.commit()?;
    Ok(())
}

fn put_attempts(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    let mut put = transaction.prepare_cached(&PUT_ATTEMPT)?;
    for row in &changes.attempts {
        let AttemptRow { attempt_id, queue_id, queue_type, .. } = row;
        put.execute(params![
            attempt_id.0,
            queue_id.map(|queue| queue.0),
            queue_type.map(attempt_ledger_domain::QueueType::name),
            row.channel,
            row.destination,
            row.member_id,
            row.attempt_seq,
            row.state.name(),
            row.class.name(),
            row.result,
            row.call_cause,
            row.call_sip_code,
            row.amd_result,
            row.started_at.0,
            row.joined_at.map(|at| at.0),
            row.first_offered_at.map(|at| at.0),
            row.first_answered_at.map(|at| at.0),
            row.bridged_at.map(|at| at.0),
            row.processing_at.map(|at| at.0),
            row.left_at.map(|at| at.0),
            row.last_event_at.0,
            optional(row.wait_ms),
            optional(row.talk_ms),
            optional(row.wrap_ms),
            optional(row.handle_ms),
            row.offers,
            row.bridges,
            row.missed_by_agent,
            row.missed_by_caller,
            row.gaps.0,
            row.is_late,
            row.events,
            row.conflicts,
            number(row.first_position.0),
            number(row.last_position.0),
            row.last_recorded_at.0,
        ])?;
    }
    let mut remove = transaction.prepare_cached("DELETE FROM attempts WHERE attempt_id = ?1")?;
    for attempt_id in &changes.attempts_removed {
        remove.execute([attempt_id.0])?;
    }
    Ok(())
}

fn put_offers(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    let mut remove = transaction.prepare_cached("DELETE FROM offers WHERE attempt_id = ?1")?;
    for attempt_id in &changes.offers_of {
        remove.execute([attempt_id.0])?;
    }
    let mut put = transaction.prepare_cached(&PUT_OFFER)?;
    for row in &changes.offers {
        let OfferRow { attempt_id, leg, queue_id, queue_type, agent_id, .. } = row;
        put.execute(params![
            attempt_id.0,
            leg,
            queue_id.map(|queue| queue.0),
            queue_type.map(attempt_ledger_domain::QueueType::name),
            agent_id.map(|agent| agent.0),
            row.outcome.name(),
            row.missed_by.map(attempt_ledger_projections::MissedBy::name),
            row.started_at.0,
            row.offered_at.map(|at| at.0),
            row.answered_at.map(|at| at.0),
            row.bridged_at.map(|at| at.0),
            row.ring_ended_at.map(|at| at.0),
            row.talk_ended_at.map(|at| at.0),
            row.wrap_started_at.map(|at| at.0),
            row.ended_at.map(|at| at.0),
            optional(row.ring_ms),
            optional(row.talk_ms),
            optional(row.wrap_ms),
            optional(row.handle_ms),
        ])?;
    }
    Ok(())
}

fn see_agents(transaction: &Transaction<'_>, agents: &[AgentRow]) -> Result<(), StoreError> {
    // The greater of two reports stays, by time and then by name; no name is less than an empty one.
    let mut see = transaction.prepare_cached(
        "INSERT INTO agents (agent_id, agent_name, last_seen_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (agent_id) DO UPDATE \
         SET agent_name = excluded.agent_name, last_seen_at = excluded.last_seen_at \
         WHERE (excluded.last_seen_at, excluded.agent_name IS NOT NULL, coalesce(excluded.agent_name, '')) \
             > (agents.last_seen_at, agents.agent_name IS NOT NULL, coalesce(agents.agent_name, ''))",
    )?;
    for row in agents {
        see.execute((row.agent_id.0, &row.agent_name, row.last_seen_at.0))?;
    }
    Ok(())
}

fn put_queues(transaction: &Transaction<'_>, queues: &[QueueRow]) -> Result<(), StoreError> {
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO queues (queue_id, queue_type, name, hooks, service_level_threshold_ms, \
         short_abandon_threshold_ms, leaving_deadline_ms, revision, position) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for QueueRow { definition, revision, position } in queues {
        let hooks = definition.hooks.as_ref().map(serde_json::to_string).transpose();
        let hooks = hooks.map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        put.execute(params![
            definition.queue_id.0,
            definition.queue_type.name(),
            definition.name,
            hooks,
            optional(definition.service_level_threshold_ms),
            optional(definition.short_abandon_threshold_ms),
            optional(definition.leaving_deadline_ms),
            revision.0,
            number(position.0),
        ])?;
    }
    Ok(())
}

fn put_refusals(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO refusals (refusal_id, position, recorded_at, rule, attempt_id, event, \
         queue_id, state, settled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for row in &changes.refusals {
        let RefusalRow { refusal_id, position, recorded_at, rule, .. } = row;
        put.execute(params![
            refusal_id.to_string(),
            number(position.0),
            recorded_at.0,
            rule.code(),
            row.attempt_id.map(|attempt| attempt.0),
            row.event.map(attempt_ledger_domain::EventKind::name),
            row.queue_id.map(|queue| queue.0),
            row.state.name(),
            row.settled_at.map(|at| at.0),
        ])?;
    }
    let mut settle = transaction
        .prepare_cached("UPDATE refusals SET state = ?2, settled_at = ?3 WHERE refusal_id = ?1")?;
    for (refusal_id, state, at) in &changes.settled {
        let state: &RefusalState = state;
        settle.execute((refusal_id.to_string(), state.name(), at.0))?;
    }
    Ok(())
}
