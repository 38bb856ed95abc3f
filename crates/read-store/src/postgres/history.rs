//! The statements that read intervals: for one queue or agent along the primary key, for all of them along an
//! index by time.

use attempt_ledger_domain::QueueGroup;

use crate::question::HistoryScope;
use crate::sql::layout::{list, summed};

const IN_RANGE: &str = "attribution = $1 AND interval_start >= $2 AND interval_start < $3";

/// The statement for counts and sums.
pub(super) fn sums_of(scope: HistoryScope) -> String {
    let (table, agent) = match scope {
        HistoryScope::Queue(_) | HistoryScope::Queues => ("queue_history", "NULL::bigint"),
        HistoryScope::Agent(..) | HistoryScope::Agents => ("agent_history", "agent_id"),
    };
    let whose = match scope {
        HistoryScope::Queue(_) => " AND queue_id = $4",
        HistoryScope::Agent(_, None) => " AND agent_id = $4",
        HistoryScope::Agent(_, Some(_)) => " AND agent_id = $4 AND queue_id = $5",
        HistoryScope::Queues | HistoryScope::Agents => "",
    };
    let columns = list(summed());
    format!("SELECT {agent}, queue_id, interval_start, {columns} FROM {table} WHERE {IN_RANGE}{whose}")
}

/// The condition on the queue in a table of queue history.
const fn of_queue(queue: Option<QueueGroup>) -> &'static str {
    if queue.is_some() { " AND queue_id = $4" } else { "" }
}

/// The statement for the values of a measure; its last parameter is the measure.
pub(super) fn values_of(queue: Option<QueueGroup>) -> String {
    let measure = if queue.is_some() { "$5" } else { "$4" };
    format!(
        "SELECT queue_id, interval_start, value_set FROM queue_history_values \
         WHERE measure = {measure} AND {IN_RANGE}{}",
        of_queue(queue)
    )
}

/// The statement for the mix.
pub(super) fn mix_of(queue: Option<QueueGroup>) -> String {
    format!(
        "SELECT queue_id, interval_start, dimension, value, attempts FROM queue_history_mix \
         WHERE {IN_RANGE}{}",
        of_queue(queue)
    )
}
