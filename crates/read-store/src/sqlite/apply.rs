//! One batch, one transaction.

use attempt_ledger_projections::table::{StoredValue, TableRow};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::intervals;
use super::runaways;
use super::statements::parameters;
use crate::changes::Changes;
use crate::projection::{Failure, Projection};
use crate::sql::layout::number;
use crate::sql::schema;
use crate::store_error::StoreError;

/// `is_filling` says that nearly every row is new, and that there are no secondary indexes.
pub(super) fn apply(writer: &mut Connection, is_filling: bool, changes: &Changes) -> Result<(), StoreError> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for projection in &changes.projections {
        match projection {
            Projection::Attempts => put_attempts(&transaction, is_filling, changes)?,
            Projection::Offers => put_offers(&transaction, changes)?,
            Projection::QueueHistory => {
                intervals::add_to_queues(&transaction, is_filling, &changes.intervals)?;
            }
            Projection::AgentHistory => {
                intervals::add_to_agents(&transaction, is_filling, &changes.intervals)?;
            }
            Projection::Agents => put_rows(&transaction, KEEP_THE_GREATER, &changes.agents)?,
            Projection::Queues => put_rows(&transaction, REPLACE, &changes.queues)?,
            Projection::Refusals => put_refusals(&transaction, changes)?,
            Projection::Links => put_rows(&transaction, KEEP_THE_EARLIER, &changes.links)?,
            Projection::Hooks => put_rows(&transaction, COUNT, &changes.hooks)?,
        }
    }
    match &changes.catch_up {
        Some(catch_up) => runaways::catch_up(&transaction, changes, catch_up)?,
        None => {
            runaways::note(&transaction, changes)?;
            move_checkpoints(&transaction, changes)?;
        }
    }
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
        transaction.execute_batch(&schema::reset(*projection))?;
    }
    transaction.commit()?;
    Ok(())
}

/// A value as the statement takes it.
struct SqliteValue<'v>(Option<StoredValue<'v>>);

impl ToSql for SqliteValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            None => ValueRef::Null,
            Some(StoredValue::Integer(number)) => ValueRef::Integer(*number),
            Some(StoredValue::Real(number)) => ValueRef::Real(*number),
            Some(StoredValue::Text(text)) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Writes rows into their table, where `put` and `conflict` say what becomes of a row that is there.
fn put_rows<R: TableRow>(
    transaction: &Transaction<'_>,
    (put, conflict): (&str, &str),
    rows: &[R],
) -> Result<(), StoreError> {
    let sql = format!(
        "{put} INTO {} AS t ({}) VALUES ({}) {conflict}",
        R::TABLE,
        R::COLUMN_NAMES,
        parameters(1, R::COLUMNS.len())
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    for row in rows {
        for (place, column) in (1..).zip(R::COLUMNS) {
            statement.raw_bind_parameter(place, SqliteValue((column.value)(row)))?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

const REPLACE: (&str, &str) = ("INSERT OR REPLACE", "");
const ADD: (&str, &str) = ("INSERT", "");
const KEEP_THE_GREATER: (&str, &str) = ("INSERT", schema::GREATER_REPORT);
const KEEP_THE_EARLIER: (&str, &str) = ("INSERT", schema::EARLIER_LINK);
const COUNT: (&str, &str) = ("INSERT", schema::MORE_HOOKS);

/// While a file serves, rows go before their successors come: `INSERT OR REPLACE` keeps a copy of every page
/// of an index that it touches, to undo itself alone, and what fails here undoes the whole batch.
fn put_attempts(
    transaction: &Transaction<'_>,
    is_filling: bool,
    changes: &Changes,
) -> Result<(), StoreError> {
    let mut remove = transaction.prepare_cached("DELETE FROM attempts WHERE attempt_id = ?1")?;
    if is_filling {
        put_rows(transaction, REPLACE, &changes.attempts)?;
    } else {
        for row in &changes.attempts {
            remove.execute([row.attempt_id.0])?;
        }
        put_rows(transaction, ADD, &changes.attempts)?;
    }
    for attempt_id in &changes.attempts_removed {
        remove.execute([attempt_id.0])?;
    }
    Ok(())
}

fn put_offers(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    let mut remove = transaction.prepare_cached("DELETE FROM offers WHERE attempt_id = ?1 AND leg > ?2")?;
    for (attempt_id, kept) in &changes.offers_of {
        remove.execute((attempt_id.0, kept))?;
    }
    put_rows(transaction, ADD, &changes.offers)
}

fn put_refusals(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    put_rows(transaction, REPLACE, &changes.refusals)?;
    let mut settle = transaction
        .prepare_cached("UPDATE refusals SET state = ?2, settled_at = ?3 WHERE refusal_id = ?1")?;
    for (refusal_id, state, at) in &changes.settled {
        settle.execute((refusal_id.to_string(), state.name(), at.0))?;
    }
    Ok(())
}
