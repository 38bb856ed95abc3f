//! What makes two deliveries the same that no attempt judges: those that could not be read, and observations.

use attempt_ledger_domain::{
    Address, AttemptId, ContentHash, Payload, QueueType, SenderId, TimeSource, receipt_window,
};
use sha2::{Digest as _, Sha256};

use super::{Digest, Leaf, Opening, RecordKind, unread_identity};

/// The identity of an observation: within its attempt, by what it says and the sender's id. Without an
/// attempt it is within the queue type that its address names. Those that are the same within a short window
/// only have its number, too; see [`receipt_window`].
#[must_use]
pub fn observation_identity(
    address: &Address,
    attempt_id: Option<AttemptId>,
    sender_id: Option<SenderId>,
    content: ContentHash,
    window: Option<i64>,
) -> Digest {
    let mut hasher = Sha256::new();
    // No length of an id, with which an unread delivery begins, has this first byte.
    hasher.update([0xff]);
    let mut add = |part: Option<&[u8]>| {
        hasher.update([u8::from(part.is_some())]);
        hasher.update(part.unwrap_or_default());
    };
    // An attempt has one queue type, whatever an address says.
    let queue_type = address.queue_type.as_deref().filter(|_| attempt_id.is_none());
    add(queue_type.and_then(QueueType::parse).map(|queue_type| queue_type.name().as_bytes()));
    add(attempt_id.map(|id| id.0.to_le_bytes()).as_ref().map(<[u8; 8]>::as_slice));
    add(sender_id.as_ref().map(|id| id.0.as_slice()));
    add(Some(&content.0));
    add(window.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
    Digest(hasher.finalize().into())
}

/// The identity of a stored record; `None` for everything that an attempt judged, and for decisions and
/// definitions.
pub(crate) fn unjudged_identity_of(leaf: &Leaf<'_>, opening: &[u8]) -> Option<Digest> {
    match leaf.kind {
        RecordKind::Observation => identity_of_observation(leaf, &Opening::parse(opening).ok()?),
        RecordKind::Refusal => {
            // The refusal of what could not be read alone has a rule and no time of occurrence.
            let rule = leaf.rule.filter(|_| leaf.occurred_at.is_none())?;
            let opening = Opening::parse(opening).ok()?;
            Some(unread_identity(&opening.address, rule, opening.payload.as_bytes()))
        }
        RecordKind::Event | RecordKind::Queue => None,
    }
}

fn identity_of_observation(leaf: &Leaf<'_>, opening: &Opening<'_>) -> Option<Digest> {
    let (observation, occurred_at) = (leaf.observation?, leaf.occurred_at?);
    let Opening { address, payload, .. } = opening;
    let payload = Payload::read(address, payload.as_bytes()).ok()?;
    let content = ContentHash::of(observation, address.envelope_time(), &payload, &mut Vec::new());
    let (time_source, sender_id) =
        (TimeSource::of_stored(address, &payload, occurred_at), address.sender_id());
    let window = receipt_window(leaf.attempt_id, time_source, sender_id, occurred_at);
    Some(observation_identity(address, leaf.attempt_id, sender_id, content, window))
}
