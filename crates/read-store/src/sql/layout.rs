//! What every store keeps beside the columns of rows: tables, sums, and values that have no column of their
//! own.

use attempt_ledger_domain::QueueId;
use attempt_ledger_projections::history::{Count, Measure, Totals, Values};

use crate::projection::Projection;
use crate::store_error::StoreError;

pub(crate) const QUEUE_KEY: &str = "queue_id, attribution, interval_start";
pub(crate) const AGENT_KEY: &str = "agent_id, queue_id, attribution, interval_start";

/// The tables of a projection, by name.
pub(crate) const fn tables(projection: Projection) -> &'static [&'static str] {
    match projection {
        Projection::Attempts => &["attempts"],
        Projection::Offers => &["offers"],
        Projection::QueueHistory => &["queue_history", "queue_history_mix", "queue_history_values"],
        Projection::AgentHistory => &["agent_history"],
        Projection::Agents => &["agents"],
        Projection::Queues => &["queues"],
        Projection::Refusals => &["refusals"],
        Projection::Links => &["links"],
        Projection::Hooks => &["hooks"],
    }
}

/// The summed columns of a history, in their order: counts, then count and sum of each measure.
pub(crate) fn summed() -> impl Iterator<Item = String> {
    let counts = Count::ALL.into_iter().map(|count| count.name().to_owned());
    let measures = Measure::ALL
        .into_iter()
        .flat_map(|measure| [format!("{}_count", measure.name()), format!("{}_sum_ms", measure.name())]);
    counts.chain(measures)
}

/// The summed columns of a delta, in the order of [`summed`].
pub(crate) fn sums(totals: &Totals) -> Vec<i64> {
    let counts = Count::ALL.into_iter().map(|count| totals.count(count));
    let measures = Measure::ALL
        .into_iter()
        .flat_map(|measure| [totals.measure(measure).count, totals.measure(measure).sum_ms]);
    counts.chain(measures).collect()
}

/// Totals from the columns of [`summed`], which `next` reads one after the other.
pub(crate) fn totals<E>(mut next: impl FnMut() -> Result<i64, E>) -> Result<Totals, E> {
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

pub(crate) fn list(columns: impl Iterator<Item = String>) -> String {
    columns.collect::<Vec<_>>().join(", ")
}

/// What stands for a queue where NULL cannot stand.
pub(crate) fn queue_key(queue_id: Option<QueueId>) -> i64 {
    queue_id.map_or(QueueId::UNKNOWN, |queue_id| queue_id.0)
}

pub(crate) fn queue_of(stored: i64) -> Option<QueueId> {
    QueueId::of(stored)
}

/// Integers of stores are signed; positions and durations never come near their end.
pub(crate) fn number(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}

/// Reads a set of values.
pub(crate) fn decode(bytes: &[u8]) -> Result<Values, StoreError> {
    Values::from_bytes(bytes)
        .map_err(|error| StoreError::Row { table: "queue_history_values", reason: error.to_string() })
}
