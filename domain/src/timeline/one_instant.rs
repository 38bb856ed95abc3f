//! The order of deliveries that state one instant: what can follow what.
//!
//! Joined, then offers and misses, then Answered, Bridged, a miss after these, Processing, Leaving. Among
//! them:
//!
//! 1. the Missed of the agent who rings before the instant, unless nobody else is offered the attempt in it
//!    and the agent answers or is bridged: then that offer led there;
//! 2. each agent's Offering and Missed in turn, but for the Offering that leads to the agent's own answer or
//!    talk;
//! 3. the Offerings that are left, each before a Missed that names nobody, as far as there are any: last the
//!    one that leads to an answer or a talk, else that of the agent of whom the next step speaks after the
//!    instant (see [`super::offer_ends`]), for this one still rang;
//! 4. of the Missed that are left one after the answer or the talk that it can end, where nothing comes after
//!    the instant that cannot follow it, and the others before the offers: they close nothing.
//!
//! Of connections the one that goes on comes first, then the one of whom the attempt rings or who answered,
//! and last the one that a Missed ends or that goes on after the instant.

use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};

use super::around_instant::{After, Before};
use super::offer_ends::rank;
use super::run_step::RunStep;
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
    answered: ByAgent,
    bridged: ByAgent,
    /// Answers and connections as they were recorded, where every time is the receipt's.
    answered_as_recorded: Vec<usize>,
    bridged_as_recorded: Vec<usize>,
    missed_at_end: Vec<usize>,
    /// Whether a Missed can end a talk or an answer in it.
    is_end: bool,
    rest: Vec<usize>,
}

impl Instant {
    pub(super) fn of<S: RunStep, T: Borrow<S>>(group: &[T], before: &Before, after: &After) -> Self {
        let mut instant = Self { is_end: after.is_end, ..Self::default() };
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
                    instant.answered.entry(agent).or_default().push_back(index);
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
                EventKind::Missed if has_begun && self.is_end => self.missed_at_end.push(index),
                EventKind::Offering | EventKind::Missed => self.recorded.push(index),
                EventKind::Answered | EventKind::Active => {
                    has_begun = true;
                    self.answered_as_recorded.push(index);
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

    /// The order of the indices.
    pub(super) fn into_order(mut self, before: &Before, after: &After) -> Vec<usize> {
        let mut order = std::mem::take(&mut self.joined);
        order.append(&mut self.recorded);
        let leading = self.leading(before);
        self.close_ring(before, leading, &mut order);
        let mut turns = Vec::new();
        self.alternate(leading, &mut turns);
        self.offer_rest(leading, after.offered, &mut turns);
        let ended = self
            .miss_rest(before, leading, &mut order)
            .or(after.talked.filter(|(_, is_missed)| *is_missed).map(|(agent, _)| agent));
        order.append(&mut turns);
        order.append(&mut self.answered_as_recorded);
        // A Missed that names nobody ends the last answer: not that of the agent who goes on to work.
        let working = after.wraps.and_then(|agent| self.answered.remove(&agent));
        order.extend(working.into_iter().chain(self.answered.into_values()).flatten());
        let place = |agent: &Named| {
            let goes_on = after.talked.is_some_and(|(last, _)| last == *agent);
            (ended == Some(*agent), before.talking != Some(*agent), leading != Some(*agent), goes_on, *agent)
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
    /// others. The talk that a Missed ends is the last: where others talk, too, the offer led to the Missed.
    fn leading(&self, before: &Before) -> Option<Named> {
        let goes_on = |agent: &Named| self.answered.contains_key(agent) || self.bridged.contains_key(agent);
        let misses = |agent: &Named| self.missed.get(agent).map_or(0, VecDeque::len);
        let is_missed = |agent: &Named, offers| misses(agent) >= offers;
        let leads = |agent: &Named, offers| {
            goes_on(agent) && !(agent.is_some() && self.bridged.len() > 1 && is_missed(agent, offers))
        };
        let place = |(agent, offered): (&Named, &VecDeque<usize>)| {
            (is_missed(agent, offered.len()), !self.answered.contains_key(agent), *agent)
        };
        let leads_on = |(agent, offered): &(&Named, &VecDeque<usize>)| leads(agent, offered.len());
        if let Some((.., agent)) = self.offered.iter().filter(leads_on).map(place).min() {
            return Some(agent);
        }
        let rings = before.ringing.filter(|agent| self.offered.is_empty() && leads(agent, 1));
        let has_answered =
            |agent: &&Named| before.answered.contains(*agent) || self.answered.contains_key(*agent);
        rings.or_else(|| self.bridged.keys().find(has_answered).copied())
    }

    /// Rule 1.
    fn close_ring(&mut self, before: &Before, leading: Option<Named>, order: &mut Vec<usize>) {
        let Some(agent) = before.ringing else { return };
        let leads_on = leading == Some(agent) && self.offered.is_empty();
        if before.has_begun() || leads_on && self.is_end {
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
        if self.is_end && before.has_begun() {
            ended = missed.keys().find(|agent| agent.is_some() && self.bridged.contains_key(*agent)).copied();
            self.missed_at_end.extend(std::mem::take(&mut missed).into_values().flatten());
        } else if self.is_end {
            ended = self.ended_of(&missed, leading);
            let last = ended.and_then(|agent| missed.get_mut(&agent)?.pop_back());
            self.missed_at_end.extend(last);
            ended = ended.filter(Option::is_some);
        }
        order.extend(missed.into_values().flatten());
        ended
    }

    /// Of several agents' misses, the one that ends what the instant begins.
    fn ended_of(&self, missed: &ByAgent, leading: Option<Named>) -> Option<Named> {
        let has_begun = |agent: &Named| match agent {
            None => !self.bridged.is_empty() || !self.answered.is_empty(),
            Some(_) if self.bridged.is_empty() => self.answered.contains_key(agent),
            Some(_) => self.bridged.contains_key(agent),
        };
        let place = |agent: &Named| (agent.is_none(), leading != Some(*agent), *agent);
        missed.keys().filter(|agent| has_begun(agent)).min_by_key(|agent| place(agent)).copied()
    }
}
