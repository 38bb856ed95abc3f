//! Queues in which subscribers wait for agents: inbound calls, chats and messages.

use attempt_ledger_domain::EventKind::Joined;

use super::ending;
use super::offers::Offers;
use crate::chance::Spread;
use crate::pen::Pen;
use crate::queue::Plot;
use crate::story::Conversation;

/// A call that came through the voice menu.
pub(super) fn inbound(pen: &mut Pen<'_>) {
    const LONGEST_WAIT_MS: i64 = 180_000;
    let joined_at = pen.now;
    let leg = pen.chance.leg();
    pen.now -= pen.chance.around(22_000, Spread::WIDE) + 700;
    pen.start_call(leg);
    pen.pass(200, 690);
    pen.answer_call();
    pen.now = joined_at;
    pen.pass(1, 6);
    pen.report(Joined);
    let patience_ms = pen.chance.around(85_000, Spread::WIDE).clamp(1_200, LONGEST_WAIT_MS);
    let line_ms = pen.chance.around(900 + 240 * pen.load_percent, Spread::WIDE);
    let offers = Offers {
        gives_up_at: pen.now + patience_ms,
        answer_ms: 4_200,
        limit_ms: 15_000,
        misses: 800,
        silent: 0,
    };
    let ready_at = pen.now + line_ms;
    if offers.make(pen, ready_at) {
        ending::talk(pen, 140_000);
        ending::wrap_up(pen);
    } else {
        pen.end_call("NORMAL_CLEARING", 200);
        pen.leave("abandoned");
    }
}

/// A chat, or an instant message: the same loop without a call.
pub(super) fn conversation(pen: &mut Pen<'_>) {
    const LONGEST_WAIT_MS: i64 = 300_000;
    let leg = pen.chance.leg();
    pen.story.conversation = Some(Conversation { leg, offered_at: None, ended_at: None });
    pen.pass(1, 4);
    pen.report(Joined);
    let patience_ms = pen.chance.around(240_000, Spread::WIDE).clamp(5_000, LONGEST_WAIT_MS);
    let line_ms = pen.chance.around(1_500 + 300 * pen.load_percent, Spread::WIDE);
    let offers = Offers {
        gives_up_at: pen.now + patience_ms,
        answer_ms: 5_500,
        limit_ms: 30_000,
        misses: 700,
        silent: 0,
    };
    let ready_at = pen.now + line_ms;
    if !offers.make(pen, ready_at) {
        end_conversation(pen);
        return pen.leave("abandoned");
    }
    ending::talk(pen, 230_000);
    // Silence ends conversations too: of the client, of the agent, of both.
    let silence = match pen.chance.below(100) {
        0..12 => "client_timeout",
        12..15 => "agent_timeout",
        15..18 => "dialog_timeout",
        _ => "",
    };
    if silence.is_empty() || pen.story.queue.plot == Plot::Message {
        end_conversation(pen);
        ending::wrap_up(pen);
    } else {
        pen.now += 300_000;
        end_conversation(pen);
        pen.pass(1, 9);
        pen.leave(silence);
    }
}

fn end_conversation(pen: &mut Pen<'_>) {
    if let Some(conversation) = &mut pen.story.conversation {
        conversation.ended_at = Some(pen.now);
    }
}
