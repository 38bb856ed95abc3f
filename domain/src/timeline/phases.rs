//! From the run to lanes: who waited, rang, talked and wrapped up, and how sure that is.

use std::collections::{BTreeSet, HashMap};

use super::bound::{Bound, BoundSource};
use super::carried::is_after_talk;
use super::contradictions::Contradictions;
use super::instants::Instants;
use super::lane::{Certainty, Lane, LaneOwner, Phase, PhaseKind};
use super::logged_delivery::LoggedDelivery;
use super::open_legs::OpenLegs;
use super::run_step::RunStep as _;
use crate::{AgentId, EventKind, UnixMillis};

/// Draws the subscriber's lane, the queue's, and one for each agent in order of appearance.
pub(super) fn lanes(
    run: &[&LoggedDelivery],
    aside: &[&LoggedDelivery],
    facts: &Instants,
    has_agents: bool,
) -> Vec<Lane> {
    let mut drawing = LaneDrawing::default();
    if let Some(joined) = facts.joined {
        let by = if joined.is_carried() { "joined_at" } else { "Joined" };
        let observed = joined.source == BoundSource::Event;
        drawing.subscriber.begin(PhaseKind::Wait, joined.at, by, observed);
        drawing.queue.begin(PhaseKind::Wait, joined.at, by, observed);
    }
    for (index, one) in run.iter().enumerate() {
        if let Some(bridge) = facts.carried_bridge.filter(|bridge| bridge.before == index) {
            let ends_talk = |later: &&&LoggedDelivery| is_after_talk(**later);
            let carrier = run[index..].iter().find(ends_talk);
            drawing.bridge(
                carrier.unwrap_or(one),
                bridge.at.at,
                "bridged_at",
                false,
                has_agents && bridge.connects,
            );
        }
        drawing.take(one, facts.of_step(index, *one), has_agents);
    }
    if let (Some(left), Some(EventKind::Missed)) = (facts.left, run.last().map(|last| last.event)) {
        drawing.leave(left);
    }
    let mut lanes = drawing.into_lanes();
    let contradictions = Contradictions::of(aside);
    for phase in lanes.iter_mut().flat_map(|lane| &mut lane.phases) {
        if contradictions.dispute(phase) {
            phase.certainty = Certainty::Contradicted;
        }
    }
    lanes
}

/// A lane as far as it is drawn: finished phases and at most one that goes on.
#[derive(Default)]
struct LaneDraft {
    phases: Vec<Phase>,
    current: Option<(PhaseKind, UnixMillis, String, bool)>,
}

impl LaneDraft {
    fn begin(&mut self, kind: PhaseKind, at: UnixMillis, by: &str, observed: bool) {
        self.end(at, by, observed);
        self.current = Some((kind, at, by.to_owned(), observed));
    }

    fn end(&mut self, at: UnixMillis, by: &str, observed: bool) {
        if let Some((kind, start, started_by, start_observed)) = self.current.take() {
            let certain = observed && start_observed;
            self.phases.push(Phase {
                kind,
                start,
                end: Some(at.max(start)),
                duration_ms: Some(at.since(start)),
                certainty: if certain { Certainty::Observed } else { Certainty::Inferred },
                started_by,
                ended_by: Some(by.to_owned()),
            });
        }
    }

    fn is(&self, wanted: PhaseKind) -> bool {
        self.current.as_ref().is_some_and(|(kind, ..)| *kind == wanted)
    }

    fn into_phases(mut self) -> Vec<Phase> {
        if let Some((kind, start, started_by, observed)) = self.current {
            self.phases.push(Phase {
                kind,
                start,
                end: None,
                duration_ms: None,
                certainty: if observed { Certainty::Open } else { Certainty::Inferred },
                started_by,
                ended_by: None,
            });
        }
        self.phases
    }
}

#[derive(Default)]
struct LaneDrawing {
    subscriber: LaneDraft,
    queue: LaneDraft,
    agents: Vec<(Option<AgentId>, Option<String>, LaneDraft)>,
    /// Where each agent's lane is.
    places: HashMap<Option<AgentId>, usize>,
    /// The lanes of agents in which a phase goes on.
    open: BTreeSet<usize>,
    /// The legs that a Missed can close.
    missable: OpenLegs,
    talked: bool,
}

impl LaneDrawing {
    fn take(&mut self, one: &LoggedDelivery, when: Bound, has_agents: bool) {
        // What rests on the time of a receipt is not observed, nor what others say.
        let (at, observed) = (when.at, when.source == BoundSource::Event);
        let by = if when.is_carried() { "bridged_at" } else { one.event.name() };
        let missed = self.missable.take(one);
        match one.event {
            EventKind::Joined => {}
            EventKind::Offering if has_agents => {
                self.queue.end(at, by, observed);
                // One offer at a time: a new one means that the last was withdrawn unreported.
                self.end_rings(at, by, false);
                self.begin(one, PhaseKind::Ring, at, by, observed);
            }
            EventKind::Offering => {
                self.queue.end(at, by, observed);
                self.subscriber.begin(PhaseKind::Ring, at, by, observed);
            }
            EventKind::Missed => self.miss(one, missed),
            EventKind::Answered | EventKind::Active => {
                self.queue.end(at, by, observed);
                let place = self.place(one);
                if !self.agents[place].2.is(PhaseKind::Wait) {
                    self.begin(one, PhaseKind::Wait, at, by, observed);
                }
            }
            EventKind::Bridged => self.bridge(one, at, by, observed, has_agents),
            EventKind::Processing => {
                self.subscriber.end(at, by, observed);
                self.queue.end(at, by, observed);
                self.end_all(at, by, observed, |_| true);
                self.begin(one, PhaseKind::Wrap, at, by, observed);
            }
            EventKind::Leaving => {
                self.subscriber.end(at, by, observed);
                self.queue.end(at, by, observed);
                self.end_all(at, by, observed, |_| true);
            }
        }
    }

    fn miss(&mut self, one: &LoggedDelivery, missed: Option<Option<AgentId>>) {
        let (at, by, observed) = (one.occurred_at, one.event.name(), one.has_stated_time());
        if self.talked {
            // The talk of the agent, or of anybody where none is named, was broken off: only Processing or
            // Leaving can follow.
            let named = one.details.agent_id;
            if named.is_some() {
                self.place(one);
            }
            self.end_all(at, by, observed, |(agent, _, draft)| {
                draft.is(PhaseKind::Talk) && (named.is_none() || *agent == named)
            });
            if self.open.is_empty() {
                self.subscriber.end(at, by, observed);
            }
            return;
        }
        if let Some(place) = missed.and_then(|agent| self.places.get(&agent).copied()) {
            self.end_at(place, at, by, observed);
        }
        if !self.open.iter().any(|place| self.agents[*place].2.is(PhaseKind::Ring)) {
            self.queue.begin(PhaseKind::Wait, at, by, observed);
        }
    }

    fn bridge(&mut self, one: &LoggedDelivery, at: UnixMillis, by: &str, observed: bool, has_agents: bool) {
        self.queue.end(at, by, observed);
        if !self.subscriber.is(PhaseKind::Talk) {
            self.subscriber.begin(PhaseKind::Talk, at, by, observed);
        }
        if !has_agents {
            return;
        }
        self.talked = true;
        self.missable.end();
        let agent_id = one.details.agent_id;
        // A transfer has no event: the first agent's talk ends where the second's begins.
        self.end_all(at, by, false, |(other, ..)| *other != agent_id);
        let place = self.place(one);
        if !self.agents[place].2.is(PhaseKind::Talk) {
            self.begin(one, PhaseKind::Talk, at, by, observed);
        }
    }

    /// A Missed was the end: nobody waits from then on.
    fn leave(&mut self, left: Bound) {
        self.queue.current = None;
        let (by, observed) = (EventKind::Missed.name(), left.source == BoundSource::Event);
        self.subscriber.end(left.at, by, observed);
        self.end_all(left.at, by, observed, |_| true);
    }

    fn end_rings(&mut self, at: UnixMillis, by: &str, observed: bool) {
        self.end_all(at, by, observed, |(_, _, draft)| draft.is(PhaseKind::Ring));
    }

    /// Ends what goes on in the lanes of agents that are meant.
    fn end_all(
        &mut self,
        at: UnixMillis,
        by: &str,
        observed: bool,
        is_meant: impl Fn(&(Option<AgentId>, Option<String>, LaneDraft)) -> bool,
    ) {
        let agents = &mut self.agents;
        self.open.retain(|place| {
            let is_meant = is_meant(&agents[*place]);
            if is_meant {
                agents[*place].2.end(at, by, observed);
            }
            !is_meant
        });
    }

    /// Begins a phase in the lane of the agent that a delivery names.
    fn begin(&mut self, one: &LoggedDelivery, kind: PhaseKind, at: UnixMillis, by: &str, observed: bool) {
        let place = self.place(one);
        self.agents[place].2.begin(kind, at, by, observed);
        self.open.insert(place);
    }

    fn end_at(&mut self, place: usize, at: UnixMillis, by: &str, observed: bool) {
        self.agents[place].2.end(at, by, observed);
        self.open.remove(&place);
    }

    /// Where the lane of the agent is that a delivery names; a new one for an agent without.
    fn place(&mut self, one: &LoggedDelivery) -> usize {
        let agent_id = one.details.agent_id;
        let place = *self.places.entry(agent_id).or_insert_with(|| {
            self.agents.push((agent_id, None, LaneDraft::default()));
            self.agents.len() - 1
        });
        if one.details.agent_name.is_some() {
            self.agents[place].1.clone_from(&one.details.agent_name);
        }
        place
    }

    fn into_lanes(self) -> Vec<Lane> {
        let mut lanes = vec![
            Lane { owner: LaneOwner::Subscriber, phases: self.subscriber.into_phases() },
            Lane { owner: LaneOwner::Queue, phases: self.queue.into_phases() },
        ];
        lanes.extend(self.agents.into_iter().map(|(agent_id, agent_name, draft)| Lane {
            owner: LaneOwner::Agent { agent_id, agent_name },
            phases: draft.into_phases(),
        }));
        lanes
    }
}
