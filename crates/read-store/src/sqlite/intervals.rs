//! Adding to intervals: sums by arithmetic in the row, sets of values by reading and writing them.

use attempt_ledger_projections::history::{IntervalKey, Measure, Scope, Totals, Values};
use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, OptionalExtension as _, Transaction, params};

use super::statements::{
    ADD_TO_AGENT, ADD_TO_QUEUE, DELETE_ZERO_AGENT, DELETE_ZERO_QUEUE, UPSERT_AGENT, UPSERT_QUEUE,
};
use crate::sql::layout::{decode, queue_key, sums};
use crate::store_error::StoreError;

/// Adds to the tables of queue history.
pub(super) fn add_to_queues(
    transaction: &Transaction<'_>,
    is_filling: bool,
    intervals: &[(IntervalKey, Box<Totals>)],
) -> Result<(), StoreError> {
    let mut sum = RowSum::new(transaction, is_filling, &ADD_TO_QUEUE, &UPSERT_QUEUE)?;
    let mut delete = transaction.prepare_cached(&DELETE_ZERO_QUEUE)?;
    for (key, totals) in intervals {
        let Scope::Queue(queue_id) = key.scope else { continue };
        let queue = queue_key(queue_id);
        let (attribution, start) = (key.attribution.name(), key.start.0);
        let sums = sums(totals);
        // A change may move values or the mix alone: that makes no row of zeros.
        if sums.iter().any(|sum| *sum != 0) {
            let mut parameters: Vec<&dyn ToSql> = vec![&queue, &attribution, &start];
            parameters.extend(sums.iter().map(|sum| sum as &dyn ToSql));
            sum.add(&parameters)?;
        }
        if sums.iter().any(|sum| *sum < 0) {
            delete.execute((queue, attribution, start))?;
        }
        add_values(transaction, queue, key, totals)?;
        add_mix(transaction, is_filling, queue, (key, totals))?;
    }
    Ok(())
}

/// The statements that add to a row or make it.
///
/// An upsert keeps a copy of every page that it touches, to undo itself alone, though what fails here undoes
/// the whole batch. So while a file serves, where nearly every row is there already, a plain addition comes
/// first.
struct RowSum<'t> {
    /// `None` while a file is filled, where nearly every row is new.
    add: Option<CachedStatement<'t>>,
    upsert: CachedStatement<'t>,
}

impl<'t> RowSum<'t> {
    fn new(
        transaction: &'t Transaction<'_>,
        is_filling: bool,
        add: &str,
        upsert: &str,
    ) -> Result<Self, StoreError> {
        let add = if is_filling { None } else { Some(transaction.prepare_cached(add)?) };
        Ok(Self { add, upsert: transaction.prepare_cached(upsert)? })
    }

    fn add(&mut self, parameters: &[&dyn ToSql]) -> Result<(), StoreError> {
        if let Some(add) = &mut self.add
            && add.execute(parameters)? > 0
        {
            return Ok(());
        }
        self.upsert.execute(parameters)?;
        Ok(())
    }
}

fn add_values(
    transaction: &Transaction<'_>,
    queue: i64,
    key: &IntervalKey,
    totals: &Totals,
) -> Result<(), StoreError> {
    const WHERE: &str = "queue_id = ?1 AND attribution = ?2 AND measure = ?3 AND interval_start = ?4";
    let mut read =
        transaction.prepare_cached(&format!("SELECT value_set FROM queue_history_values WHERE {WHERE}"))?;
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO queue_history_values \
         (queue_id, attribution, measure, interval_start, value_set) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut delete =
        transaction.prepare_cached(&format!("DELETE FROM queue_history_values WHERE {WHERE}"))?;
    for measure in Measure::ALL {
        let delta = &totals.measure(measure).values;
        if delta.is_empty() {
            continue;
        }
        let place = (queue, key.attribution.name(), measure.name(), key.start.0);
        let known: Option<Vec<u8>> = read.query_row(place, |row| row.get(0)).optional()?;
        let mut values = known.as_deref().map_or_else(|| Ok(Values::default()), decode)?;
        values.merge(delta);
        if values.is_empty() {
            delete.execute(place)?;
        } else {
            put.execute((place.0, place.1, place.2, place.3, values.to_bytes()))?;
        }
    }
    Ok(())
}

fn add_mix(
    transaction: &Transaction<'_>,
    is_filling: bool,
    queue: i64,
    (key, totals): (&IntervalKey, &Totals),
) -> Result<(), StoreError> {
    let mut sum = RowSum::new(
        transaction,
        is_filling,
        "UPDATE queue_history_mix SET attempts = attempts + ?6 WHERE queue_id = ?1 AND attribution = ?2 \
         AND interval_start = ?3 AND dimension = ?4 AND value = ?5",
        "INSERT INTO queue_history_mix (queue_id, attribution, interval_start, dimension, value, attempts) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (queue_id, attribution, interval_start, dimension, value) \
         DO UPDATE SET attempts = attempts + excluded.attempts",
    )?;
    let mut delete = transaction.prepare_cached(
        "DELETE FROM queue_history_mix WHERE queue_id = ?1 AND attribution = ?2 AND interval_start = ?3 \
         AND dimension = ?4 AND value = ?5 AND attempts = 0",
    )?;
    for (dimension, value, attempts) in totals.mix().iter() {
        let (attribution, start) = (key.attribution.name(), key.start.0);
        let parameters = params![queue, attribution, start, dimension.name(), value, attempts];
        sum.add(parameters)?;
        if attempts < 0 {
            delete.execute(params![queue, attribution, start, dimension.name(), value])?;
        }
    }
    Ok(())
}

/// Adds to agent history.
pub(super) fn add_to_agents(
    transaction: &Transaction<'_>,
    is_filling: bool,
    intervals: &[(IntervalKey, Box<Totals>)],
) -> Result<(), StoreError> {
    let mut sum = RowSum::new(transaction, is_filling, &ADD_TO_AGENT, &UPSERT_AGENT)?;
    let mut delete = transaction.prepare_cached(&DELETE_ZERO_AGENT)?;
    for (key, totals) in intervals {
        let Scope::Agent(agent_id, queue_id) = key.scope else { continue };
        let queue = queue_key(queue_id);
        let (attribution, start) = (key.attribution.name(), key.start.0);
        let sums = sums(totals);
        if sums.iter().all(|sum| *sum == 0) {
            continue;
        }
        let mut parameters: Vec<&dyn ToSql> = vec![&agent_id.0, &queue, &attribution, &start];
        parameters.extend(sums.iter().map(|sum| sum as &dyn ToSql));
        sum.add(&parameters)?;
        if sums.iter().any(|sum| *sum < 0) {
            delete.execute((agent_id.0, queue, attribution, start))?;
        }
    }
    Ok(())
}
