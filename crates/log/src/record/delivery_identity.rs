//! What makes two deliveries the same one where no memory of their attempt says so: those that no attempt
//! judges, and those of attempts that have more records than memory keeps.

use attempt_ledger_domain::{
    Address, AttemptId, ContentHash, FIRST_EVENTS_KEPT, HookName, Payload, QueueType, SenderId, TimeSource,
    receipt_window,
};
use sha2::{Digest as _, Sha256};

use super::{Digest, Leaf, Opening, RecordKind, unread_identity};

/// What an identity begins with. No length of an id, with which that of an unread delivery begins, has such
/// a first byte.
const OBSERVATION: u8 = 0xff;
const EVENT: u8 = 0xfe;
const REFUSAL: u8 = 0xfd;

/// Parts of an identity, none of which runs into the next one: all that may be absent say whether they are.
struct Parts(Sha256);

impl Parts {
    fn of(kind: u8) -> Self {
        Self(Sha256::new_with_prefix([kind]))
    }

    fn add(mut self, part: Option<&[u8]>) -> Self {
        self.0.update([u8::from(part.is_some())]);
        self.0.update(part.unwrap_or_default());
        self
    }

    fn add_number(self, number: Option<i64>) -> Self {
        self.add(number.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice))
    }

    fn add_sender_id(self, sender_id: Option<SenderId>) -> Self {
        self.add(sender_id.as_ref().map(|id| id.0.as_slice()))
    }

    fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

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
    // An attempt has one queue type, whatever an address says.
    let queue_type = address.queue_type.as_deref().filter(|_| attempt_id.is_none());
    let queue_type = queue_type.and_then(QueueType::parse);
    Parts::of(OBSERVATION)
        .add(queue_type.map(|queue_type| queue_type.name().as_bytes()))
        .add_number(attempt_id.map(|id| id.0))
        .add_sender_id(sender_id)
        .add(Some(&content.0))
        .add_number(window)
        .digest()
}

/// The identity of an event within its attempt: the sender's id, whatever the event says; without one, what
/// it says, and the number of its window where it is the same within a short one only.
#[must_use]
pub fn event_identity(
    attempt_id: AttemptId,
    sender_id: Option<SenderId>,
    content: ContentHash,
    window: Option<i64>,
) -> Digest {
    let parts = Parts::of(EVENT).add_number(Some(attempt_id.0)).add_sender_id(sender_id);
    match sender_id {
        Some(_) => parts.digest(),
        None => parts.add(Some(&content.0)).add_number(window).digest(),
    }
}

/// The identity of a delivery that its attempt refused: what it says, and the sender's id.
#[must_use]
pub fn refusal_identity(attempt_id: AttemptId, sender_id: Option<SenderId>, content: ContentHash) -> Digest {
    Parts::of(REFUSAL).add_number(Some(attempt_id.0)).add_sender_id(sender_id).add(Some(&content.0)).digest()
}

/// The identity of a stored record; `None` for the first events of each attempt, which memory never forgets,
/// and for decisions and definitions.
pub(crate) fn delivery_identity_of(leaf: &Leaf<'_>, opening: &[u8]) -> Option<Digest> {
    let is_delivery = match leaf.kind {
        RecordKind::Observation => true,
        RecordKind::Event => leaf.revision.is_some_and(|revision| revision.0 > FIRST_EVENTS_KEPT),
        RecordKind::Refusal => leaf.rule.is_some(),
        RecordKind::Queue => false,
    };
    if !is_delivery {
        return None;
    }
    let opening = Opening::parse(opening).ok()?;
    match (leaf.kind, leaf.rule) {
        // The refusal of what could not be read alone has a rule and no time of occurrence.
        (_, Some(rule)) if leaf.occurred_at.is_none() => {
            Some(unread_identity(&opening.address, rule, opening.payload.as_bytes()))
        }
        _ => identity_of_what_was_read(leaf, &opening),
    }
}

fn identity_of_what_was_read(leaf: &Leaf<'_>, opening: &Opening<'_>) -> Option<Digest> {
    let occurred_at = leaf.occurred_at?;
    let Opening { address, payload, .. } = opening;
    let payload = Payload::read(address, payload.as_bytes()).ok()?;
    let content = |hook: HookName| ContentHash::of(hook, address.envelope_time(), &payload, &mut Vec::new());
    let time_source = TimeSource::of_stored(address, &payload, occurred_at);
    let sender_id = address.sender_id();
    let window = receipt_window(leaf.attempt_id, time_source, sender_id, occurred_at);
    match leaf.kind {
        RecordKind::Observation => {
            let content = content(leaf.observation?.into());
            Some(observation_identity(address, leaf.attempt_id, sender_id, content, window))
        }
        RecordKind::Event => {
            Some(event_identity(leaf.attempt_id?, sender_id, content(leaf.event?.into()), window))
        }
        RecordKind::Refusal => {
            Some(refusal_identity(leaf.attempt_id?, sender_id, content(leaf.event?.into())))
        }
        RecordKind::Queue => None,
    }
}
