//! The metric catalogue: every published number, defined once, as data.
//!
//! [`catalogue`] lists the [`Definition`]s; [`compute`] measures some of them over the [`Totals`] of an
//! interval. A number that the eight events cannot give is in the catalogue too, and answers `null` with the
//! reason. A ratio over nothing is `null`, never 0 or 1. Definitions carry a version: it changes with the
//! meaning.

mod catalogue;
mod definition;
mod identity;
mod markdown;
mod measured;
mod service_level;

use crate::history::{Measure, Totals};

pub use catalogue::catalogue;
pub use definition::{Definition, HistoryKind, Unit};
pub use identity::Identity;
pub use markdown::to_markdown;
pub use measured::{Measurement, Number, Part, Statistics};
pub use service_level::{Operator, Policy};

/// What a question may choose about metrics that have a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The wait within which an answer meets the service level.
    pub service_level_threshold_ms: u64,
    /// Whether the wait must be below the threshold, or may be equal.
    pub operator: Operator,
    /// The policy whose ratio is the service level's value; all others stand beside it.
    pub policy: Policy,
    /// The wait up to which an abandon is short; `None` when the queue's definition says nothing.
    pub short_abandon_threshold_ms: Option<u64>,
    /// The waits for which abandons are counted one by one.
    pub abandoned_in_ms: Vec<u64>,
}

/// The service level's threshold when neither the question nor the queue's definition names one: 20 s, as in
/// the field's usual 80/20.
pub const SERVICE_LEVEL_THRESHOLD_MS_DEFAULT: u64 = 20_000;

impl Default for Parameters {
    fn default() -> Self {
        Self {
            service_level_threshold_ms: SERVICE_LEVEL_THRESHOLD_MS_DEFAULT,
            operator: Operator::default(),
            policy: Policy::default(),
            short_abandon_threshold_ms: None,
            abandoned_in_ms: vec![5_000, 10_000, 20_000, 30_000, 60_000],
        }
    }
}

/// The definition with a key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Definition> {
    catalogue().find(|definition| definition.key == key)
}

/// The metrics of a queue's or an agent's history, in the order of the catalogue.
pub fn metrics_of(whose: HistoryKind) -> impl Iterator<Item = &'static Definition> {
    catalogue().filter(move |definition| definition.histories.contains(&whose))
}

/// The measures of which the values are needed, not only their count and sum.
#[must_use]
pub fn values_needed(definitions: &[&Definition]) -> Vec<Measure> {
    let mut needed: Vec<Measure> =
        definitions.iter().flat_map(|definition| definition.values_needed()).collect();
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// Measures metrics over the sums of an interval.
#[must_use]
pub fn compute(
    totals: &Totals,
    parameters: &Parameters,
    definitions: &[&'static Definition],
) -> Vec<Measurement> {
    definitions.iter().map(|definition| definition.measure(totals, parameters)).collect()
}
