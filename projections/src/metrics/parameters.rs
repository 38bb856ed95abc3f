//! What a question may choose about metrics.

use super::policy::{Operator, Policy};

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
