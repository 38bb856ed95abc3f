//! Queues without agents: the voice menu that dials, and tasks that programs carry out.

use attempt_ledger_domain::EventKind::{Bridged, Joined, Offering};

use super::dialers::NO_ANSWER;
use super::ending;
use crate::chance::Spread;
use crate::pen::Pen;
use crate::story::VariableValue;

/// Outbound IVR: the member is called and talks to a menu.
pub(super) fn voice(pen: &mut Pen<'_>) {
    const SHORTEST_SUCCESS_MS: i64 = 10_000;
    pen.pass(8, 40);
    pen.report(Joined);
    pen.pass(90, 320);
    let leg = pen.chance.leg();
    pen.start_call(leg);
    pen.report(Offering);
    if pen.chance.happens(3_800) {
        let (cause, sip_code) = pen.chance.pick(&NO_ANSWER);
        pen.pass_about(22_000, Spread::NARROW, 2_000, 45_000);
        pen.end_call(cause, sip_code);
        pen.pass(2, 30);
        return pen.leave("abandoned");
    }
    pen.pass_about(9_000, Spread::WIDE, 1_500, 45_000);
    pen.answer_call();
    // The menu is not a bridge of two legs: payloads keep `call_bill_sec` at 0.
    pen.story.bridged_at = Some(pen.now);
    pen.report(Bridged);
    let answered_at = pen.now;
    pen.pass_about(34_000, Spread::WIDE, 900, 400_000);
    pen.end_call("NORMAL_CLEARING", 200);
    let listened = pen.now - answered_at > SHORTEST_SUCCESS_MS;
    if listened && pen.chance.happens(8_500) {
        let score = pen.chance.below(11);
        pen.learn("nps", VariableValue::Number(score));
    }
    pen.pass(2, 30);
    pen.stop_cause = if listened { "success" } else { "" };
    let too_short = if pen.chance.happens(1_000) { "failed" } else { "abandoned" };
    pen.leave(if listened { "success" } else { too_short });
}

/// Outbound task: taken over by a program in the same instant.
pub(super) fn task(pen: &mut Pen<'_>) {
    pen.pass(3, 25);
    pen.report(Joined);
    pen.pass(0, 1);
    ending::connect(pen);
    pen.pass_about(2_400, Spread::WIDE, 40, 60_000);
    let done = pen.chance.happens(8_800);
    pen.stop_cause = if done { "success" } else { "" };
    pen.leave(if done { "success" } else { "abandoned" });
}
