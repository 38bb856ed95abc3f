//! From the moment when agent and subscriber are connected to the end of the attempt.

use attempt_ledger_domain::EventKind::{Bridged, Processing};

use crate::chance::Spread;
use crate::plan::Plan;
use crate::queue::Plot;
use crate::story::Value;

const REMARKS: [&str; 6] = [
    "ok",
    "Клієнт просив \"передзвонити\" завтра",
    "asked for an invoice\nby mail",
    "Klient oddzwoni po 16:00",
    "надіслати договір на пошту",
    "wants a discount of 10%",
];

/// What agents report when the member did not answer.
const NOT_REACHED: [&str; 4] = ["no_answer", "не відповідає", "callback", "poczta głosowa"];

/// Connects both sides and lets them talk for about `median_ms`; the call has ended when this returns.
pub(super) fn talk(plan: &mut Plan<'_>, median_ms: i64) {
    connect(plan);
    let talk_ms = plan.chance.around(median_ms, Spread::WIDE).clamp(1_500, 2_700_000);
    if plan.chance.happens(300) {
        let before_ms = talk_ms / 3;
        plan.now += before_ms;
        transfer(plan);
        plan.now += talk_ms - before_ms;
    } else {
        plan.now += talk_ms;
    }
    plan.end_call("NORMAL_CLEARING", 200);
}

/// Tells `Bridged`. Payloads keep the time of the first one.
pub(super) fn connect(plan: &mut Plan<'_>) {
    plan.connect();
    plan.tell(Bridged);
}

/// The agent changes without an event. Where the agent was called first, the new connection is told.
fn transfer(plan: &mut Plan<'_>) {
    plan.hand_over();
    if matches!(plan.story.queue.plot, Plot::Preview | Plot::Offline) {
        // `call_*` describe the leg of the agent who is gone.
        plan.end_call("NORMAL_CLEARING", 200);
        plan.pass(300, 2_500);
        plan.tell(Bridged);
    }
}

/// What the agent does after the talk, down to `Leaving`.
pub(super) fn wrap_up(plan: &mut Plan<'_>) {
    let limit_ms = plan.story.queue.processing_ms;
    if limit_ms == 0 {
        plan.pass(4, 60);
        plan.stop_cause = stop_cause(plan);
        return plan.leave("success");
    }
    if plan.chance.happens(60) {
        // Handed over to another queue: the attempt ends here and its successor has another number.
        plan.pass(4, 60);
        return plan.leave("abandoned");
    }
    if plan.chance.happens(400) {
        // The agent reported during the talk.
        plan.pass(4, 60);
        return report(plan);
    }
    plan.pass(6, 40);
    let report_ms = plan.chance.around(limit_ms / 3, Spread::WIDE).max(900);
    if let Some(call) = &mut plan.story.call
        && plan.chance.happens(1_500)
    {
        // The agent hung up first: the dialer learns of the member's end after Processing.
        call.end_known_at = Some(plan.now + 1);
    }
    plan.result = "processing";
    if plan.story.queue.plot == Plot::AgentTask {
        plan.learn("amount", Value::Money(1_000 + plan.now.unsigned_abs() % 90_000));
        plan.learn("approved", Value::Text("true"));
    }
    plan.tell(Processing);
    if report_ms < limit_ms {
        plan.now += report_ms;
        report(plan);
    } else {
        plan.now += limit_ms;
        plan.pass(0, 400);
        let result = plan.chance.pick(&["timeout", "timeout", "canceled_by_timeout"]);
        plan.leave(result);
    }
}

/// The agent's result, with a remark now and then.
fn report(plan: &mut Plan<'_>) {
    if plan.chance.happens(3_000) {
        let remark = plan.chance.pick(&REMARKS);
        plan.learn("agent_description", Value::Text(remark));
    }
    let usual = plan.story.bridged_at.is_some() && plan.chance.happens(7_600);
    let others = match plan.story.bridged_at {
        Some(_) => plan.story.queue.reports,
        None => &NOT_REACHED,
    };
    let result = if usual { "success" } else { plan.chance.pick(others) };
    if usual {
        plan.stop_cause = stop_cause(plan);
    }
    if plan.story.queue.plot == Plot::Inbound && plan.chance.happens(5_000) {
        let reason = plan.chance.pick(&["billing", "доставка", "login", "zwrot"]);
        plan.learn("reason", Value::Text(reason));
    }
    if plan.story.queue.plot == Plot::AgentTask {
        plan.learn("decision", Value::Text(if usual { "refund" } else { "none" }));
    }
    plan.leave(result);
}

/// A success ends the dialling of a listed member.
fn stop_cause(plan: &Plan<'_>) -> &'static str {
    if plan.story.member.id.is_some() { "success" } else { "" }
}
