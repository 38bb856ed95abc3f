//! From the run to the agents' legs.
//!
//! The producer has no event for a withdrawn offer or a transfer, and any event can be missing; these rules
//! say what is concluded from the others:
//!
//! * Offering opens a leg and withdraws every leg that rings.
//! * Missed closes the agent's ringing leg, else the one that the agent has answered; one that names nobody
//!   closes the leg that rings, else the last that was answered. Without such a leg it is one of its own.
//!   After a connection it closes no offer: it ends the agent's talk, and with it the leg; one that names
//!   nobody ends whatever talk goes on.
//! * Answered and Active end the ringing of the agent's leg; without one they open one.
//! * Bridged connects the agent's leg, opening one if need be, and ends every other: a transfer.
//! * Processing ends every talk and ringing, and begins the after-call work of its agent.
//! * Leaving ends everything.

use std::collections::BTreeSet;

use attempt_ledger_domain::timeline::{Bound, Instants, OpenLegs, RunStep as _};
use attempt_ledger_domain::{AgentId, AttemptId, EventKind, QueueId, QueueType};

use super::leg_fields::LegFields;
use super::leg_owners::LegOwners;
use super::step::Step;
use crate::{AgentState, MissedBy, OfferOutcome, OfferRow, StateSet};

/// A leg as far as the run has come.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    agent_id: Option<AgentId>,
    started_at: Bound,
    offered_at: Option<Bound>,
    answered_at: Option<Bound>,
    bridged_at: Option<Bound>,
    ring_ended_at: Option<Bound>,
    talk_ended_at: Option<Bound>,
    wrap_started_at: Option<Bound>,
    ended_at: Option<Bound>,
    missed_by: Option<MissedBy>,
    fields: LegFields,
}

/// The legs of a run, in the order of their beginning.
pub(super) fn legs(
    run: &[&Step],
    instants: &Instants,
    queue_type: Option<QueueType>,
    owners: &LegOwners<'_>,
) -> Vec<Leg> {
    let mut legs = Legs::default();
    for (index, step) in run.iter().enumerate() {
        if let Some(bridge) =
            instants.carried_bridge.filter(|bridge| bridge.connects && bridge.before == index)
        {
            legs.bridge(bridge.agent_id, bridge.at);
        }
        let (agent, at) = (step.agent_id(), Bound::of(*step));
        let missed = legs.missable.take(*step);
        let touched = match step.event {
            EventKind::Joined => None,
            EventKind::Offering => Some(legs.offer(agent, at)),
            EventKind::Missed => legs.miss(agent, missed, at, MissedBy::of(*step, queue_type)),
            EventKind::Answered | EventKind::Active => Some(legs.answer(agent, at)),
            EventKind::Bridged => Some(legs.bridge(agent, at)),
            EventKind::Processing => Some(legs.wrap_up(agent, at)),
            EventKind::Leaving => {
                legs.end_others(None, at);
                legs.all.iter().rposition(|leg| leg.agent_id == agent)
            }
        };
        if let Some(touched) = touched {
            let leg = &mut legs.all[touched];
            leg.fields.take(step, owners.id_of(step, leg.agent_id));
        }
    }
    // A Missed can be the end of an attempt that reports no Leaving.
    if let Some(left) = instants.left {
        legs.end_others(None, left);
    }
    debug_assert!(legs.all.iter().filter(|leg| leg.rings()).count() <= 1, "one offer rings at a time");
    legs.all
}

impl Leg {
    fn begin(agent_id: Option<AgentId>, started_at: Bound) -> Self {
        Self {
            agent_id,
            started_at,
            offered_at: None,
            answered_at: None,
            bridged_at: None,
            ring_ended_at: None,
            talk_ended_at: None,
            wrap_started_at: None,
            ended_at: None,
            missed_by: None,
            fields: LegFields::default(),
        }
    }

    fn rings(&self) -> bool {
        self.offered_at.is_some() && self.ring_ended_at.is_none() && self.ended_at.is_none()
    }

    fn talks(&self) -> bool {
        self.bridged_at.is_some() && self.talk_ended_at.is_none() && self.ended_at.is_none()
    }

    fn end_ring(&mut self, at: Bound) {
        if self.rings() {
            self.ring_ended_at = Some(at);
        }
    }

    fn end_talk(&mut self, at: Bound) {
        if self.talks() {
            self.talk_ended_at = Some(at);
        }
    }

    fn end(&mut self, at: Bound) {
        if self.ended_at.is_none() {
            self.end_ring(at);
            self.end_talk(at);
            self.ended_at = Some(at);
        }
    }

    fn outcome(&self) -> OfferOutcome {
        let worked = self.answered_at.is_some() || self.wrap_started_at.is_some();
        match self.ended_at {
            _ if self.bridged_at.is_some() => OfferOutcome::Bridged,
            _ if self.missed_by.is_some() => OfferOutcome::Missed,
            Some(_) if worked => OfferOutcome::Answered,
            Some(_) => OfferOutcome::Withdrawn,
            None => OfferOutcome::Open,
        }
    }

    pub(super) fn row(
        &self,
        attempt_id: AttemptId,
        index: usize,
        queue_id: Option<QueueId>,
        queue_type: Option<QueueType>,
    ) -> OfferRow {
        let between = |start: Option<Bound>, end: Option<Bound>| start?.ms_until(end?);
        let at = |bound: Option<Bound>| bound.map(|bound| bound.at);
        let talk_ms = between(self.bridged_at, self.talk_ended_at);
        let wrap_ms = between(self.wrap_started_at, self.ended_at);
        let is_wrap_known = self.wrap_started_at.is_none() || wrap_ms.is_some();
        let is_over = self.ended_at.is_some();
        self.fields.put_into(OfferRow {
            attempt_id,
            leg: u32::try_from(index + 1).unwrap_or(u32::MAX),
            queue_id,
            queue_type,
            agent_id: self.agent_id,
            outcome: self.outcome(),
            missed_by: self.missed_by,
            started_at: self.started_at.at,
            offered_at: at(self.offered_at),
            answered_at: at(self.answered_at),
            bridged_at: at(self.bridged_at),
            ring_ended_at: at(self.ring_ended_at),
            talk_ended_at: at(self.talk_ended_at),
            wrap_started_at: at(self.wrap_started_at),
            ended_at: at(self.ended_at),
            ring_ms: between(self.offered_at, self.ring_ended_at),
            answer_ms: between(self.offered_at, self.bridged_at),
            talk_ms,
            wrap_ms,
            handle_ms: talk_ms
                .filter(|_| is_over && is_wrap_known)
                .map(|talk_ms| talk_ms + wrap_ms.unwrap_or_default()),
            agent_name: None,
            user_id: None,
            agent_extension: None,
            agent_channel_id: None,
            member_channel_id: None,
            use_processing: None,
            member_name: None,
            call_bill_sec: None,
            call_duration: None,
            call_voice_sec: None,
            untimed_states: self.untimed_states(),
        })
    }

    /// The states of which an end has the time of a receipt.
    fn untimed_states(&self) -> StateSet {
        let is_untimed = |start: Option<Bound>, end: Option<Bound>| {
            start.is_some_and(|start| start.is_receipt() || end.is_some_and(Bound::is_receipt))
        };
        let answer_end = self.bridged_at.or(self.ended_at);
        let found = [
            (AgentState::Ringing, is_untimed(self.offered_at, self.ring_ended_at)),
            (AgentState::Connecting, is_untimed(self.answered_at, answer_end)),
            (AgentState::Talking, is_untimed(self.bridged_at, self.talk_ended_at)),
            (AgentState::WrapUp, is_untimed(self.wrap_started_at, self.ended_at)),
        ];
        let untimed = found.into_iter().filter(|(_, is_untimed)| *is_untimed);
        untimed.fold(StateSet::default(), |states, (state, _)| states.with(state))
    }
}

/// The legs so far. What an event does costs the same however many there are: only those that go on are
/// looked at, and each ends once.
#[derive(Default)]
struct Legs {
    all: Vec<Leg>,
    /// The legs that have not ended, by agent and then by their beginning.
    open: BTreeSet<(Option<AgentId>, usize)>,
    /// Which of them a Missed can close.
    missable: OpenLegs,
    has_bridged: bool,
}

impl Legs {
    fn offer(&mut self, agent: Option<AgentId>, at: Bound) -> usize {
        self.end_where(at, |_, leg| leg.rings());
        self.begin(Leg { offered_at: Some(at), ..Leg::begin(agent, at) })
    }

    /// Answers with the leg that it ends, of the agent whom it means; none where nothing goes on after a
    /// connection.
    fn miss(
        &mut self,
        agent: Option<AgentId>,
        missed: Option<Option<AgentId>>,
        at: Bound,
        by: MissedBy,
    ) -> Option<usize> {
        let mut closed = None;
        if self.has_bridged {
            self.end_where(at, |index, leg| {
                let ends = leg.talks() && (agent.is_none() || leg.agent_id == agent);
                closed = closed.or(ends.then_some(index));
                ends
            });
            return closed;
        }
        let index = missed.and_then(|agent| self.open_index(agent)).unwrap_or_else(|| {
            let ring_ended_at = Some(at);
            self.begin(Leg { ring_ended_at, ..Leg::begin(agent, at) })
        });
        self.end_where(at, |other, leg| {
            if other == index {
                leg.missed_by = Some(by);
            }
            other == index
        });
        Some(index)
    }

    fn answer(&mut self, agent: Option<AgentId>, at: Bound) -> usize {
        let index = self.current_index(agent, at);
        let leg = &mut self.all[index];
        leg.end_ring(at);
        leg.answered_at.get_or_insert(at);
        index
    }

    fn bridge(&mut self, agent: Option<AgentId>, at: Bound) -> usize {
        let index = self.current_index(agent, at);
        self.has_bridged = true;
        self.missable.end();
        let leg = &mut self.all[index];
        leg.end_ring(at);
        leg.bridged_at.get_or_insert(at);
        self.end_others(Some(index), at);
        index
    }

    fn wrap_up(&mut self, agent: Option<AgentId>, at: Bound) -> usize {
        let talked = self.all.iter().rposition(|leg| leg.agent_id == agent && leg.bridged_at.is_some());
        let index = talked.unwrap_or_else(|| self.current_index(agent, at));
        let leg = &mut self.all[index];
        leg.end_ring(at);
        leg.end_talk(at);
        // The agent handed the talk over and still has work with it.
        leg.ended_at = None;
        leg.wrap_started_at = Some(at);
        self.open.insert((agent, index));
        self.end_others(Some(index), at);
        index
    }

    fn begin(&mut self, leg: Leg) -> usize {
        let index = self.all.len();
        self.open.insert((leg.agent_id, index));
        self.all.push(leg);
        index
    }

    /// Ends every leg but one.
    fn end_others(&mut self, kept: Option<usize>, at: Bound) {
        self.end_where(at, |index, _| Some(index) != kept);
    }

    /// Ends the open legs that are meant.
    fn end_where(&mut self, at: Bound, mut is_meant: impl FnMut(usize, &mut Leg) -> bool) {
        let all = &mut self.all;
        self.open.retain(|(_, index)| {
            let leg = &mut all[*index];
            let is_meant = is_meant(*index, leg);
            if is_meant {
                leg.end(at);
            }
            !is_meant
        });
    }

    /// The agent's latest leg that has not ended; a new one where there is none.
    fn current_index(&mut self, agent: Option<AgentId>, at: Bound) -> usize {
        self.open_index(agent).unwrap_or_else(|| self.begin(Leg::begin(agent, at)))
    }

    fn open_index(&self, agent: Option<AgentId>) -> Option<usize> {
        self.open.range((agent, 0)..=(agent, usize::MAX)).next_back().map(|(_, index)| *index)
    }
}
