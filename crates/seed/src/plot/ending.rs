//! From the moment when agent and subscriber are connected to the end of the attempt.

use attempt_ledger_domain::EventKind::{Bridged, Processing};

use crate::chance::Spread;
use crate::pen::Pen;
use crate::queue::Plot;
use crate::story::VariableValue;

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
pub(super) fn talk(pen: &mut Pen<'_>, median_ms: i64) {
    connect(pen);
    let talk_ms = pen.chance.around(median_ms, Spread::WIDE).clamp(1_500, 2_700_000);
    if pen.chance.happens(300) {
        let before_ms = talk_ms / 3;
        pen.now += before_ms;
        transfer(pen);
        pen.now += talk_ms - before_ms;
    } else {
        pen.now += talk_ms;
    }
    pen.end_call("NORMAL_CLEARING", 200);
}

/// Reports `Bridged`. Payloads keep the time of the first one.
pub(super) fn connect(pen: &mut Pen<'_>) {
    pen.connect();
    pen.report(Bridged);
}

/// The agent changes without an event. Where the agent was called first, the new connection is reported.
fn transfer(pen: &mut Pen<'_>) {
    pen.hand_over();
    if matches!(pen.story.queue.plot, Plot::Preview | Plot::Offline) {
        // `call_*` describe the leg of the agent who is gone.
        pen.end_call("NORMAL_CLEARING", 200);
        pen.pass(300, 2_500);
        pen.report(Bridged);
    }
}

/// What the agent does after the talk, down to `Leaving`.
pub(super) fn wrap_up(pen: &mut Pen<'_>) {
    let limit_ms = pen.story.queue.processing_ms;
    if limit_ms == 0 {
        pen.pass(4, 60);
        pen.stop_cause = stop_cause(pen);
        return pen.leave("success");
    }
    if pen.chance.happens(60) {
        // Handed over to another queue: the attempt ends here and its successor has another number.
        pen.pass(4, 60);
        return pen.leave("abandoned");
    }
    if pen.chance.happens(400) {
        // The agent reported during the talk.
        pen.pass(4, 60);
        return report(pen);
    }
    pen.pass(6, 40);
    let report_ms = pen.chance.around(limit_ms / 3, Spread::WIDE).max(900);
    if let Some(call) = &mut pen.story.call
        && pen.chance.happens(1_500)
    {
        // The agent hung up first: the dialer learns of the member's end after Processing.
        call.end_known_at = Some(pen.now + 1);
    }
    pen.result = "processing";
    if pen.story.queue.plot == Plot::AgentTask {
        pen.learn("amount", VariableValue::Money(1_000 + pen.now.unsigned_abs() % 90_000));
        pen.learn("approved", VariableValue::Text("true"));
    }
    pen.report(Processing);
    if report_ms < limit_ms {
        pen.now += report_ms;
        report(pen);
    } else {
        pen.now += limit_ms;
        pen.pass(0, 400);
        let result = pen.chance.pick(&["timeout", "timeout", "canceled_by_timeout"]);
        pen.leave(result);
    }
}

/// The agent's result, with a remark now and then.
fn report(pen: &mut Pen<'_>) {
    if pen.chance.happens(3_000) {
        let remark = pen.chance.pick(&REMARKS);
        pen.learn("agent_description", VariableValue::Text(remark));
    }
    let usual = pen.story.bridged_at.is_some() && pen.chance.happens(7_600);
    let others = match pen.story.bridged_at {
        Some(_) => pen.story.queue.reports,
        None => &NOT_REACHED,
    };
    let result = if usual { "success" } else { pen.chance.pick(others) };
    if usual {
        pen.stop_cause = stop_cause(pen);
    }
    if pen.story.queue.plot == Plot::Inbound && pen.chance.happens(5_000) {
        let reason = pen.chance.pick(&["billing", "доставка", "login", "zwrot"]);
        pen.learn("reason", VariableValue::Text(reason));
    }
    if pen.story.queue.plot == Plot::AgentTask {
        pen.learn("decision", VariableValue::Text(if usual { "refund" } else { "none" }));
    }
    pen.leave(result);
}

/// A success ends the dialling of a listed member.
fn stop_cause(pen: &Pen<'_>) -> &'static str {
    if pen.story.member.id.is_some() { "success" } else { "" }
}
