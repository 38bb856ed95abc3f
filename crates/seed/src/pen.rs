//! The pen that writes a story: a clock that only goes forward, the agent at hand, and the steps so far.

use attempt_ledger_domain::{EventKind, HookName};

use super::arrivals::AttemptStart;
use super::chance::{Chance, LegId, Spread};
use super::member;
use super::pool::{Agent, AgentPool};
use super::queue::{Plot, SeedQueue};
use super::story::{CallLeg, SeedMember, Story, StoryStep, Variable, VariableValue};

/// A story and what its next step needs.
pub(super) struct Pen<'a> {
    pub(super) story: Story,
    pub(super) chance: &'a mut Chance,
    pool: &'a mut AgentPool,
    /// The present, in milliseconds since 1970.
    pub(super) now: i64,
    pub(super) load_percent: i64,
    agent: Option<Agent>,
    pub(super) agent_leg: Option<LegId>,
    pub(super) result: &'static str,
    pub(super) stop_cause: &'static str,
}

impl<'a> Pen<'a> {
    /// An attempt that begins at `moment` in `queue`; nothing has happened yet.
    pub(super) fn new(
        attempt_id: i64,
        queue: &'static SeedQueue,
        moment: AttemptStart,
        chance: &'a mut Chance,
        pool: &'a mut AgentPool,
    ) -> Self {
        let member = SeedMember::draw(queue, chance);
        let variables = member::variables(queue, chance);
        let story = Story {
            attempt_id,
            queue,
            joined_at: moment.at,
            bridged_at: None,
            waits_from: None,
            member,
            call: None,
            conversation: None,
            variables,
            steps: Vec::with_capacity(8),
        };
        Self {
            story,
            chance,
            pool,
            now: moment.at,
            load_percent: moment.load_percent,
            agent: None,
            agent_leg: None,
            result: "",
            stop_cause: "",
        }
    }

    /// Lets from `low` to `high` milliseconds go by.
    pub(super) fn pass(&mut self, low: i64, high: i64) {
        self.now += self.chance.between(low, high);
    }

    /// Lets about `median_ms` go by, at least `low` and at most `high`.
    pub(super) fn pass_about(&mut self, median_ms: i64, spread: Spread, low: i64, high: i64) {
        self.now += self.chance.around(median_ms, spread).clamp(low, high);
    }

    /// Reports a step, if the queue has a hook for it.
    ///
    /// Two steps may share a millisecond only when their kinds show which one was first.
    pub(super) fn report(&mut self, state: EventKind) {
        if let Some(last) = self.story.steps.last()
            && let HookName::Event(before) = last.hook
            && (last.at > self.now || (last.at == self.now && before.rank() >= state.rank()))
        {
            self.now = last.at + 1;
        }
        let Some(event) = self.story.queue.hook_for(state) else {
            return;
        };
        let idle = state == EventKind::Joined && matches!(self.story.queue.plot, Plot::Chat | Plot::Message);
        self.story.steps.push(StoryStep {
            at: self.now,
            hook: event.into(),
            state: if idle { "idle" } else { state.wire_name() },
            agent: self.agent,
            agent_leg: self.agent_leg,
            result: self.result,
            stop_cause: self.stop_cause,
        });
    }

    /// Waits for an agent who is free at `from`; `false`, and no time goes by, when there is none
    /// until `latest`.
    pub(super) fn take_agent(&mut self, from: i64, latest: i64) -> bool {
        match self.pool.take(self.story.queue.team, from, latest, self.chance) {
            Some((agent, at)) => {
                self.agent = Some(agent);
                self.now = self.now.max(at);
                true
            }
            None => false,
        }
    }

    /// The agent goes back to the pool after a short breath, and payloads lose the agent's fields.
    pub(super) fn dismiss_agent(&mut self) {
        if let Some(agent) = self.agent.take() {
            let breath_ms = self.chance.between(800, 3_000);
            self.pool.release(agent, self.now + breath_ms);
        }
        self.agent_leg = None;
    }

    /// Another agent takes over, silently: no event reports it. Stays as it is when nobody is free.
    pub(super) fn hand_over(&mut self) {
        let first = self.agent;
        if !self.take_agent(self.now, self.now) {
            return;
        }
        if let Some(first) = first {
            self.pool.release(first, self.now + 2_000);
        }
    }

    /// Ends the story: an agent who is still at work becomes free.
    pub(super) fn finish(mut self) -> Story {
        self.dismiss_agent();
        self.story.variables.sort_by_key(|variable| variable.name);
        self.story
    }

    /// Adds a variable that payloads carry from now on.
    pub(super) fn learn(&mut self, name: &'static str, value: VariableValue) {
        self.story.variables.push(Variable { name, value, known_from: self.now });
    }

    /// Creates the leg that `call_*` fields describe, as of now.
    pub(super) fn start_call(&mut self, leg: LegId) {
        self.story.call = Some(CallLeg {
            leg,
            created_at: self.now,
            answered_at: None,
            bridged_at: None,
            ended_at: None,
            end_known_at: None,
            cause: "",
            sip_code: 0,
            amd_result: "",
            creation_unknown: self.chance.happens(10),
        });
    }

    /// The leg is answered now.
    pub(super) fn answer_call(&mut self) {
        if let Some(call) = &mut self.story.call {
            call.answered_at = Some(self.now);
        }
    }

    /// The leg ends now, unless it already has.
    pub(super) fn end_call(&mut self, cause: &'static str, sip_code: u64) {
        if let Some(call) = self.story.call.as_mut().filter(|call| call.ended_at.is_none()) {
            call.ended_at = Some(self.now);
            call.end_known_at = Some(self.now);
            call.cause = cause;
            call.sip_code = sip_code;
        }
    }

    /// Both sides are connected now; payloads keep the first such time.
    pub(super) fn connect(&mut self) {
        self.story.bridged_at = self.story.bridged_at.or(Some(self.now));
        if let Some(call) = &mut self.story.call {
            call.bridged_at = call.bridged_at.or(Some(self.now));
        }
    }

    /// The last step, with its result.
    pub(super) fn leave(&mut self, result: &'static str) {
        self.result = result;
        self.report(EventKind::Leaving);
    }
}
