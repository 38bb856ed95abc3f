//! Refused deliveries that have no place among the deliveries of a timeline.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EventKind, Position, Rule, UnixMillis};

/// A refused delivery beside a timeline: it names no event, or an event stands in its place since a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRefusal {
    /// The refusal's id.
    pub id: Uuid,
    /// Its place in the log.
    pub position: Position,
    /// The rule that refused it.
    pub rule: Rule,
    /// The event that it claimed to be, if it is one of the eight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventKind>,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// Whether it was judged again, and let in.
    pub replayed: bool,
    /// Whether an operator decided that it stays out for good.
    pub dismissed: bool,
}
