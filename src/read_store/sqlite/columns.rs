//! Columns and the statements over them, each list in one place.

use std::sync::LazyLock;

use attempt_ledger_projections::history::{Count, Measure};

pub(super) const ATTEMPT_COLUMNS: &str = "\
    attempt_id, queue_id, queue_type, channel, destination, member_id, attempt_seq, state, class, \
    result, call_cause, call_sip_code, amd_result, started_at, joined_at, first_offered_at, \
    first_answered_at, bridged_at, processing_at, left_at, last_event_at, wait_ms, talk_ms, wrap_ms, \
    handle_ms, offers, bridges, missed_by_agent, missed_by_caller, gaps, is_late, events, conflicts, \
    first_position, last_position, last_recorded_at";

pub(super) const OFFER_COLUMNS: &str = "\
    attempt_id, leg, queue_id, queue_type, agent_id, outcome, missed_by, started_at, offered_at, \
    answered_at, bridged_at, ring_ended_at, talk_ended_at, wrap_started_at, ended_at, ring_ms, talk_ms, \
    wrap_ms, handle_ms";

pub(super) const REFUSAL_COLUMNS: &str =
    "refusal_id, position, recorded_at, rule, attempt_id, event, queue_id, state, settled_at";

/// What stands for a queue that is not known where NULL cannot stand.
pub(super) const QUEUE_UNKNOWN: i64 = i64::MIN;

/// The summed columns of a history, in their order: counts, then count and sum of each measure.
pub(super) fn summed() -> impl Iterator<Item = String> {
    let counts = Count::ALL.into_iter().map(|count| count.name().to_owned());
    let measures = Measure::ALL
        .into_iter()
        .flat_map(|measure| [format!("{}_count", measure.name()), format!("{}_sum_ms", measure.name())]);
    counts.chain(measures)
}

/// `count` numbered parameters, from `from` on.
pub(super) fn parameters(from: usize, count: usize) -> String {
    let each: Vec<String> = (from..from + count).map(|number| format!("?{number}")).collect();
    each.join(", ")
}

fn list(columns: impl Iterator<Item = String>) -> String {
    columns.collect::<Vec<_>>().join(", ")
}

pub(super) static SUMMED: LazyLock<String> = LazyLock::new(|| list(summed()));

/// Adds a delta to a row of a history, making the row where there is none.
fn upsert(table: &str, key: &str, key_columns: usize) -> String {
    let additions = list(summed().map(|column| format!("{column} = {column} + excluded.{column}")));
    let values = parameters(1, key_columns + summed().count());
    let columns = &*SUMMED;
    format!(
        "INSERT INTO {table} ({key}, {columns}) VALUES ({values}) \
         ON CONFLICT ({key}) DO UPDATE SET {additions}"
    )
}

pub(super) const QUEUE_KEY: &str = "queue_id, attribution, interval_start";
pub(super) const AGENT_KEY: &str = "agent_id, queue_id, attribution, interval_start";

pub(super) static ADD_TO_QUEUE: LazyLock<String> = LazyLock::new(|| upsert("queue_history", QUEUE_KEY, 3));
pub(super) static ADD_TO_AGENT: LazyLock<String> = LazyLock::new(|| upsert("agent_history", AGENT_KEY, 4));

/// Deletes a row of which nothing is left.
fn delete_zero(table: &str, key: &str) -> String {
    let keys: Vec<String> =
        key.split(", ").enumerate().map(|(index, column)| format!("{column} = ?{}", index + 1)).collect();
    let zeros: Vec<String> = summed().map(|column| format!("{column} = 0")).collect();
    format!("DELETE FROM {table} WHERE {} AND {}", keys.join(" AND "), zeros.join(" AND "))
}

pub(super) static DELETE_ZERO_QUEUE: LazyLock<String> =
    LazyLock::new(|| delete_zero("queue_history", QUEUE_KEY));
pub(super) static DELETE_ZERO_AGENT: LazyLock<String> =
    LazyLock::new(|| delete_zero("agent_history", AGENT_KEY));

pub(super) static PUT_ATTEMPT: LazyLock<String> = LazyLock::new(|| {
    format!("INSERT OR REPLACE INTO attempts ({ATTEMPT_COLUMNS}) VALUES ({})", parameters(1, 36))
});
pub(super) static PUT_OFFER: LazyLock<String> =
    LazyLock::new(|| format!("INSERT INTO offers ({OFFER_COLUMNS}) VALUES ({})", parameters(1, 19)));
