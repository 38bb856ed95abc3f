//! The agent loop: the attempt is offered to one agent after another until somebody answers or
//! patience ends.

use attempt_ledger_domain::EventKind::{Missed, Offering};

use crate::chance::Spread;
use crate::plan::Plan;
use crate::queue::Plot;

/// How a queue offers its attempts.
pub(super) struct Offers {
    /// Until when the subscriber, or the queue, has patience.
    pub(super) gives_up_at: i64,
    /// How long an agent needs to answer, in the middle.
    pub(super) answer_ms: i64,
    /// How long an agent is rung.
    pub(super) limit_ms: i64,
    /// Offers of 10,000 that the agent lets pass or declines.
    pub(super) misses: u64,
    /// Missed offers of 10,000 that go back to waiting without a `Missed`.
    pub(super) silent: u64,
}

impl Offers {
    /// Offers from `ready_at` on. Answers whether an agent took it; if not, patience has ended now.
    pub(super) fn make(&self, plan: &mut Plan<'_>, mut ready_at: i64) -> bool {
        while plan.take_agent(ready_at, self.gives_up_at) {
            plan.agent_leg = agent_leg(plan);
            if let Some(conversation) = &mut plan.story.conversation {
                conversation.offered_at = conversation.offered_at.or(Some(plan.now));
            }
            // When the agent's telephone cannot be reached at all, Missed comes without an offer.
            let unreachable = self.misses > 0 && plan.chance.happens(50);
            if unreachable {
                plan.pass(20, 400);
                plan.tell(Missed);
            } else {
                plan.tell(Offering);
                let ring = plan.chance.around(self.answer_ms, Spread::WIDE);
                let missed = ring > self.limit_ms || plan.chance.happens(self.misses);
                // Most who miss an offer let it ring; some decline.
                let ring_ms = match missed && plan.chance.happens(7_500) {
                    true => self.limit_ms + plan.chance.between(0, 400),
                    false => ring.clamp(700, self.limit_ms),
                };
                if plan.now + ring_ms > self.gives_up_at {
                    return self.give_up_while_ringing(plan);
                }
                plan.now += ring_ms;
                if !missed {
                    return true;
                }
                if !plan.chance.happens(self.silent) {
                    plan.tell(Missed);
                }
            }
            plan.dismiss_agent();
            ready_at = plan.now + plan.chance.between(200, 1_600);
        }
        plan.now = plan.now.max(self.gives_up_at);
        false
    }

    /// The caller hangs up under the agent's hands: that, too, is reported as the agent's `Missed`,
    /// except in message queues.
    fn give_up_while_ringing(&self, plan: &mut Plan<'_>) -> bool {
        plan.now = plan.now.max(self.gives_up_at) + 1;
        plan.end_call("ORIGINATOR_CANCEL", 487);
        if plan.story.queue.plot != Plot::Message && !plan.chance.happens(self.silent) {
            plan.tell(Missed);
        }
        plan.dismiss_agent();
        plan.pass(2, 15);
        false
    }
}

/// Chats have one session for both sides, messages none for the agent.
fn agent_leg(plan: &mut Plan<'_>) -> Option<crate::chance::Leg> {
    match (plan.story.queue.plot, &plan.story.conversation) {
        (Plot::Message, _) => None,
        (_, Some(conversation)) => Some(conversation.leg),
        (_, None) => Some(plan.chance.leg()),
    }
}
