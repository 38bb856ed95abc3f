//! Queues without agents: the voice menu that dials, and tasks that programs carry out.

use attempt_ledger_domain::EventKind::{Bridged, Joined, Offering};

use super::dialers::NO_ANSWER;
use super::ending;
use crate::chance::Spread;
use crate::plan::Plan;
use crate::story::Value;

/// Outbound IVR: the member is called and talks to a menu.
pub(super) fn voice(plan: &mut Plan<'_>) {
    const SHORTEST_SUCCESS_MS: i64 = 10_000;
    plan.pass(8, 40);
    plan.tell(Joined);
    plan.pass(90, 320);
    let leg = plan.chance.leg();
    plan.start_call(leg);
    plan.tell(Offering);
    if plan.chance.happens(3_800) {
        let (cause, sip_code) = plan.chance.pick(&NO_ANSWER);
        plan.pass_about(22_000, Spread::NARROW, 2_000, 45_000);
        plan.end_call(cause, sip_code);
        plan.pass(2, 30);
        return plan.leave("abandoned");
    }
    plan.pass_about(9_000, Spread::WIDE, 1_500, 45_000);
    plan.answer_call();
    // The menu is not a bridge of two legs: payloads keep `call_bill_sec` at 0.
    plan.story.bridged_at = Some(plan.now);
    plan.tell(Bridged);
    let answered_at = plan.now;
    plan.pass_about(34_000, Spread::WIDE, 900, 400_000);
    plan.end_call("NORMAL_CLEARING", 200);
    let heard = plan.now - answered_at > SHORTEST_SUCCESS_MS;
    if heard && plan.chance.happens(8_500) {
        let score = plan.chance.below(11);
        plan.learn("nps", Value::Number(score));
    }
    plan.pass(2, 30);
    plan.stop_cause = if heard { "success" } else { "" };
    let too_short = if plan.chance.happens(1_000) { "failed" } else { "abandoned" };
    plan.leave(if heard { "success" } else { too_short });
}

/// Outbound task: taken over by a program in the same instant.
pub(super) fn task(plan: &mut Plan<'_>) {
    plan.pass(3, 25);
    plan.tell(Joined);
    plan.pass(0, 1);
    ending::connect(plan);
    plan.pass_about(2_400, Spread::WIDE, 40, 60_000);
    let done = plan.chance.happens(8_800);
    plan.stop_cause = if done { "success" } else { "" };
    plan.leave(if done { "success" } else { "abandoned" });
}
