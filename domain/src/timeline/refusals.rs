//! Refused deliveries that have no place among the deliveries of a timeline.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assembly::Timeline;
use crate::{EventKind, Position, Rule, UnixMillis};

/// The most refusals that a timeline names.
pub const TIMELINE_REFUSALS_MAX: usize = 100;

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

impl Timeline {
    /// Adds what was refused, in the order of the log: what stands among the deliveries already is left out,
    /// and so is what was sent again with an event that counts.
    pub fn add_refusals(&mut self, refused: Vec<TimelineRefusal>) {
        let shown: HashSet<Uuid> = self.entries.iter().map(|entry| entry.id).collect();
        let is_apart =
            |one: &TimelineRefusal| (one.event.is_none() || one.replayed) && !shown.contains(&one.id);
        self.refusals = refused.into_iter().filter(is_apart).collect();
        self.refusals_without_event = self.refusals.iter().filter(|one| one.event.is_none()).count();
        self.has_more_refusals = self.refusals.len() > TIMELINE_REFUSALS_MAX;
        self.refusals.truncate(TIMELINE_REFUSALS_MAX);
    }
}
