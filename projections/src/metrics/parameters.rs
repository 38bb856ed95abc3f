//! What a question may choose about metrics.

use super::policy::{Operator, Policy};
use super::thresholds::Thresholds;

/// What a question may choose about metrics that have a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// By which waits calls are judged.
    pub thresholds: Thresholds,
    /// Whether the wait must be below the threshold, or may be equal.
    pub operator: Operator,
    /// The policy whose ratio is the service level's value; all others stand beside it.
    pub policy: Policy,
    /// The waits for which abandons are counted one by one.
    pub abandoned_in_ms: Vec<u64>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            thresholds: Thresholds::default(),
            operator: Operator::default(),
            policy: Policy::default(),
            abandoned_in_ms: vec![5_000, 10_000, 20_000, 30_000, 60_000],
        }
    }
}
