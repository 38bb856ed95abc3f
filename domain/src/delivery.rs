//! One delivery, read: which attempt, which event, which queue, when, and whether it was seen before.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::payload::{MalformedPayload, Payload};
use crate::time_source::TimeSource;
use crate::timeline::{definition_flags, payload_flags};
use crate::value::Value;
use crate::{
    Address, AttemptId, ContentHash, EventKind, QueueDefinition, QueueId, QueueType, Refusal, Rule, SenderId,
    UnixMillis,
};

/// A delivery that names its attempt and its event: the command of the [`crate::Attempt`] aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The attempt that the body names.
    pub attempt_id: AttemptId,
    /// Which of the eight events.
    pub event: EventKind,
    /// The queue type as the address, the body or the queue's definition states it.
    pub queue_type: Option<QueueType>,
    /// The queue that the body names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whose clock says so.
    pub time_source: TimeSource,
    /// When we received it.
    pub received_at: UnixMillis,
    /// What it says.
    pub content: ContentHash,
    /// The sender's own id for it.
    pub sender_id: Option<SenderId>,
    /// What is odd about it; see [`payload_flags`] and [`definition_flags`].
    pub flags: Vec<String>,
}

/// Finds a queue's recorded definition.
pub trait QueueDefinitions {
    /// The definition in force; `None` for a queue that nobody defined.
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>>;

    /// The queue type of a delivery that names the queue and states none.
    fn queue_type(&self, queue_id: QueueId) -> Option<QueueType> {
        Some(self.definition(queue_id)?.queue_type)
    }
}

impl<F: Fn(QueueId) -> Option<Arc<QueueDefinition>>> QueueDefinitions for F {
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>> {
        self(queue_id)
    }
}

/// What could be made out of a delivery that is refused before it reaches an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableDelivery {
    /// Why.
    pub refusal: Refusal,
    /// The attempt, if the body names one.
    pub attempt_id: Option<AttemptId>,
    /// The event, if it is one of the eight.
    pub event: Option<EventKind>,
    /// The queue, if the body names one.
    pub queue_id: Option<QueueId>,
    /// Whether the body is JSON at all.
    pub is_json: bool,
}

impl Delivery {
    /// Reads a body under its address. `scratch` is reused between calls.
    ///
    /// # Errors
    /// [`UnreadableDelivery`] when the body is not an object, names no attempt, or none of the eight events.
    pub fn read(
        address: &Address,
        body: &[u8],
        received_at: UnixMillis,
        definitions: &impl QueueDefinitions,
        scratch: &mut Vec<u8>,
    ) -> Result<Self, Box<UnreadableDelivery>> {
        let payload =
            Payload::read(address, body).map_err(|fault| Box::new(UnreadableDelivery::malformed(&fault)))?;
        let named = RoutingFields::find(&payload);
        let event = read_event(address, &named);
        let attempt_id = read_attempt_id(&named);
        let (event, attempt_id) = match (event, attempt_id) {
            (Ok(event), Ok(attempt_id)) => (event, attempt_id),
            (event, attempt_id) => {
                return Err(Box::new(UnreadableDelivery {
                    attempt_id: attempt_id.as_ref().ok().copied(),
                    event: event.as_ref().ok().copied(),
                    queue_id: named.queue_id,
                    is_json: true,
                    refusal: match (event, attempt_id) {
                        (Err(refusal), _) | (_, Err(refusal)) => refusal,
                        (Ok(_), Ok(_)) => unreachable!("one of them is missing"),
                    },
                }));
            }
        };
        let definition = named.queue_id.and_then(|queue_id| definitions.definition(queue_id));
        let queue_type = read_queue_type(address, &named, definitions).map_err(|refusal| {
            Box::new(UnreadableDelivery {
                refusal,
                attempt_id: Some(attempt_id),
                event: Some(event),
                queue_id: named.queue_id,
                is_json: true,
            })
        })?;
        let (occurred_at, time_source) =
            TimeSource::of(address, named.timestamp, named.joined_at, received_at);
        let mut flags = payload_flags(address, &payload, event, occurred_at, received_at, time_source);
        flags.extend(definition_flags(definition.as_deref(), queue_type, event));
        Ok(Self {
            attempt_id,
            event,
            queue_type,
            flags,
            queue_id: named.queue_id,
            occurred_at,
            time_source,
            received_at,
            content: ContentHash::of(event, address.time(), &payload, scratch),
            sender_id: address
                .sender_id()
                .or_else(|| named.event_id.and_then(Value::as_text).map(|id| SenderId::of(&id))),
        })
    }
}

impl UnreadableDelivery {
    /// A delivery that was refused before its body was looked at.
    #[must_use]
    pub const fn unread(refusal: Refusal) -> Self {
        Self { refusal, attempt_id: None, event: None, queue_id: None, is_json: false }
    }

    fn malformed(fault: &MalformedPayload) -> Self {
        // The fault's text may quote a key but never a value: no personal data in it.
        Self {
            refusal: Refusal::new(Rule::MalformedJson, fault.to_string()),
            attempt_id: None,
            event: None,
            queue_id: None,
            is_json: matches!(fault, MalformedPayload::DuplicateKey(_)),
        }
    }
}

/// The few fields that decide where a delivery goes, found in one pass.
#[derive(Default)]
struct RoutingFields<'p, 'a> {
    attempt_id: Option<&'p Value<'a>>,
    channel: Option<&'p Value<'a>>,
    event: Option<&'p Value<'a>>,
    event_id: Option<&'p Value<'a>>,
    joined_at: Option<&'p Value<'a>>,
    queue_id: Option<QueueId>,
    queue_type: Option<&'p Value<'a>>,
    state: Option<&'p Value<'a>>,
    timestamp: Option<&'p Value<'a>>,
}

impl<'p, 'a> RoutingFields<'p, 'a> {
    fn find(payload: &'p Payload<'a>) -> Self {
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

fn read_event(address: &Address, named: &RoutingFields<'_, '_>) -> Result<EventKind, Refusal> {
    let unknown = |said: &str| {
        Refusal::new(Rule::UnknownEvent, format!("{:?} is none of the eight events", clip(said)))
    };
    if let Some(said) = &address.event {
        return EventKind::parse(said).ok_or_else(|| unknown(said));
    }
    if let Some(said) = named.event {
        let said = said.as_text().unwrap_or(Cow::Borrowed("(not text)"));
        return EventKind::parse(&said).ok_or_else(|| unknown(&said));
    }
    let Some(state) = named.state.and_then(Value::as_text) else {
        return Err(no_event(address));
    };
    // Chat and instant-message queues send this state on one hook only: Joined.
    if state == "idle" && named.is_messaging() {
        return Ok(EventKind::Joined);
    }
    EventKind::parse(&state).ok_or_else(|| unknown(&state))
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
    fn is_messaging(&self) -> bool {
        matches!(self.channel.and_then(Value::as_text).as_deref(), Some("chat" | "im"))
    }
}

fn read_attempt_id(named: &RoutingFields<'_, '_>) -> Result<AttemptId, Refusal> {
    let value = named
        .attempt_id
        .ok_or_else(|| Refusal::new(Rule::AttemptIdMissing, "the body has no \"attempt_id\""))?;
    value.as_integer().map(AttemptId).ok_or_else(|| {
        Refusal::new(Rule::AttemptIdInvalid, "the body's \"attempt_id\" is not a whole 64-bit number")
    })
}

/// A URL that names no queue type is the integrator's slip and refused; a body's `queue_type` that names none
/// may be a user's variable of that name, so the next source is asked.
fn read_queue_type(
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
