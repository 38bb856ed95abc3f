//! The labels of figures.

use prometheus_client::encoding::EncodeLabelSet;

/// The label of a figure counted by kind of event.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct EventLabels {
    /// One of the eight events.
    pub event: &'static str,
}

/// The label of a figure counted by observation.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ObservationLabels {
    /// What the dialer reports beside the eight events.
    pub observation: &'static str,
}

/// The label of a figure kept for each read model.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ProjectionLabels {
    /// The read model's name.
    pub projection: &'static str,
}

/// The label of a figure counted by rule.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RuleLabels {
    /// The stable code of the rule that refused.
    pub rule: &'static str,
}
