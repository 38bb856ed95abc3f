//! Queues that give the agent the member first and connect afterwards: preview, offline and agent tasks.

use attempt_ledger_domain::EventKind::{Active, Missed, Offering};

use super::dialers::{NO_ANSWER, reserve_agent};
use super::ending;
use crate::chance::Spread;
use crate::pen::Pen;
use crate::story::ZERO_TIME;

/// Preview: the agent reads about the member, then the member is called on the agent's leg.
pub(super) fn preview(pen: &mut Pen<'_>) {
    if !reserve_agent(pen) {
        return;
    }
    pen.pass(350, 900);
    let leg = pen.chance.leg();
    pen.agent_leg = Some(leg);
    pen.start_call(leg);
    pen.report(Offering);
    if pen.chance.happens(1_000) {
        return decline(pen, 20_000);
    }
    pen.pass_about(4_000, Spread::WIDE, 600, 19_000);
    pen.answer_call();
    pen.report(Active);
    if pen.chance.happens(4_200) {
        let (cause, sip_code) = pen.chance.pick(&NO_ANSWER);
        pen.pass_about(21_000, Spread::NARROW, 3_000, 45_000);
        pen.end_call(cause, sip_code);
        if pen.story.queue.processing_ms > 0 {
            return ending::wrap_up(pen);
        }
        pen.pass(3, 40);
        return pen.leave("abandoned");
    }
    pen.pass_about(10_000, Spread::WIDE, 1_500, 40_000);
    ending::talk(pen, 110_000);
    ending::wrap_up(pen);
}

/// Offline: the agent picked the member by hand. A miss is never followed by anything.
pub(super) fn offline(pen: &mut Pen<'_>) {
    if !reserve_agent(pen) {
        return;
    }
    pen.story.joined_at = ZERO_TIME;
    pen.pass(200, 600);
    pen.agent_leg = Some(pen.chance.leg());
    pen.report(Offering);
    if pen.chance.happens(1_300) {
        pen.pass(29_000, 30_600);
        pen.result = "cancel";
        pen.stop_cause = "missed";
        return pen.report(Missed);
    }
    pen.pass_about(3_200, Spread::WIDE, 600, 28_000);
    pen.report(Active);
    if pen.chance.happens(2_500) {
        // The member did not answer, and still the dialer calls it a success.
        pen.pass_about(19_000, Spread::NARROW, 3_000, 45_000);
        return pen.leave("success");
    }
    pen.pass_about(11_000, Spread::WIDE, 2_000, 40_000);
    ending::talk(pen, 95_000);
    ending::wrap_up(pen);
}

/// Agent task: no call at all; the work between acceptance and report is the talk.
pub(super) fn task(pen: &mut Pen<'_>) {
    if !reserve_agent(pen) {
        return;
    }
    pen.pass(15, 60);
    pen.report(Offering);
    if pen.chance.happens(900) {
        return decline(pen, 60_000);
    }
    pen.pass_about(8_000, Spread::WIDE, 900, 59_000);
    ending::talk(pen, 210_000);
    ending::wrap_up(pen);
}

/// The agent lets the offer pass, or declines it, and the attempt ends at once.
fn decline(pen: &mut Pen<'_>, limit_ms: i64) {
    if pen.chance.happens(7_000) {
        pen.now += limit_ms;
        pen.pass(0, 300);
        pen.end_call("NO_ANSWER", 487);
    } else {
        pen.pass(1_500, 7_000);
        pen.end_call("CALL_REJECTED", 486);
    }
    pen.result = "cancel";
    pen.report(Missed);
    pen.pass(2, 9);
    pen.leave("cancel");
}
