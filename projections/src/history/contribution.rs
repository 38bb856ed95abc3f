//! What one attempt contributes to the intervals of its queue and of its agents.

use super::{Count, Dimension, IntervalKey, Measure};
use crate::{AttemptRow, OfferRow};

/// One thing that is counted or measured.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// One more of a count.
    Count(Count),
    /// One more value of a measure, in milliseconds.
    Value(Measure, u64),
    /// One more attempt that states a value.
    Mix(Dimension, String),
}

/// One item in one interval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contribution {
    /// The interval.
    pub key: IntervalKey,
    /// What is added to it.
    pub item: Item,
}

/// Everything that an attempt contributes, under all three attributions: to its queue, and to each agent of its
/// legs.
#[must_use]
pub fn contributions(_attempt: &AttemptRow, _offers: &[OfferRow]) -> Vec<Contribution> {
    Vec::new()
}
