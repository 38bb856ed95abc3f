//! Reading intervals: for one queue or agent along the primary key, for all of them along an index by time.

use std::collections::BTreeMap;

use attempt_ledger_domain::{AgentId, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Dimension, Measure, Scope, Totals};

use super::read::PostgresReader;
use super::rows::Columns;
use super::value::Value;
use crate::layout::{self, decode, list, queue_of, summed};
use crate::{HistoryQuery, HistoryScope, StoreError};

type Found = BTreeMap<(Scope, UnixMillis), Totals>;

const IN_RANGE: &str = "attribution = $1 AND interval_start >= $2 AND interval_start < $3";

/// The condition on whose rows are meant; it begins with the fourth parameter.
fn whose(scope: HistoryScope) -> &'static str {
    match scope {
        HistoryScope::Queue(_) => " AND queue_id = $4",
        HistoryScope::Agent(_, None) => " AND agent_id = $4",
        HistoryScope::Agent(_, Some(_)) => " AND agent_id = $4 AND queue_id = $5",
        HistoryScope::Queues | HistoryScope::Agents => "",
    }
}

/// Attribution, both ends of the range, and whose.
fn parameters(query: &HistoryQuery) -> Vec<Value> {
    let mut parameters = vec![
        Value::from(query.attribution.name()),
        Value::from(query.range.start.0),
        Value::from(query.range.end.0),
    ];
    match query.scope {
        HistoryScope::Queue(queue_id) => parameters.push(Value::from(queue_id.0)),
        HistoryScope::Agent(agent_id, queue_id) => {
            parameters.push(Value::from(agent_id.0));
            parameters.extend(queue_id.map(|queue_id| Value::from(queue_id.0)));
        }
        HistoryScope::Queues | HistoryScope::Agents => {}
    }
    parameters
}

/// The intervals that a question means, ascending.
pub(super) fn read(
    reader: &PostgresReader<'_>,
    query: &HistoryQuery,
) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
    let mut found = read_sums(reader, query)?;
    if matches!(query.scope, HistoryScope::Queue(_) | HistoryScope::Queues) {
        for measure in &query.values_of {
            read_values(reader, query, *measure, &mut found)?;
        }
        if query.with_mix {
            read_mix(reader, query, &mut found)?;
        }
    }
    Ok(found.into_iter().map(|((scope, start), totals)| (scope, start, totals)).collect())
}

fn read_sums(reader: &PostgresReader<'_>, query: &HistoryQuery) -> Result<Found, StoreError> {
    let (table, agent) = match query.scope {
        HistoryScope::Queue(_) | HistoryScope::Queues => ("queue_history", "NULL::bigint"),
        HistoryScope::Agent(..) | HistoryScope::Agents => ("agent_history", "agent_id"),
    };
    let (columns, whose) = (list(summed()), whose(query.scope));
    let sql =
        format!("SELECT {agent}, queue_id, interval_start, {columns} FROM {table} WHERE {IN_RANGE}{whose}");
    let mut found = Found::new();
    for row in reader.rows(&sql, &parameters(query))? {
        let mut c = Columns::of(&row, table);
        let agent_id: Option<i64> = c.take()?;
        let queue_id = queue_of(c.take()?);
        let scope = match agent_id {
            Some(agent_id) => Scope::Agent(AgentId(agent_id), queue_id),
            None => Scope::Queue(queue_id),
        };
        let start = UnixMillis(c.take()?);
        found.insert((scope, start), layout::totals(|| c.take())?);
    }
    Ok(found)
}

fn key(queue_id: Option<QueueId>, start: i64) -> (Scope, UnixMillis) {
    (Scope::Queue(queue_id), UnixMillis(start))
}

fn read_values(
    reader: &PostgresReader<'_>,
    query: &HistoryQuery,
    measure: Measure,
    found: &mut Found,
) -> Result<(), StoreError> {
    let mut parameters = parameters(query);
    parameters.push(Value::from(measure.name()));
    let (whose, measure_place) = (whose(query.scope), parameters.len());
    let sql = format!(
        "SELECT queue_id, interval_start, value_set FROM queue_history_values \
         WHERE measure = ${measure_place} AND {IN_RANGE}{whose}"
    );
    for row in reader.rows(&sql, &parameters)? {
        let mut c = Columns::of(&row, "queue_history_values");
        let key = key(queue_of(c.take()?), c.take()?);
        found.entry(key).or_default().measure_mut(measure).values = decode(c.take()?)?;
    }
    Ok(())
}

fn read_mix(reader: &PostgresReader<'_>, query: &HistoryQuery, found: &mut Found) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT queue_id, interval_start, dimension, value, attempts FROM queue_history_mix \
         WHERE {IN_RANGE}{}",
        whose(query.scope)
    );
    for row in reader.rows(&sql, &parameters(query))? {
        let mut c = Columns::of(&row, "queue_history_mix");
        let key = key(queue_of(c.take()?), c.take()?);
        let dimension = c.text()?;
        let dimension = Dimension::parse(&dimension)
            .ok_or_else(|| c.fault(format!("{dimension:?} is no known dimension")))?;
        let (value, attempts): (String, i64) = (c.text()?, c.take()?);
        found.entry(key).or_default().mix_mut().add(dimension, &value, attempts);
    }
    Ok(())
}
