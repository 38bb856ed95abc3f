//! Where a delivery goes: its hook, its attempt and its queue, as the address and the body name them.

use std::borrow::Cow;

use crate::hook_name::HookName;
use crate::payload::Payload;
use crate::queue_definitions::QueueDefinitions;
use crate::value::Value;
use crate::{Address, AttemptId, EventKind, QueueId, QueueType, Refusal, Rule, SenderId};

/// The few fields that decide where a delivery goes, found in one pass.
#[derive(Default)]
pub(crate) struct RoutingFields<'p, 'a> {
    attempt_id: Option<&'p Value<'a>>,
    channel: Option<&'p Value<'a>>,
    event: Option<&'p Value<'a>>,
    event_id: Option<&'p Value<'a>>,
    pub(crate) joined_at: Option<&'p Value<'a>>,
    pub(crate) queue_id: Option<QueueId>,
    queue_type: Option<&'p Value<'a>>,
    state: Option<&'p Value<'a>>,
    pub(crate) timestamp: Option<&'p Value<'a>>,
}

impl<'p, 'a> RoutingFields<'p, 'a> {
    /// Finds them.
    pub(crate) fn find(payload: &'p Payload<'a>) -> Self {
        let mut named = Self::default();
        for (key, value) in &payload.fields {
            if value.is_absent() {
                continue;
            }
            match key.as_ref() {
                "attempt_id" => named.attempt_id = Some(value),
                "channel" => named.channel = Some(value),
                "event" => named.event = Some(value),
                "event_id" => named.event_id = Some(value),
                "joined_at" => named.joined_at = Some(value),
                "queue_id" => named.queue_id = value.as_integer().and_then(QueueId::of),
                "queue_type" => named.queue_type = Some(value),
                "state" => named.state = Some(value),
                "timestamp" => named.timestamp = Some(value),
                _ => {}
            }
        }
        named
    }
}

/// Which hook a delivery is from. What the URL names is what the sender says; else one of the eight events,
/// whatever names it, comes before an observation.
pub(crate) fn read_hook(address: &Address, named: &RoutingFields<'_, '_>) -> Result<HookName, Refusal> {
    if let Some(said) = &address.event {
        return HookName::parse(said).ok_or_else(|| unknown(said));
    }
    let by_body = hook_of_body(named);
    let by_type = address.observation_of_type().map(HookName::Observation);
    match (by_body, by_type) {
        (Ok(Some(hook @ HookName::Event(_))), _) | (_, Some(hook)) | (Ok(Some(hook)), None) => Ok(hook),
        (Ok(None), None) => Err(no_event(address)),
        (Err(refusal), None) => Err(refusal),
    }
}

/// The hook that a body names. Its `state` is asked where its `event` names none of the eight events.
fn hook_of_body(named: &RoutingFields<'_, '_>) -> Result<Option<HookName>, Refusal> {
    let state = named.state.and_then(Value::as_text);
    // Chat and instant-message queues send this state on one hook only: Joined.
    let is_joined = state.as_deref() == Some("idle") && named.is_messaging();
    let joined = is_joined.then_some(HookName::Event(EventKind::Joined));
    let by_state = joined.or_else(|| HookName::parse(state.as_deref()?));
    let Some(event) = named.event else {
        return match state {
            Some(said) if by_state.is_none() => Err(unknown(&said)),
            _ => Ok(by_state),
        };
    };
    let said = event.as_text().unwrap_or(Cow::Borrowed("(not text)"));
    let hook = HookName::parse(&said).ok_or_else(|| unknown(&said))?;
    let event_of_state = by_state.filter(|state| hook.event().is_none() && state.event().is_some());
    Ok(Some(event_of_state.unwrap_or(hook)))
}

fn unknown(said: &str) -> Refusal {
    Refusal::new(Rule::UnknownEvent, format!("{:?} is none of the eight events", clip(said)))
}

/// Nothing names an event. A CloudEvent has a type all the same: one that is none of the eight.
fn no_event(address: &Address) -> Refusal {
    let event_type = address.envelope.as_ref().and_then(|envelope| envelope.get("type")?.as_str());
    let detail = match event_type {
        Some(event_type) => format!("the type {:?} names none of the eight events", clip_type(event_type)),
        None => "neither the URL nor the body's \"event\" or \"state\" names an event".to_owned(),
    };
    Refusal::new(Rule::UnknownEvent, detail)
}

impl RoutingFields<'_, '_> {
    /// The id that the sender gave: outside the body, else in it.
    pub(crate) fn sender_id(&self, address: &Address) -> Option<SenderId> {
        let stated = || self.event_id.and_then(Value::as_text).map(|id| SenderId::of(&id));
        address.sender_id().or_else(stated)
    }

    fn is_messaging(&self) -> bool {
        matches!(self.channel.and_then(Value::as_text).as_deref(), Some("chat" | "im"))
    }
}

/// The attempt that a body names.
pub(crate) fn read_attempt_id(named: &RoutingFields<'_, '_>) -> Result<AttemptId, Refusal> {
    let value = named
        .attempt_id
        .ok_or_else(|| Refusal::new(Rule::AttemptIdMissing, "the body has no \"attempt_id\""))?;
    value.as_integer().map(AttemptId).ok_or_else(|| {
        Refusal::new(Rule::AttemptIdInvalid, "the body's \"attempt_id\" is not a whole 64-bit number")
    })
}

/// A URL that names no queue type is the integrator's slip and refused; a body's `queue_type` that names none
/// may be a user's variable of that name, so the next source is asked.
pub(crate) fn read_queue_type(
    address: &Address,
    named: &RoutingFields<'_, '_>,
    definitions: &impl QueueDefinitions,
) -> Result<Option<QueueType>, Refusal> {
    if let Some(said) = &address.queue_type {
        return QueueType::parse(said).map(Some).ok_or_else(|| {
            Refusal::new(Rule::UnknownQueueType, format!("{:?} is none of the eight queue types", clip(said)))
        });
    }
    let body = named.queue_type.and_then(Value::as_text).and_then(|text| QueueType::parse(&text));
    Ok(body.or_else(|| definitions.queue_type(named.queue_id?)))
}

/// The beginning of a sender's text, short enough to quote.
fn clip(text: &str) -> &str {
    first_chars(text, 40)
}

/// The same of a type, which may have a domain name and a version around the event.
fn clip_type(event_type: &str) -> &str {
    first_chars(event_type, 200)
}

fn first_chars(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).map_or(text, |(end, _)| &text[..end])
}
