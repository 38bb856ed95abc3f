//! The order of deliveries that state one instant: what can follow what.
//!
//! Joined, then offers and misses, then Answered, Bridged, a miss after these, Processing, Leaving. Among them:
//!
//! 1. the Missed of the agent who rings before the instant, unless nobody else is offered the attempt in it and
//!    the agent answers or is bridged: then that offer led there;
//! 2. each agent's Offering and Missed in turn, but for the Offering that leads to the agent's own answer or
//!    talk;
//! 3. the Offerings that are left, each before a Missed that names nobody, as far as there are any: last the one
//!    that leads to an answer or a talk, else that of the agent of whom the next step speaks after the instant
//!    (see [`super::offer_ends`]), for this one still rang;
//! 4. of the Missed that are left one after the answer or the talk that it can end, where nothing comes after
//!    the instant that cannot follow it, and the others before: they close nothing.
//!
//! Of connections the one that goes on comes first, then the one of whom the attempt rings or who answered, and
//! last the one that a Missed ends.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::offer_ends::rank;
use super::run_step::RunStep;
use super::time_order::Before;
use crate::{AgentId, EventKind};

/// An agent, or nobody whom a step names.
type Named = Option<AgentId>;

/// The deliveries of one step and agent.
type ByAgent = BTreeMap<Named, VecDeque<usize>>;

/// The deliveries of one instant, by their index.
#[derive(Default)]
pub(super) struct Instant {
    joined: Vec<usize>,
    offered: ByAgent,
    missed: ByAgent,
    /// Offers and misses as they were recorded, where every time is the receipt's.
    recorded: Vec<usize>,
    answered: Vec<usize>,
    answered_by: BTreeSet<Named>,
    bridged: ByAgent,
    /// Connections as they were recorded, where every time is the receipt's.
    bridged_as_recorded: Vec<usize>,
    missed_at_end: Vec<usize>,
    /// Whether nothing comes after the instant that a Missed which ends a talk cannot come before.
    is_last: bool,
    rest: Vec<usize>,
}

impl Instant {
    pub(super) fn of<S: RunStep, T: Borrow<S>>(group: &[T], before: &Before, is_last: bool) -> Self {
        let mut instant = Self { is_last, ..Self::default() };
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
                EventKind::Answered | EventKind::Active => {
                    instant.answered_by.insert(agent);
                    instant.answered.push(index);
                }
                EventKind::Bridged => instant.bridged.entry(agent).or_default().push_back(index),
                EventKind::Processing | EventKind::Leaving => instant.rest.push(index),
            }
        }
        instant
    }

    /// The record's order, within what the lifecycle allows: a Missed that was recorded after an answer or a
    /// talk ends it.
    fn take_recorded<S: RunStep, T: Borrow<S>>(&mut self, group: &[T], before: &Before) {
        let mut indices: Vec<usize> = (0..group.len()).collect();
        indices.sort_by_key(|index| group[*index].borrow().position());
        let mut has_begun = before.has_begun();
        for index in indices {
            let step = group[index].borrow();
            match step.event() {
                EventKind::Joined => self.joined.push(index),
                EventKind::Missed if has_begun && self.is_last => self.missed_at_end.push(index),
                EventKind::Offering | EventKind::Missed => self.recorded.push(index),
                EventKind::Answered | EventKind::Active => {
                    has_begun = true;
                    self.answered.push(index);
                }
                EventKind::Bridged => {
                    has_begun = true;
                    self.bridged_as_recorded.push(index);
                }
                EventKind::Processing | EventKind::Leaving => self.rest.push(index),
            }
        }
        // Leaving follows Processing whatever was recorded first.
        self.rest.sort_by_key(|index| rank(group[*index].borrow().event()));
    }

    /// The order; `last_offered` is of whom the next step speaks of those who are offered the attempt.
    pub(super) fn into_order(mut self, before: &Before, last_offered: Option<Named>) -> Vec<usize> {
        let mut order = std::mem::take(&mut self.joined);
        order.append(&mut self.recorded);
        let leading = self.leading(before);
        self.close_ring(before, leading, &mut order);
        self.alternate(leading, &mut order);
        self.offer_rest(leading, last_offered, &mut order);
        let ended = self.miss_rest(before, leading, &mut order);
        order.append(&mut self.answered);
        let place = |agent: &Named| {
            (before.talking != Some(*agent), leading != Some(*agent), ended == Some(*agent), *agent)
        };
        let mut bridged: Vec<_> = self.bridged.into_iter().collect();
        bridged.sort_by_key(|(agent, _)| place(agent));
        order.extend(bridged.into_iter().flat_map(|(_, some)| some));
        order.append(&mut self.bridged_as_recorded);
        order.append(&mut self.missed_at_end);
        order.append(&mut self.rest);
        order
    }

    /// Whose offer or answer leads to the answer or the talk of the instant: one that no Missed closes before
    /// others.
    fn leading(&self, before: &Before) -> Option<Named> {
        let goes_on = |agent: &Named| self.answered_by.contains(agent) || self.bridged.contains_key(agent);
        let misses = |agent: &Named| self.missed.get(agent).map_or(0, VecDeque::len);
        let place = |(agent, offered): (&Named, &VecDeque<usize>)| {
            (misses(agent) >= offered.len(), !self.answered_by.contains(agent), *agent)
        };
        let offered = self.offered.iter().filter(|(agent, _)| goes_on(agent)).map(place).min();
        if let Some((.., agent)) = offered {
            return Some(agent);
        }
        let rings = before.ringing.filter(|agent| self.offered.is_empty() && goes_on(agent));
        let has_answered =
            |agent: &&Named| before.answered.contains(*agent) || self.answered_by.contains(*agent);
        rings.or_else(|| self.bridged.keys().find(has_answered).copied())
    }

    /// Rule 1.
    fn close_ring(&mut self, before: &Before, leading: Option<Named>, order: &mut Vec<usize>) {
        let Some(agent) = before.ringing else { return };
        let leads_on = leading == Some(agent) && self.offered.is_empty();
        if before.has_begun() || leads_on && self.is_last {
            return;
        }
        let named = self.missed.get_mut(&agent).and_then(VecDeque::pop_front);
        order.extend(named.or_else(|| self.missed.get_mut(&None)?.pop_front()));
    }

    /// Rule 2.
    fn alternate(&mut self, leading: Option<Named>, order: &mut Vec<usize>) {
        for (agent, offered) in self.offered.iter_mut().filter(|(agent, _)| agent.is_some()) {
            let kept = usize::from(leading == Some(*agent));
            let Some(missed) = self.missed.get_mut(agent) else { continue };
            while offered.len() > kept && !missed.is_empty() {
                order.extend(offered.pop_front());
                order.extend(missed.pop_front());
            }
        }
    }

    /// Rule 3.
    fn offer_rest(&mut self, leading: Option<Named>, last_offered: Option<Named>, order: &mut Vec<usize>) {
        let mut offered = std::mem::take(&mut self.offered);
        let is_kept = leading.is_some_and(|agent| offered.contains_key(&agent));
        let last = if is_kept { leading } else { last_offered };
        let last = last.and_then(|agent| offered.remove(&agent));
        let all: Vec<usize> = offered.into_values().chain(last).flatten().collect();
        for (place, offer) in all.iter().enumerate() {
            order.push(*offer);
            let rings_on = is_kept && place + 1 == all.len();
            if let Some(nameless) = self.missed.get_mut(&None).filter(|_| !rings_on) {
                order.extend(nameless.pop_front());
            }
        }
    }

    /// Rule 4. Whose talk or answer a Missed ends.
    fn miss_rest(
        &mut self,
        before: &Before,
        leading: Option<Named>,
        order: &mut Vec<usize>,
    ) -> Option<Named> {
        let mut missed = std::mem::take(&mut self.missed);
        missed.retain(|_, some| !some.is_empty());
        let mut ended = None;
        if self.is_last && before.has_begun() {
            ended = missed.keys().find(|agent| self.bridged.contains_key(*agent)).copied();
            self.missed_at_end.extend(std::mem::take(&mut missed).into_values().flatten());
        } else if self.is_last {
            ended = self.ended_of(&missed, leading);
            let last = ended.and_then(|agent| missed.get_mut(&agent)?.pop_back());
            self.missed_at_end.extend(last);
        }
        order.extend(missed.into_values().flatten());
        ended
    }

    /// Of several agents' misses, the one that ends what the instant begins.
    fn ended_of(&self, missed: &ByAgent, leading: Option<Named>) -> Option<Named> {
        let has_begun = |agent: &Named| match agent {
            None => !self.bridged.is_empty() || !self.answered_by.is_empty(),
            Some(_) if self.bridged.is_empty() => self.answered_by.contains(agent),
            Some(_) => self.bridged.contains_key(agent),
        };
        let place = |agent: &Named| (agent.is_none(), leading != Some(*agent), *agent);
        missed.keys().filter(|agent| has_begun(agent)).min_by_key(|agent| place(agent)).copied()
    }
}
