//! The order of an attempt's deliveries in time, also of those that state the same instant.
//!
//! Dialers report whole milliseconds, some of them whole seconds, so that steps which followed each other can
//! state one instant. Then the lifecycle decides what can follow what: Joined, then offers and misses, then
//! Answered, Bridged, a miss after the talk, Processing, Leaving. Among offers and misses:
//!
//! 1. the Missed of the agent who rings before the instant, unless the agent was bridged in it without
//!    another Offering: then that offer led to the talk;
//! 2. each agent's Offering and Missed in turn, but for the Offering that leads to the agent's own Bridged;
//! 3. the Offerings that are left: last that of the agent of whom the next step speaks, in the instant or
//!    after it (see [`super::offer_ends`]), for this one still rang;
//! 4. the Missed that are left: after the talk where the agent, or anybody before, has talked, and nobody is
//!    connected after the instant, for then no talk has ended.
//!
//! What that leaves open goes by the agent's number, but who talks already comes first. Each delivery is
//! placed once; no orders are tried. Where every time is the receipt's, the order of the records stands in
//! place of all this, within what the lifecycle allows. The guard needs none of them: offers and misses are
//! legal in any order.

use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};

use super::offer_ends::{OfferEnds, rank};
use super::run_step::RunStep;
use crate::{AgentId, EventKind, UnixMillis};

/// The deliveries of one step and agent.
type ByAgent = BTreeMap<Option<AgentId>, VecDeque<usize>>;

/// Sorts deliveries by time. Those that no rule here orders keep theirs.
pub fn time_order<S: RunStep, T: Borrow<S>>(steps: &mut [T]) {
    let at = |step: &T| step.borrow().occurred_at();
    steps.sort_by_key(|step| (at(step), rank(step.borrow().event()), step.borrow().agent_id()));
    if !steps.windows(2).any(|pair| at(&pair[0]) == at(&pair[1])) {
        return;
    }
    let bridges = steps.iter().map(Borrow::borrow).filter(|step| step.event() == EventKind::Bridged);
    let last_bridge = bridges.map(RunStep::occurred_at).max();
    let mut before = Before { last_bridge, ..Before::default() };
    let offer_ends = OfferEnds::of::<S, T>(steps);
    let mut start = 0;
    while start < steps.len() {
        let instant = at(&steps[start]);
        let length = steps[start..].iter().take_while(|step| at(step) == instant).count();
        let group = &mut steps[start..start + length];
        if length > 1 {
            let ends_talks = before.last_bridge.is_none_or(|last| last <= instant);
            let last_offered = offer_ends.last_of(instant);
            let instant = Instant { last_offered, ..Instant::of::<S, T>(group, &before, ends_talks) };
            let order = instant.into_order(&before);
            arrange(group, order);
        }
        group.iter().for_each(|step| before.take(step.borrow()));
        start += length;
    }
}

/// What is known before an instant.
#[derive(Default)]
struct Before {
    /// Who is being offered the attempt.
    ringing: Option<Option<AgentId>>,
    /// Who talked last.
    talking: Option<Option<AgentId>>,
    /// The last connection of all: a Missed that ends a talk cannot come before another one.
    last_bridge: Option<UnixMillis>,
}

impl Before {
    fn take<S: RunStep>(&mut self, step: &S) {
        let agent = step.agent_id();
        match step.event() {
            EventKind::Joined => {}
            EventKind::Offering => self.ringing = Some(agent),
            EventKind::Missed if agent.is_none() || self.ringing == Some(agent) => self.ringing = None,
            EventKind::Missed => {}
            EventKind::Bridged => (self.ringing, self.talking) = (None, Some(agent)),
            EventKind::Answered | EventKind::Active | EventKind::Processing | EventKind::Leaving => {
                self.ringing = None;
            }
        }
    }
}

/// The deliveries of one instant, by their index.
#[derive(Default)]
struct Instant {
    joined: Vec<usize>,
    offered: ByAgent,
    missed: ByAgent,
    /// Offers and misses as they were recorded, where every time is the receipt's.
    recorded: Vec<usize>,
    answered: Vec<usize>,
    bridged: ByAgent,
    /// Connections as they were recorded, where every time is the receipt's.
    bridged_as_recorded: Vec<usize>,
    missed_after_talk: Vec<usize>,
    /// Whose offer still rings when the next step comes.
    last_offered: Option<Option<AgentId>>,
    /// Whether no connection comes after the instant, so that a Missed can end a talk in it.
    ends_talks: bool,
    rest: Vec<usize>,
}

impl Instant {
    fn of<S: RunStep, T: Borrow<S>>(group: &[T], before: &Before, ends_talks: bool) -> Self {
        let mut instant = Self { ends_talks, ..Self::default() };
        if group.iter().all(|step| !step.borrow().has_stated_time()) {
            instant.take_recorded::<S, T>(group, before);
            return instant;
        }
        for (index, step) in group.iter().enumerate() {
            let agent = step.borrow().agent_id();
            match step.borrow().event() {
                EventKind::Joined => instant.joined.push(index),
                EventKind::Offering => instant.offered.entry(agent).or_default().push_back(index),
                EventKind::Missed => instant.missed.entry(agent).or_default().push_back(index),
                EventKind::Answered | EventKind::Active => instant.answered.push(index),
                EventKind::Bridged => instant.bridged.entry(agent).or_default().push_back(index),
                EventKind::Processing | EventKind::Leaving => instant.rest.push(index),
            }
        }
        instant
    }

    /// The record's order, within what the lifecycle allows: a Missed that was recorded after a talk ends it.
    fn take_recorded<S: RunStep, T: Borrow<S>>(&mut self, group: &[T], before: &Before) {
        let mut indices: Vec<usize> = (0..group.len()).collect();
        indices.sort_by_key(|index| group[*index].borrow().position());
        let mut has_talked = before.talking.is_some();
        for index in indices {
            let step = group[index].borrow();
            match step.event() {
                EventKind::Joined => self.joined.push(index),
                EventKind::Missed if has_talked && self.ends_talks => self.missed_after_talk.push(index),
                EventKind::Offering | EventKind::Missed => self.recorded.push(index),
                EventKind::Answered | EventKind::Active => self.answered.push(index),
                EventKind::Bridged => {
                    has_talked = true;
                    self.bridged_as_recorded.push(index);
                }
                EventKind::Processing | EventKind::Leaving => self.rest.push(index),
            }
        }
        // Leaving follows Processing whatever was recorded first.
        self.rest.sort_by_key(|index| rank(group[*index].borrow().event()));
    }

    fn into_order(mut self, before: &Before) -> Vec<usize> {
        let mut order = std::mem::take(&mut self.joined);
        order.append(&mut self.recorded);
        self.close_ring(before, &mut order);
        self.alternate(&mut order);
        self.offer_rest(&mut order);
        self.miss_rest(before, &mut order);
        order.append(&mut self.answered);
        let talking = before.talking.and_then(|agent| self.bridged.remove(&agent));
        order.extend(talking.into_iter().chain(self.bridged.into_values()).flatten());
        order.append(&mut self.bridged_as_recorded);
        order.append(&mut self.missed_after_talk);
        order.append(&mut self.rest);
        order
    }

    /// Rule 1.
    fn close_ring(&mut self, before: &Before, order: &mut Vec<usize>) {
        let Some(agent) = before.ringing else { return };
        let leads_to_talk = self.bridged.contains_key(&agent) && !self.offered.contains_key(&agent);
        if leads_to_talk && self.ends_talks {
            return;
        }
        let named = self.missed.get_mut(&agent).and_then(VecDeque::pop_front);
        order.extend(named.or_else(|| self.missed.get_mut(&None)?.pop_front()));
    }

    /// Rule 2.
    fn alternate(&mut self, order: &mut Vec<usize>) {
        for (agent, offered) in &mut self.offered {
            let kept = usize::from(self.bridged.contains_key(agent));
            let Some(missed) = self.missed.get_mut(agent) else { continue };
            while offered.len() > kept && !missed.is_empty() {
                order.extend(offered.pop_front());
                order.extend(missed.pop_front());
            }
        }
    }

    /// Rule 3.
    fn offer_rest(&mut self, order: &mut Vec<usize>) {
        let last = self.last_offered.and_then(|agent| self.offered.remove(&agent));
        order.extend(std::mem::take(&mut self.offered).into_values().chain(last).flatten());
    }

    /// Rule 4.
    fn miss_rest(&mut self, before: &Before, order: &mut Vec<usize>) {
        for (agent, missed) in std::mem::take(&mut self.missed) {
            let has_talked = before.talking.is_some() || self.bridged.contains_key(&agent);
            if has_talked && self.ends_talks {
                self.missed_after_talk.extend(missed);
            } else {
                order.extend(missed);
            }
        }
    }
}

/// Puts the elements into an order that is given by their indices.
fn arrange<T>(group: &mut [T], mut order: Vec<usize>) {
    debug_assert_eq!(order.len(), group.len(), "each delivery has one place");
    for place in 0..order.len() {
        // What stood at the index was moved on by an earlier swap.
        let mut from = order[place];
        while from < place {
            from = order[from];
        }
        group.swap(place, from);
        order[place] = from;
    }
}
