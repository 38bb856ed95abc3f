//! Queues in which subscribers wait for agents: inbound calls, chats and messages.

use attempt_ledger_domain::EventKind::Joined;

use super::ending;
use super::offers::Offers;
use crate::chance::Spread;
use crate::plan::Plan;
use crate::queue::Plot;
use crate::story::Conversation;

/// A call that came through the voice menu.
pub(super) fn inbound(plan: &mut Plan<'_>) {
    const LONGEST_WAIT_MS: i64 = 180_000;
    let joined_at = plan.now;
    let leg = plan.chance.leg();
    plan.now -= plan.chance.around(22_000, Spread::WIDE) + 700;
    plan.start_call(leg);
    plan.pass(200, 690);
    plan.answer_call();
    plan.now = joined_at;
    plan.pass(1, 6);
    plan.tell(Joined);
    let patience_ms = plan.chance.around(85_000, Spread::WIDE).clamp(1_200, LONGEST_WAIT_MS);
    let line_ms = plan.chance.around(900 + 240 * plan.load_percent, Spread::WIDE);
    let offers = Offers {
        gives_up_at: plan.now + patience_ms,
        answer_ms: 4_200,
        limit_ms: 15_000,
        misses: 800,
        silent: 0,
    };
    let ready_at = plan.now + line_ms;
    if offers.make(plan, ready_at) {
        ending::talk(plan, 140_000);
        ending::wrap_up(plan);
    } else {
        plan.end_call("NORMAL_CLEARING", 200);
        plan.leave("abandoned");
    }
}

/// A chat, or an instant message: the same loop without a call.
pub(super) fn conversation(plan: &mut Plan<'_>) {
    const LONGEST_WAIT_MS: i64 = 300_000;
    let leg = plan.chance.leg();
    plan.story.conversation = Some(Conversation { leg, offered_at: None, ended_at: None });
    plan.pass(1, 4);
    plan.tell(Joined);
    let patience_ms = plan.chance.around(240_000, Spread::WIDE).clamp(5_000, LONGEST_WAIT_MS);
    let line_ms = plan.chance.around(1_500 + 300 * plan.load_percent, Spread::WIDE);
    let offers = Offers {
        gives_up_at: plan.now + patience_ms,
        answer_ms: 5_500,
        limit_ms: 30_000,
        misses: 700,
        silent: 0,
    };
    let ready_at = plan.now + line_ms;
    if !offers.make(plan, ready_at) {
        end_conversation(plan);
        return plan.leave("abandoned");
    }
    ending::talk(plan, 230_000);
    // Silence ends conversations too: of the client, of the agent, of both.
    let silence = match plan.chance.below(100) {
        0..12 => "client_timeout",
        12..15 => "agent_timeout",
        15..18 => "dialog_timeout",
        _ => "",
    };
    if silence.is_empty() || plan.story.queue.plot == Plot::Message {
        end_conversation(plan);
        ending::wrap_up(plan);
    } else {
        plan.now += 300_000;
        end_conversation(plan);
        plan.pass(1, 9);
        plan.leave(silence);
    }
}

fn end_conversation(plan: &mut Plan<'_>) {
    if let Some(conversation) = &mut plan.story.conversation {
        conversation.ended_at = Some(plan.now);
    }
}
