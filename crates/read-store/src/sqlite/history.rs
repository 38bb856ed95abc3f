//! Reading intervals. The keys of histories begin with whose they are, so each question goes from one queue
//! or agent to the next and looks only at its own stretch of time.

use std::collections::BTreeMap;

use attempt_ledger_domain::{AgentId, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Dimension, Measure, Scope, Totals};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::columns::SUMMED;
use crate::layout::{self, decode, queue_of};
use crate::{HistoryQuery, HistoryScope, StoreError};

type Found = BTreeMap<(Scope, UnixMillis), Totals>;

/// The pairs of agent and queue in agent history, from those of the agents that `agents` selects.
fn pairs(agents: &str) -> String {
    format!(
        "(WITH RECURSIVE agents(agent) AS ({agents}), pairs(agent, queue) AS (\
         SELECT agent, (SELECT min(queue_id) FROM agent_history WHERE agent_id = agents.agent) FROM agents \
         WHERE agent IS NOT NULL UNION ALL \
         SELECT agent, (SELECT min(queue_id) FROM agent_history WHERE agent_id = pairs.agent \
         AND queue_id > pairs.queue) FROM pairs WHERE queue IS NOT NULL) \
         SELECT agent, queue FROM pairs WHERE queue IS NOT NULL) AS pairs"
    )
}

/// Every value of a table's first column: a walk along its key from one to the next.
fn every(table: &str, column: &str) -> String {
    format!(
        "WITH RECURSIVE seen(id) AS (SELECT min({column}) FROM {table} UNION ALL \
         SELECT (SELECT min({column}) FROM {table} WHERE {column} > seen.id) FROM seen \
         WHERE seen.id IS NOT NULL) \
         SELECT id FROM seen WHERE id IS NOT NULL"
    )
}

/// The condition on the queue in a table of queue history; parameter 4 is one queue.
fn of_queues(table: &str, queue_id: Option<QueueId>) -> String {
    match queue_id {
        Some(_) => "queue_id = ?4".to_owned(),
        None => format!("queue_id IN ({})", every(table, "queue_id")),
    }
}

/// Where the rows of sums are, and the conditions on whose they are.
fn source(scope: HistoryScope) -> (String, String) {
    let from_pairs = |agents: &str| {
        let from = format!("{} CROSS JOIN agent_history", pairs(agents));
        (from, "agent_id = pairs.agent AND queue_id = pairs.queue".to_owned())
    };
    match scope {
        HistoryScope::Queue(queue_id) => {
            ("queue_history".to_owned(), of_queues("queue_history", Some(queue_id)))
        }
        HistoryScope::Queues => ("queue_history".to_owned(), of_queues("queue_history", None)),
        HistoryScope::Agent(_, Some(_)) => {
            ("agent_history".to_owned(), "agent_id = ?4 AND queue_id = ?5".to_owned())
        }
        HistoryScope::Agent(_, None) => from_pairs("SELECT ?4"),
        HistoryScope::Agents => from_pairs(&every("agent_history", "agent_id")),
    }
}

/// Attribution, both ends of the range, and whose.
fn parameters(query: &HistoryQuery) -> Vec<Value> {
    let mut parameters = vec![
        Value::from(query.attribution.name().to_owned()),
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

const IN_RANGE: &str = "attribution = ?1 AND interval_start >= ?2 AND interval_start < ?3";

/// The statement for counts and sums.
pub(super) fn sums_of(scope: HistoryScope) -> String {
    let agent = match scope {
        HistoryScope::Queue(_) | HistoryScope::Queues => "NULL",
        HistoryScope::Agent(..) | HistoryScope::Agents => "agent_id",
    };
    let (from, whose) = source(scope);
    let columns = &*SUMMED;
    format!("SELECT {agent}, queue_id, interval_start, {columns} FROM {from} WHERE {whose} AND {IN_RANGE}")
}

/// The statement for the values of a measure; its last parameter is the measure.
pub(super) fn values_of(queue_id: Option<QueueId>) -> String {
    let whose = of_queues("queue_history_values", queue_id);
    let measure = if queue_id.is_some() { "?5" } else { "?4" };
    format!(
        "SELECT queue_id, interval_start, value_set FROM queue_history_values \
         WHERE {whose} AND measure = {measure} AND {IN_RANGE}"
    )
}

/// The statement for the mix.
pub(super) fn mix_of(queue_id: Option<QueueId>) -> String {
    let whose = of_queues("queue_history_mix", queue_id);
    format!(
        "SELECT queue_id, interval_start, dimension, value, attempts FROM queue_history_mix \
         WHERE {whose} AND {IN_RANGE}"
    )
}

/// The intervals that a question means, ascending.
pub(super) fn read(
    connection: &Connection,
    query: &HistoryQuery,
) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
    let mut found = Found::new();
    let mut statement = connection.prepare_cached(&sums_of(query.scope))?;
    let mut rows = statement.query(params_from_iter(parameters(query)))?;
    while let Some(row) = rows.next()? {
        let queue_id = queue_of(row.get(1)?);
        let scope = match row.get::<_, Option<i64>>(0)? {
            Some(agent_id) => Scope::Agent(AgentId(agent_id), queue_id),
            None => Scope::Queue(queue_id),
        };
        let mut sums = 3..;
        let totals = layout::totals(|| row.get(sums.next().unwrap_or_default()))?;
        found.insert((scope, UnixMillis(row.get(2)?)), totals);
    }
    match query.scope {
        HistoryScope::Queue(queue_id) => read_details(connection, query, Some(queue_id), &mut found)?,
        HistoryScope::Queues => read_details(connection, query, None, &mut found)?,
        HistoryScope::Agent(..) | HistoryScope::Agents => {}
    }
    Ok(found.into_iter().map(|((scope, start), totals)| (scope, start, totals)).collect())
}

/// Adds what is kept of queues only: values and the mix, where they are asked for.
fn read_details(
    connection: &Connection,
    query: &HistoryQuery,
    queue_id: Option<QueueId>,
    found: &mut Found,
) -> Result<(), StoreError> {
    for measure in &query.values_of {
        read_values(connection, query, queue_id, *measure, found)?;
    }
    if query.with_mix { read_mix(connection, query, queue_id, found) } else { Ok(()) }
}

fn read_values(
    connection: &Connection,
    query: &HistoryQuery,
    queue_id: Option<QueueId>,
    measure: Measure,
    found: &mut Found,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&values_of(queue_id))?;
    let mut parameters = parameters(query);
    parameters.push(Value::from(measure.name().to_owned()));
    let mut rows = statement.query(params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        let key = (Scope::Queue(queue_of(row.get(0)?)), UnixMillis(row.get(1)?));
        let values = decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
        found.entry(key).or_default().measure_mut(measure).values = values;
    }
    Ok(())
}

fn read_mix(
    connection: &Connection,
    query: &HistoryQuery,
    queue_id: Option<QueueId>,
    found: &mut Found,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&mix_of(queue_id))?;
    let mut rows = statement.query(params_from_iter(parameters(query)))?;
    while let Some(row) = rows.next()? {
        let key = (Scope::Queue(queue_of(row.get(0)?)), UnixMillis(row.get(1)?));
        let dimension: String = row.get(2)?;
        let dimension = Dimension::parse(&dimension).ok_or_else(|| StoreError::Row {
            table: "queue_history_mix",
            reason: format!("{dimension:?} is no known dimension"),
        })?;
        let (value, attempts): (String, i64) = (row.get(3)?, row.get(4)?);
        found.entry(key).or_default().mix_mut().add(dimension, &value, attempts);
    }
    Ok(())
}
