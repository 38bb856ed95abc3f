//! Dialers that call members before agents: progressive and predictive.

use attempt_ledger_domain::EventKind::{Missed, Offering};

use super::ending;
use super::offers::Offers;
use crate::chance::Spread;
use crate::pen::Pen;

/// Why a member was not reached, with the code of the telephone network.
pub(super) const NO_ANSWER: [(&str, u64); 6] = [
    ("NO_ANSWER", 487),
    ("NO_ANSWER", 487),
    ("USER_BUSY", 486),
    ("NO_USER_RESPONSE", 480),
    ("UNALLOCATED_NUMBER", 404),
    ("CALL_REJECTED", 603),
];

/// Progressive: one call for one reserved agent, whose fields are in every payload, offered or not.
pub(super) fn progressive(pen: &mut Pen<'_>) {
    if !reserve_agent(pen) || !reach_member(pen, 4_200, &["abandoned"]) {
        return;
    }
    pen.pass(40, 300);
    pen.agent_leg = Some(pen.chance.leg());
    // Rarely the agent's telephone cannot be reached, and the miss comes without an offer.
    if !pen.chance.happens(60) {
        pen.report(Offering);
        if !pen.chance.happens(350) {
            pen.pass_about(1_300, Spread::WIDE, 200, 9_900);
            ending::talk(pen, 120_000);
            return ending::wrap_up(pen);
        }
        pen.pass(9_900, 10_300);
    }
    pen.result = "cancel";
    pen.report(Missed);
    pen.end_call("NORMAL_CLEARING", 200);
    pen.pass(2, 9);
    pen.leave("cancel");
}

/// Predictive: members are called ahead of agents, so an answered call may find nobody free.
pub(super) fn predictive(pen: &mut Pen<'_>) {
    pen.pass(2, 30);
    if !reach_member(pen, 5_600, &["abandoned", "abandoned", "failed"]) {
        return;
    }
    pen.story.waits_from = Some(pen.now);
    let line_ms = pen.chance.around(300 + 12 * pen.load_percent, Spread::WIDE);
    let patience_ms = pen.chance.around(14_000, Spread::WIDE).min(30_000);
    let offers = Offers {
        gives_up_at: pen.now + patience_ms,
        answer_ms: 1_400,
        limit_ms: 8_000,
        misses: 450,
        silent: 3_000,
    };
    let ready_at = pen.now + line_ms;
    if offers.make(pen, ready_at) {
        ending::talk(pen, 115_000);
        ending::wrap_up(pen);
    } else {
        pen.end_call("NORMAL_CLEARING", 200);
        pen.leave("abandoned");
    }
}

/// Takes an agent before anything is dialled. When nobody is free for long, or a list bars the
/// number, the attempt ends with `Leaving` alone and this answers `false`.
pub(super) fn reserve_agent(pen: &mut Pen<'_>) -> bool {
    const LONGEST_WAIT_MS: i64 = 120_000;
    let barred = pen.chance.happens(120);
    if !barred && pen.take_agent(pen.now, pen.now + LONGEST_WAIT_MS) {
        pen.story.joined_at = pen.now;
        return true;
    }
    pen.pass(5, 40);
    pen.leave("abandoned");
    false
}

/// Calls the member. `failures` of 10,000 end with `Leaving` alone and one of `results`: no answer,
/// or a machine.
fn reach_member(pen: &mut Pen<'_>, failures: u64, results: &[&'static str]) -> bool {
    pen.pass(15, 90);
    let leg = pen.chance.leg();
    pen.start_call(leg);
    if pen.chance.happens(failures) {
        let machine = pen.chance.happens(3_500);
        pen.pass_about(if machine { 8_000 } else { 24_000 }, Spread::NARROW, 1_200, 60_000);
        if machine {
            pen.answer_call();
            pen.pass(2_600, 4_800);
            detect(pen, "MACHINE");
            pen.end_call("NORMAL_UNSPECIFIED", 200);
        } else {
            let (cause, sip_code) = pen.chance.pick(&NO_ANSWER);
            pen.end_call(cause, sip_code);
        }
        pen.pass(2, 40);
        let result = pen.chance.pick(results);
        pen.leave(result);
        return false;
    }
    pen.pass_about(8_500, Spread::WIDE, 1_200, 45_000);
    pen.answer_call();
    pen.pass(700, 2_400);
    let verdict = pen.chance.pick(&["HUMAN", "HUMAN", "HUMAN", "HUMAN", "NOTSURE"]);
    detect(pen, verdict);
    true
}

/// Notes the verdict of the answering machine detector.
fn detect(pen: &mut Pen<'_>, verdict: &'static str) {
    if let Some(call) = &mut pen.story.call {
        call.amd_result = verdict;
    }
}
