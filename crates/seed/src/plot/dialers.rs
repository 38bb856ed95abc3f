//! Dialers that call members before agents: progressive and predictive.

use attempt_ledger_domain::EventKind::{Missed, Offering};

use super::ending;
use super::offers::Offers;
use crate::chance::Spread;
use crate::plan::Plan;

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
pub(super) fn progressive(plan: &mut Plan<'_>) {
    if !reserve_agent(plan) || !reach_member(plan, 4_200, &["abandoned"]) {
        return;
    }
    plan.pass(40, 300);
    plan.agent_leg = Some(plan.chance.leg());
    // Rarely the agent's telephone cannot be reached, and the miss comes without an offer.
    if !plan.chance.happens(60) {
        plan.tell(Offering);
        if !plan.chance.happens(350) {
            plan.pass_about(1_300, Spread::WIDE, 200, 9_900);
            ending::talk(plan, 120_000);
            return ending::wrap_up(plan);
        }
        plan.pass(9_900, 10_300);
    }
    plan.result = "cancel";
    plan.tell(Missed);
    plan.end_call("NORMAL_CLEARING", 200);
    plan.pass(2, 9);
    plan.leave("cancel");
}

/// Predictive: members are called ahead of agents, so an answered call may find nobody free.
pub(super) fn predictive(plan: &mut Plan<'_>) {
    plan.pass(2, 30);
    if !reach_member(plan, 5_600, &["abandoned", "abandoned", "failed"]) {
        return;
    }
    let line_ms = plan.chance.around(300 + 12 * plan.load_percent, Spread::WIDE);
    let patience_ms = plan.chance.around(14_000, Spread::WIDE).min(30_000);
    let offers = Offers {
        gives_up_at: plan.now + patience_ms,
        answer_ms: 1_400,
        limit_ms: 8_000,
        misses: 450,
        silent: 3_000,
    };
    let ready_at = plan.now + line_ms;
    if offers.make(plan, ready_at) {
        ending::talk(plan, 115_000);
        ending::wrap_up(plan);
    } else {
        plan.end_call("NORMAL_CLEARING", 200);
        plan.leave("abandoned");
    }
}

/// Takes an agent before anything is dialled. When nobody is free for long, or a list bars the
/// number, the attempt ends with `Leaving` alone and this answers `false`.
pub(super) fn reserve_agent(plan: &mut Plan<'_>) -> bool {
    const LONGEST_WAIT_MS: i64 = 120_000;
    let barred = plan.chance.happens(120);
    if !barred && plan.take_agent(plan.now, plan.now + LONGEST_WAIT_MS) {
        plan.story.joined_at = plan.now;
        return true;
    }
    plan.pass(5, 40);
    plan.leave("abandoned");
    false
}

/// Calls the member. `failures` of 10,000 end with `Leaving` alone and one of `results`: no answer,
/// or a machine.
fn reach_member(plan: &mut Plan<'_>, failures: u64, results: &[&'static str]) -> bool {
    plan.pass(15, 90);
    let leg = plan.chance.leg();
    plan.start_call(leg);
    if plan.chance.happens(failures) {
        let machine = plan.chance.happens(3_500);
        plan.pass_about(if machine { 8_000 } else { 24_000 }, Spread::NARROW, 1_200, 60_000);
        if machine {
            plan.answer_call();
            plan.pass(2_600, 4_800);
            hear(plan, "MACHINE");
            plan.end_call("NORMAL_UNSPECIFIED", 200);
        } else {
            let (cause, sip_code) = plan.chance.pick(&NO_ANSWER);
            plan.end_call(cause, sip_code);
        }
        plan.pass(2, 40);
        let result = plan.chance.pick(results);
        plan.leave(result);
        return false;
    }
    plan.pass_about(8_500, Spread::WIDE, 1_200, 45_000);
    plan.answer_call();
    plan.pass(700, 2_400);
    let verdict = plan.chance.pick(&["HUMAN", "HUMAN", "HUMAN", "HUMAN", "NOTSURE"]);
    hear(plan, verdict);
    true
}

/// The answering machine detector has made up its mind.
fn hear(plan: &mut Plan<'_>, verdict: &'static str) {
    if let Some(call) = &mut plan.story.call {
        call.amd_result = verdict;
    }
}
