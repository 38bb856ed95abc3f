//! One delivery, read: which attempt, which event, which queue, when, and whether it was seen before.

use serde::{Deserialize, Serialize};

use crate::hook_name::HookName;
use crate::payload::{MalformedPayload, Payload};
use crate::queue_definitions::QueueDefinitions;
use crate::routing_fields::{RoutingFields, read_attempt_id, read_queue_type};
use crate::time_source::TimeSource;
use crate::timeline::{definition_flags, payload_flags};
use crate::{
    Address, AttemptId, ContentHash, EventKind, QueueId, QueueType, Refusal, Rule, SenderId, UnixMillis,
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
    /// Reads a body that names one of the eight events, or nothing that is known.
    ///
    /// # Errors
    /// [`UnreadableDelivery`] when it names no attempt, or none of the eight events.
    pub(crate) fn of(
        event: Result<EventKind, Refusal>,
        named: &RoutingFields<'_, '_>,
        address: &Address,
        payload: &Payload<'_>,
        received_at: UnixMillis,
        definitions: &impl QueueDefinitions,
        scratch: &mut Vec<u8>,
    ) -> Result<Self, Box<UnreadableDelivery>> {
        let attempt_id = read_attempt_id(named);
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
        let queue_type = read_queue_type(address, named, definitions).map_err(|refusal| {
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
        let hook = HookName::Event(event);
        let mut flags = payload_flags(address, payload, hook, occurred_at, received_at, time_source);
        flags.extend(definition_flags(definition.as_deref(), queue_type, hook));
        Ok(Self {
            attempt_id,
            event,
            queue_type,
            flags,
            queue_id: named.queue_id,
            occurred_at,
            time_source,
            received_at,
            content: ContentHash::of(hook, address.envelope_time(), payload, scratch),
            sender_id: named.sender_id(address),
        })
    }
}

impl UnreadableDelivery {
    /// A delivery that was refused before its body was looked at.
    #[must_use]
    pub const fn unread(refusal: Refusal) -> Self {
        Self { refusal, attempt_id: None, event: None, queue_id: None, is_json: false }
    }

    pub(crate) fn malformed(fault: &MalformedPayload) -> Self {
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
