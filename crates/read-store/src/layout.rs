//! What every store keeps: tables, their columns, and how values that have no column of their own are told.

use attempt_ledger_domain::QueueId;
use attempt_ledger_projections::history::{Count, Measure, Totals, Values};

use super::{Projection, StoreError};

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

pub(super) const QUEUE_COLUMNS: &str = "queue_id, queue_type, name, hooks, service_level_threshold_ms, \
     short_abandon_threshold_ms, leaving_deadline_ms, revision, position";

pub(super) const QUEUE_KEY: &str = "queue_id, attribution, interval_start";
pub(super) const AGENT_KEY: &str = "agent_id, queue_id, attribution, interval_start";

/// What stands for a queue that is not known where NULL cannot stand.
const QUEUE_UNKNOWN: i64 = i64::MIN;

/// The tables of a projection, by name.
pub(super) const fn tables(projection: Projection) -> &'static [&'static str] {
    match projection {
        Projection::Attempts => &["attempts"],
        Projection::Offers => &["offers"],
        Projection::QueueHistory => &["queue_history", "queue_history_mix", "queue_history_values"],
        Projection::AgentHistory => &["agent_history"],
        Projection::Agents => &["agents"],
        Projection::Queues => &["queues"],
        Projection::Refusals => &["refusals"],
    }
}

/// The summed columns of a history, in their order: counts, then count and sum of each measure.
pub(super) fn summed() -> impl Iterator<Item = String> {
    let counts = Count::ALL.into_iter().map(|count| count.name().to_owned());
    let measures = Measure::ALL
        .into_iter()
        .flat_map(|measure| [format!("{}_count", measure.name()), format!("{}_sum_ms", measure.name())]);
    counts.chain(measures)
}

/// The summed columns of a delta, in the order of [`summed`].
pub(super) fn sums(totals: &Totals) -> Vec<i64> {
    let counts = Count::ALL.into_iter().map(|count| totals.count(count));
    let measures = Measure::ALL
        .into_iter()
        .flat_map(|measure| [totals.measure(measure).count, totals.measure(measure).sum_ms]);
    counts.chain(measures).collect()
}

/// Totals from the columns of [`summed`], which `next` reads one after the other.
pub(super) fn totals<E>(mut next: impl FnMut() -> Result<i64, E>) -> Result<Totals, E> {
    let mut totals = Totals::default();
    for count in Count::ALL {
        *totals.count_mut(count) = next()?;
    }
    for measure in Measure::ALL {
        let distribution = totals.measure_mut(measure);
        distribution.count = next()?;
        distribution.sum_ms = next()?;
    }
    Ok(totals)
}

pub(super) fn list(columns: impl Iterator<Item = String>) -> String {
    columns.collect::<Vec<_>>().join(", ")
}

pub(super) fn queue_key(queue_id: Option<QueueId>) -> i64 {
    queue_id.map_or(QUEUE_UNKNOWN, |queue_id| queue_id.0)
}

pub(super) fn queue_of(stored: i64) -> Option<QueueId> {
    (stored != QUEUE_UNKNOWN).then_some(QueueId(stored))
}

/// Integers of stores are signed; positions and durations never come near their end.
pub(super) fn number(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}

pub(super) fn optional(unsigned: Option<u64>) -> Option<i64> {
    unsigned.map(number)
}

/// Reads a set of values.
pub(super) fn decode(bytes: &[u8]) -> Result<Values, StoreError> {
    Values::from_bytes(bytes)
        .map_err(|error| StoreError::Row { table: "queue_history_values", reason: error.to_string() })
}
