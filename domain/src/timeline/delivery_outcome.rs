//! What became of a delivery when it arrived.

use serde::{Deserialize, Serialize};

use crate::{Revision, Rule};

/// What became of a delivery when it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The guard accepted it.
    Recorded {
        /// Its place in the attempt.
        revision: Revision,
    },
    /// A rule refused it, and it is kept.
    Refused {
        /// The rule.
        rule: Rule,
        /// Whether an operator decided that it stays out for good.
        dismissed: bool,
    },
}
