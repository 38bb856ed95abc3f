//! The agent loop: the attempt is offered to one agent after another until somebody answers or
//! patience ends.

use attempt_ledger_domain::EventKind::{Missed, Offering};

use crate::chance::Spread;
use crate::pen::Pen;
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
    pub(super) fn make(&self, pen: &mut Pen<'_>, mut ready_at: i64) -> bool {
        while pen.take_agent(ready_at, self.gives_up_at) {
            pen.agent_leg = agent_leg(pen);
            if let Some(conversation) = &mut pen.story.conversation {
                conversation.offered_at = conversation.offered_at.or(Some(pen.now));
            }
            // When the agent's telephone cannot be reached at all, Missed comes without an offer.
            let unreachable = self.misses > 0 && pen.chance.happens(50);
            if unreachable {
                pen.pass(20, 400);
                pen.report(Missed);
            } else {
                pen.report(Offering);
                let ring = pen.chance.around(self.answer_ms, Spread::WIDE);
                let missed = ring > self.limit_ms || pen.chance.happens(self.misses);
                // Most who miss an offer let it ring; some decline.
                let ring_ms = match missed && pen.chance.happens(7_500) {
                    true => self.limit_ms + pen.chance.between(0, 400),
                    false => ring.clamp(700, self.limit_ms),
                };
                if pen.now + ring_ms > self.gives_up_at {
                    return self.give_up_while_ringing(pen);
                }
                pen.now += ring_ms;
                if !missed {
                    return true;
                }
                if !pen.chance.happens(self.silent) {
                    pen.report(Missed);
                }
            }
            pen.dismiss_agent();
            ready_at = pen.now + pen.chance.between(200, 1_600);
        }
        pen.now = pen.now.max(self.gives_up_at);
        false
    }

    /// The caller hangs up under the agent's hands: that, too, is reported as the agent's `Missed`,
    /// except in message queues.
    fn give_up_while_ringing(&self, pen: &mut Pen<'_>) -> bool {
        pen.now = pen.now.max(self.gives_up_at) + 1;
        pen.end_call("ORIGINATOR_CANCEL", 487);
        if pen.story.queue.plot != Plot::Message && !pen.chance.happens(self.silent) {
            pen.report(Missed);
        }
        pen.dismiss_agent();
        pen.pass(2, 15);
        false
    }
}

/// Chats have one session for both sides, messages none for the agent.
fn agent_leg(pen: &mut Pen<'_>) -> Option<crate::chance::LegId> {
    match (pen.story.queue.plot, &pen.story.conversation) {
        (Plot::Message, _) => None,
        (_, Some(conversation)) => Some(conversation.leg),
        (_, None) => Some(pen.chance.leg()),
    }
}
