//! What the hook's body says about a step: every field that the dialer would send at that moment.

use attempt_ledger_domain::EventKind;

use super::json::{JsonObject, push_leg, push_number};
use super::people::write_name;
use super::queue::Plot;
use super::story::{CallLeg, Destination, MemberName, Story, StoryStep, reached};

/// The payload of one step.
pub(super) fn write(story: &Story, step: &StoryStep) -> String {
    let mut object = JsonObject::new(&story.variables, step.at);
    let call = story.call.as_ref().filter(|call| call.created_at <= step.at);
    agent(&mut object, step);
    if let Some(call) = call {
        object.plain("amd_result", call.amd_result);
    }
    object.number("attempt_id", story.attempt_id);
    if let Some(bridged_at) = story.bridged_at.filter(|moment| *moment <= step.at) {
        object.number("bridged_at", bridged_at);
    }
    if let Some(bucket_id) = story.member.bucket_id {
        object.number("bucket_id", bucket_id as i64);
    }
    if let Some(call) = call {
        call_fields(&mut object, call, step.at);
    }
    member(&mut object, story, step);
    object.number("queue_id", story.queue.id.0);
    object.plain("state", step.state);
    object.number("timestamp", step.at);
    if story.queue.processing_ms > 0 {
        object.plain("use_processing", "true");
    }
    if let Some(agent) = step.agent {
        object.number("user_id", agent.user_id() as i64);
    }
    object.finish()
}

fn agent(object: &mut JsonObject<'_>, step: &StoryStep) {
    if let Some(leg) = step.agent_leg {
        object.leg("agent_channel_id", leg);
    }
    if let Some(agent) = step.agent {
        object.number("agent_extension", agent.extension() as i64);
        object.number("agent_id", agent.id() as i64);
        object.text("agent_name", |out| write_name(agent.name_number(), out));
    }
}

fn call_fields(object: &mut JsonObject<'_>, call: &CallLeg, at: i64) {
    let until = call.ended_at.unwrap_or(at).min(at);
    let seconds_since = |moment: i64| (until - moment).max(0) / 1_000;
    let bridged_at = call.bridged_at.filter(|moment| *moment <= at);
    let end_known = reached(call.end_known_at, at);
    object.number("call_bill_sec", bridged_at.map_or(0, seconds_since));
    if end_known {
        object.plain("call_cause", call.cause);
    }
    let created_at = if call.creation_unknown { 0 } else { call.created_at };
    object.number("call_duration", seconds_since(created_at));
    if end_known {
        object.number("call_sip_code", call.sip_code as i64);
    }
    if let Some(answered_at) = call.answered_at.filter(|moment| *moment <= at) {
        object.number("call_voice_sec", seconds_since(answered_at));
    }
}

fn member(object: &mut JsonObject<'_>, story: &Story, step: &StoryStep) {
    let member = &story.member;
    if member.id.is_some() {
        object.number("cc_attempt_seq", member.attempt_number as i64);
    }
    if member.resource_id > 0 {
        object.number("cc_resource_id", member.resource_id as i64);
    }
    object.plain("cc_result", step.result);
    object.plain("channel", story.queue.channel());
    if let Some(conversation) = &story.conversation
        && reached(conversation.ended_at, step.at)
        && story.queue.plot == Plot::Chat
    {
        object.plain("chat_transferred", "false");
    }
    if member.id.is_some() {
        object.plain("communication_id", "0");
    }
    object.text("destination", |out| {
        write_destination(member.destination, out);
    });
    if member.mobile {
        object.plain("destination_description", "mobile");
    }
    object.number("destination_seq", member.attempt_number as i64);
    if member.id.is_some() {
        let phone = matches!(member.destination, Destination::Phone(_));
        object.plain("destination_type", if phone { "2" } else { "6" });
    }
    object.number("joined_at", story.joined_at);
    member_identity(object, story, step);
}

fn member_identity(object: &mut JsonObject<'_>, story: &Story, step: &StoryStep) {
    let member = &story.member;
    if let Some(leg) = member_leg(story, step) {
        object.leg("member_channel_id", leg);
    }
    if let Some(id) = member.id {
        object.number("member_id", id as i64);
    }
    object.text("member_name", |out| match (member.name, &story.conversation) {
        (MemberName::Person(number), _) => write_name(number, out),
        (MemberName::Text(text), _) => out.push_str(text),
        (MemberName::Conversation, Some(conversation)) => push_leg(out, conversation.leg),
        (MemberName::Destination | MemberName::Conversation, _) => {
            write_destination(member.destination, out);
        }
    });
    object.plain("member_stop_cause", step.stop_cause);
    if member.id.is_some() {
        object.plain("member_timezone", "Europe/Kyiv");
    }
}

fn member_leg(story: &Story, step: &StoryStep) -> Option<super::chance::LegId> {
    let call = story.call.as_ref().filter(|call| call.created_at <= step.at);
    let conversation = story.conversation.as_ref();
    call.map(|call| call.leg).or_else(|| {
        conversation
            .filter(|conversation| {
                step.hook != EventKind::Joined.into() && reached(conversation.offered_at, step.at)
            })
            .map(|conversation| conversation.leg)
    })
}

fn write_destination(destination: Destination, out: &mut String) {
    match destination {
        Destination::Phone(number) | Destination::Account(number) => {
            push_number(out, number as i64);
        }
        Destination::Ticket(number) => {
            out.push_str("ticket-");
            push_number(out, number as i64);
        }
    }
}
