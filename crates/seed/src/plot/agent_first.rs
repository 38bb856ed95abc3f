//! Queues that give the agent the member first and connect afterwards: preview, offline and agent tasks.

use attempt_ledger_domain::EventKind::{Active, Missed, Offering};

use super::dialers::{NO_ANSWER, reserve_agent};
use super::ending;
use crate::chance::Spread;
use crate::plan::Plan;
use crate::story::ZERO_TIME;

/// Preview: the agent reads about the member, then the member is called on the agent's leg.
pub(super) fn preview(plan: &mut Plan<'_>) {
    if !reserve_agent(plan) {
        return;
    }
    plan.pass(350, 900);
    let leg = plan.chance.leg();
    plan.agent_leg = Some(leg);
    plan.start_call(leg);
    plan.tell(Offering);
    if plan.chance.happens(1_000) {
        return decline(plan, 20_000);
    }
    plan.pass_about(4_000, Spread::WIDE, 600, 19_000);
    plan.answer_call();
    plan.tell(Active);
    if plan.chance.happens(4_200) {
        let (cause, sip_code) = plan.chance.pick(&NO_ANSWER);
        plan.pass_about(21_000, Spread::NARROW, 3_000, 45_000);
        plan.end_call(cause, sip_code);
        if plan.story.queue.processing_ms > 0 {
            return ending::wrap_up(plan);
        }
        plan.pass(3, 40);
        return plan.leave("abandoned");
    }
    plan.pass_about(10_000, Spread::WIDE, 1_500, 40_000);
    ending::talk(plan, 110_000);
    ending::wrap_up(plan);
}

/// Offline: the agent picked the member by hand. A miss is never followed by anything.
pub(super) fn offline(plan: &mut Plan<'_>) {
    if !reserve_agent(plan) {
        return;
    }
    plan.story.joined_at = ZERO_TIME;
    plan.pass(200, 600);
    plan.agent_leg = Some(plan.chance.leg());
    plan.tell(Offering);
    if plan.chance.happens(1_300) {
        plan.pass(29_000, 30_600);
        plan.result = "cancel";
        plan.stop_cause = "missed";
        return plan.tell(Missed);
    }
    plan.pass_about(3_200, Spread::WIDE, 600, 28_000);
    plan.tell(Active);
    if plan.chance.happens(2_500) {
        // The member did not answer, and still the dialer calls it a success.
        plan.pass_about(19_000, Spread::NARROW, 3_000, 45_000);
        return plan.leave("success");
    }
    plan.pass_about(11_000, Spread::WIDE, 2_000, 40_000);
    ending::talk(plan, 95_000);
    ending::wrap_up(plan);
}

/// Agent task: no call at all; the work between acceptance and report is the talk.
pub(super) fn task(plan: &mut Plan<'_>) {
    if !reserve_agent(plan) {
        return;
    }
    plan.pass(15, 60);
    plan.tell(Offering);
    if plan.chance.happens(900) {
        return decline(plan, 60_000);
    }
    plan.pass_about(8_000, Spread::WIDE, 900, 59_000);
    ending::talk(plan, 210_000);
    ending::wrap_up(plan);
}

/// The agent lets the offer pass, or declines it, and the attempt ends at once.
fn decline(plan: &mut Plan<'_>, limit_ms: i64) {
    if plan.chance.happens(7_000) {
        plan.now += limit_ms;
        plan.pass(0, 300);
        plan.end_call("NO_ANSWER", 487);
    } else {
        plan.pass(1_500, 7_000);
        plan.end_call("CALL_REJECTED", 486);
    }
    plan.result = "cancel";
    plan.tell(Missed);
    plan.pass(2, 9);
    plan.leave("cancel");
}
