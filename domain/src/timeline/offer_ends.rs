//! Which of the offers that state one instant was the last, told by what follows.

use std::borrow::Borrow;
use std::collections::HashMap;

use super::run_step::RunStep;
use crate::{AgentId, EventKind, UnixMillis};

/// For each instant with offers, the agent whose offer is the first of them to be answered, connected, missed
/// or otherwise spoken of: a dialer offers an attempt to one agent at a time, so that this offer still rang.
#[derive(Default)]
pub(super) struct OfferEnds {
    by_instant: HashMap<UnixMillis, Option<AgentId>>,
}

impl OfferEnds {
    /// Reads deliveries that are sorted by time and step, from the end, each once.
    pub(super) fn of<S: RunStep, T: Borrow<S>>(steps: &[T]) -> Self {
        let mut by_instant = HashMap::new();
        let mut next: HashMap<Option<AgentId>, (UnixMillis, u8)> = HashMap::new();
        for instant in steps.chunk_by(|left, right| at(left.borrow()) == at(right.borrow())).rev() {
            // A Missed of the instant is placed by the offers, and not the offers by it.
            let (misses, others): (Vec<&S>, Vec<&S>) =
                instant.iter().map(Borrow::borrow).partition(|step| step.event() == EventKind::Missed);
            for step in others.iter().rev().filter(|step| speaks_of_offer(**step)) {
                next.insert(step.agent_id(), (step.occurred_at(), rank(step.event())));
            }
            let offered = others.iter().filter(|step| step.event() == EventKind::Offering);
            let ends = offered.filter_map(|step| Some((next.get(&step.agent_id())?, step.agent_id())));
            if let Some((_, agent)) = ends.min() {
                by_instant.insert(at(others[0]), agent);
            }
            for step in misses.iter().filter(|step| speaks_of_offer(**step)) {
                next.insert(step.agent_id(), (step.occurred_at(), rank(step.event())));
            }
        }
        Self { by_instant }
    }

    /// The agent whose offer is the last of an instant; `None` where nothing says so.
    pub(super) fn last_of(&self, instant: UnixMillis) -> Option<Option<AgentId>> {
        self.by_instant.get(&instant).copied()
    }
}

fn at(step: &impl RunStep) -> UnixMillis {
    step.occurred_at()
}

/// A Missed that names nobody closes whatever rings.
fn speaks_of_offer(step: &impl RunStep) -> bool {
    match step.event() {
        EventKind::Joined | EventKind::Offering => false,
        EventKind::Missed => step.agent_id().is_some(),
        EventKind::Answered
        | EventKind::Active
        | EventKind::Bridged
        | EventKind::Processing
        | EventKind::Leaving => true,
    }
}

/// The place of a step in a lifecycle: offers and misses are one step of the lifecycle.
pub(super) const fn rank(event: EventKind) -> u8 {
    match event {
        EventKind::Joined => 0,
        EventKind::Offering | EventKind::Missed => 1,
        EventKind::Answered | EventKind::Active => 2,
        EventKind::Bridged => 3,
        EventKind::Processing => 4,
        EventKind::Leaving => 5,
    }
}
