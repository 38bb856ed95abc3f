//! What a metric is measured in, and in whose history it exists.

use serde::Serialize;

/// What a value is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// How many.
    Count,
    /// A duration in milliseconds.
    Milliseconds,
    /// A part of a whole, from 0 to 1; 1 is 100 %.
    Rate,
    /// One number over another.
    Ratio,
}

/// In whose history a metric exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// A queue's.
    Queue,
    /// An agent's.
    Agent,
}
