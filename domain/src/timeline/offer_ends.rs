//! Which of the offers, and of the talks, that state one instant was the last, told by what follows.

use std::borrow::Borrow;
use std::collections::HashMap;

use super::run_step::RunStep;
use crate::{AgentId, EventKind, UnixMillis};

/// For each agent, when the next step speaks of it, and which step that is.
type Next = HashMap<Option<AgentId>, (UnixMillis, u8)>;

/// For each instant with offers, the agent whose offer is the first of them to be answered, connected, missed
/// or otherwise spoken of: a dialer offers an attempt to one agent at a time, so that this offer still rang.
/// And for each instant with talks, the agent of whom the next Bridged or Missed after it speaks: this one
/// talked last.
#[derive(Default)]
pub(super) struct OfferEnds {
    offers: HashMap<UnixMillis, Option<AgentId>>,
    talks: HashMap<UnixMillis, (Option<AgentId>, bool)>,
}

/// Of one instant, a Missed that ends a talk comes after the talk.
const MISS_OF_TALK: u8 = 1;

impl OfferEnds {
    /// Reads deliveries that are sorted by time and step, from the end, each once.
    pub(super) fn of<S: RunStep, T: Borrow<S>>(steps: &[T]) -> Self {
        let mut ends = Self::default();
        let (mut next, mut next_of_talk) = (Next::new(), Next::new());
        for instant in steps.chunk_by(|left, right| at(left.borrow()) == at(right.borrow())).rev() {
            let instant: Vec<&S> = instant.iter().map(Borrow::borrow).collect();
            ends.take_offers(&instant, &mut next);
            ends.take_talks(&instant, &mut next_of_talk);
        }
        ends
    }

    fn take_offers<S: RunStep>(&mut self, instant: &[&S], next: &mut Next) {
        // A Missed of the instant is placed by the offers, and not the offers by it.
        let (misses, others): (Vec<&S>, Vec<&S>) =
            instant.iter().partition(|step| step.event() == EventKind::Missed);
        for step in others.iter().rev().filter(|step| speaks_of_offer(**step)) {
            next.insert(step.agent_id(), (step.occurred_at(), rank(step.event())));
        }
        let offered = others.iter().filter(|step| step.event() == EventKind::Offering);
        let ends = offered.filter_map(|step| Some((next.get(&step.agent_id())?, step.agent_id())));
        if let Some((_, agent)) = ends.min() {
            self.offers.insert(at(others[0]), agent);
        }
        for step in misses.iter().filter(|step| speaks_of_offer(**step)) {
            next.insert(step.agent_id(), (step.occurred_at(), rank(step.event())));
        }
    }

    fn take_talks<S: RunStep>(&mut self, instant: &[&S], next: &mut Next) {
        let bridged = || instant.iter().filter(|step| step.event() == EventKind::Bridged);
        let ends = bridged().filter_map(|step| Some((next.get(&step.agent_id())?, step.agent_id())));
        if let Some(((_, step), agent)) = ends.min() {
            self.talks.insert(at(instant[0]), (agent, *step == MISS_OF_TALK));
        }
        let misses =
            instant.iter().filter(|step| step.event() == EventKind::Missed && step.agent_id().is_some());
        next.extend(misses.map(|step| (step.agent_id(), (at(*step), MISS_OF_TALK))));
        next.extend(bridged().map(|step| (step.agent_id(), (at(*step), 0))));
    }

    /// The agent whose offer is the last of an instant; `None` where nothing says so.
    pub(super) fn last_offered(&self, instant: UnixMillis) -> Option<Option<AgentId>> {
        self.offers.get(&instant).copied()
    }

    /// The agent whose talk is the last of an instant, and whether that ends with a Missed; `None` where
    /// nothing says so.
    pub(super) fn last_talked(&self, instant: UnixMillis) -> Option<(Option<AgentId>, bool)> {
        self.talks.get(&instant).copied()
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
