//! Which refusals a timeline names beside its deliveries.

use std::collections::HashSet;

use uuid::Uuid;

use super::assembly::Timeline;
use super::refusals::TimelineRefusal;

/// The most refusals that a timeline names.
const REFUSALS_SHOWN_MAX: usize = 100;

impl Timeline {
    /// Adds what was refused, in the order of the log: what stands among the deliveries already is left out,
    /// and so is what was sent again with an event that counts.
    pub fn add_refusals(&mut self, refused: Vec<TimelineRefusal>) {
        let shown: HashSet<Uuid> = self.entries.iter().map(|entry| entry.id).collect();
        let is_apart =
            |one: &TimelineRefusal| (one.event.is_none() || one.replayed) && !shown.contains(&one.id);
        self.refusals = refused.into_iter().filter(is_apart).collect();
        let is_refused = |one: &&TimelineRefusal| one.event.is_none() && !one.replayed;
        self.refusals_without_event = self.refusals.iter().filter(is_refused).count();
        self.has_more_refusals = self.refusals.len() > REFUSALS_SHOWN_MAX;
        self.refusals.truncate(REFUSALS_SHOWN_MAX);
    }
}
