//! The statements that read intervals. The keys of histories begin with whose they are, so each question goes
//! from one queue or agent to the next and looks only at its own stretch of time.

use attempt_ledger_domain::QueueGroup;

use super::statements::SUMMED;
use crate::question::HistoryScope;

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
fn of_queues(table: &str, queue: Option<QueueGroup>) -> String {
    match queue {
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
        HistoryScope::Queue(queue) => ("queue_history".to_owned(), of_queues("queue_history", Some(queue))),
        HistoryScope::Queues => ("queue_history".to_owned(), of_queues("queue_history", None)),
        HistoryScope::Agent(_, Some(_)) => {
            ("agent_history".to_owned(), "agent_id = ?4 AND queue_id = ?5".to_owned())
        }
        HistoryScope::Agent(_, None) => from_pairs("SELECT ?4"),
        HistoryScope::Agents => from_pairs(&every("agent_history", "agent_id")),
    }
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
pub(super) fn values_of(queue: Option<QueueGroup>) -> String {
    let whose = of_queues("queue_history_values", queue);
    let measure = if queue.is_some() { "?5" } else { "?4" };
    format!(
        "SELECT queue_id, interval_start, value_set FROM queue_history_values \
         WHERE {whose} AND measure = {measure} AND {IN_RANGE}"
    )
}

/// The statement for the mix.
pub(super) fn mix_of(queue: Option<QueueGroup>) -> String {
    let whose = of_queues("queue_history_mix", queue);
    format!(
        "SELECT queue_id, interval_start, dimension, value, attempts FROM queue_history_mix \
         WHERE {whose} AND {IN_RANGE}"
    )
}
