//! One observation, read: what of, where it belongs, when, and whether it was seen before.

use crate::hook_name::HookName;
use crate::payload::Payload;
use crate::queue_definitions::QueueDefinitions;
use crate::routing_fields::{RoutingFields, read_attempt_id, read_queue_type};
use crate::time_source::TimeSource;
use crate::timeline::{definition_flags, payload_flags};
use crate::{
    Address, AttemptId, ContentHash, DUPLICATE_WINDOW_MS, Observation, QueueId, QueueType, SenderId,
    UnixMillis,
};

/// A delivery that is an observation. No rule judges it: what cannot be read of it is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservationDelivery {
    /// What it reports.
    pub observation: Observation,
    /// The attempt, where the body names one.
    pub attempt_id: Option<AttemptId>,
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

impl ObservationDelivery {
    /// Reads a body that is an observation.
    pub(crate) fn of(
        observation: Observation,
        named: &RoutingFields<'_, '_>,
        address: &Address,
        payload: &Payload<'_>,
        received_at: UnixMillis,
        definitions: &impl QueueDefinitions,
        scratch: &mut Vec<u8>,
    ) -> Self {
        let (occurred_at, time_source) =
            TimeSource::of(address, named.timestamp, named.joined_at, received_at);
        let queue_type = read_queue_type(address, named, definitions).ok().flatten();
        let definition = named.queue_id.and_then(|queue_id| definitions.definition(queue_id));
        let hook = HookName::Observation(observation);
        let mut flags = payload_flags(address, payload, hook, occurred_at, received_at, time_source);
        flags.extend(definition_flags(definition.as_deref(), queue_type, hook));
        Self {
            observation,
            attempt_id: read_attempt_id(named).ok(),
            queue_type,
            queue_id: named.queue_id,
            occurred_at,
            time_source,
            received_at,
            content: ContentHash::of(hook, address.envelope_time(), payload, scratch),
            sender_id: named.sender_id(address),
            flags,
        }
    }

    /// The stretch of receipts that it falls into; see [`receipt_window`].
    #[must_use]
    pub fn receipt_window(&self) -> Option<i64> {
        receipt_window(self.attempt_id, self.time_source, self.sender_id, self.occurred_at)
    }

    /// Whether it states neither an attempt, nor an id, nor a time, so that nothing says of an equal one that
    /// it is the same.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.attempt_id.is_none() && self.receipt_window().is_some()
    }
}

/// The stretch of receipts in which an equal observation has the same number; `None` for one that has an id
/// or states a time, which is the same for ever.
///
/// It is as long as the window in which an equal body is the same delivery. Nothing says of one that names no
/// attempt either that it is the same: a stretch of it is a millisecond, by which an export finds it again.
#[must_use]
pub fn receipt_window(
    attempt_id: Option<AttemptId>,
    time_source: TimeSource,
    sender_id: Option<SenderId>,
    occurred_at: UnixMillis,
) -> Option<i64> {
    let window_ms = i64::try_from(DUPLICATE_WINDOW_MS).expect("ten seconds fit");
    let length_ms = if attempt_id.is_some() { window_ms } else { 1 };
    let is_by_receipt = time_source == TimeSource::Receipt && sender_id.is_none();
    is_by_receipt.then(|| occurred_at.0.div_euclid(length_ms))
}
