//! Reading intervals: their sums, and what is kept of queues only, values and the mix.

use std::collections::BTreeMap;

use attempt_ledger_domain::{QueueGroup, UnixMillis};
use attempt_ledger_projections::history::{Dimension, Measure, Scope, Totals};

use super::dialect::{SqlParameter, SqlQuestion};
use super::layout::{self, decode, queue_key, queue_of};
use super::look::{Look, all};
use super::row::CellReader;
use crate::question::{HistoryFilter, HistoryScope};
use crate::store_error::StoreError;

type Intervals = BTreeMap<(Scope, UnixMillis), Totals>;

/// Attribution, both ends of the range, and whose.
fn parameters(filter: &HistoryFilter) -> Vec<SqlParameter> {
    let mut parameters = vec![
        SqlParameter::from(filter.attribution.name()),
        SqlParameter::from(filter.range.start.0),
        SqlParameter::from(filter.range.end.0),
    ];
    match filter.scope {
        HistoryScope::Queue(queue) => parameters.push(SqlParameter::from(queue_key(queue.queue_id()))),
        HistoryScope::Agent(agent_id, queue) => {
            parameters.push(SqlParameter::from(agent_id.0));
            parameters.extend(queue.map(|queue| SqlParameter::from(queue_key(queue.queue_id()))));
        }
        HistoryScope::Queues | HistoryScope::Agents => {}
    }
    parameters
}

/// The intervals that a question means, ascending.
pub(super) fn read<L: Look>(
    look: &L,
    filter: &HistoryFilter,
) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
    let mut found = read_sums(look, filter)?;
    let queue = match filter.scope {
        HistoryScope::Queue(queue) => Some(queue),
        HistoryScope::Queues => None,
        HistoryScope::Agent(..) | HistoryScope::Agents => return Ok(in_order(found)),
    };
    for measure in &filter.values_of {
        read_values(look, filter, queue, *measure, &mut found)?;
    }
    if filter.with_mix {
        read_mix(look, filter, queue, &mut found)?;
    }
    Ok(in_order(found))
}

fn in_order(found: Intervals) -> Vec<(Scope, UnixMillis, Totals)> {
    found.into_iter().map(|((scope, start), totals)| (scope, start, totals)).collect()
}

fn read_sums<L: Look>(look: &L, filter: &HistoryFilter) -> Result<Intervals, StoreError> {
    let table = match filter.scope {
        HistoryScope::Queue(_) | HistoryScope::Queues => "queue_history",
        HistoryScope::Agent(..) | HistoryScope::Agents => "agent_history",
    };
    let question = SqlQuestion { sql: L::sums_of(filter.scope), parameters: parameters(filter) };
    let found = all(look, &question, |row| {
        let mut cells = CellReader::of(row, table);
        let agent_id = cells.value()?;
        let queue_id = queue_of(cells.value()?);
        let scope = match agent_id {
            Some(agent_id) => Scope::Agent(agent_id, queue_id),
            None => Scope::Queue(queue_id),
        };
        let start = cells.value()?;
        Ok(((scope, start), layout::totals(|| cells.value())?))
    })?;
    Ok(found.into_iter().collect())
}

fn read_values<L: Look>(
    look: &L,
    filter: &HistoryFilter,
    queue: Option<QueueGroup>,
    measure: Measure,
    found: &mut Intervals,
) -> Result<(), StoreError> {
    let mut parameters = parameters(filter);
    parameters.push(SqlParameter::from(measure.name()));
    let question = SqlQuestion { sql: L::values_of(queue), parameters };
    let sets = all(look, &question, |row| {
        let mut cells = CellReader::of(row, "queue_history_values");
        let key = (Scope::Queue(queue_of(cells.value()?)), cells.value()?);
        Ok((key, decode(cells.bytes()?)?))
    })?;
    for (key, values) in sets {
        found.entry(key).or_default().measure_mut(measure).values = values;
    }
    Ok(())
}

fn read_mix<L: Look>(
    look: &L,
    filter: &HistoryFilter,
    queue: Option<QueueGroup>,
    found: &mut Intervals,
) -> Result<(), StoreError> {
    let question = SqlQuestion { sql: L::mix_of(queue), parameters: parameters(filter) };
    let stated = all(look, &question, |row| {
        let mut cells = CellReader::of(row, "queue_history_mix");
        let key = (Scope::Queue(queue_of(cells.value()?)), cells.value()?);
        let dimension: Dimension = cells.value()?;
        let (value, attempts): (String, i64) = (cells.value()?, cells.value()?);
        Ok((key, dimension, value, attempts))
    })?;
    for (key, dimension, value, attempts) in stated {
        found.entry(key).or_default().mix_mut().add(dimension, &value, attempts);
    }
    Ok(())
}
