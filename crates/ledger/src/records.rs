//! Between domain facts and records: writing both ways.

use std::borrow::Cow;

use attempt_ledger_domain::timeline::{DeliveryOutcome, Details, LoggedDelivery, payload_flags};
use attempt_ledger_domain::{
    Address, AttemptEvent, AttemptId, ContentHash, Delivery, EventKind, Payload as Body, Position,
    QueueDefinition, QueueId, QueueType, Refusal, Revision, Rule, SenderId, TimeSource, UnixMillis,
    UnreadableDelivery,
};
use uuid::Uuid;

use super::{LedgerError, Submission};
use attempt_ledger_log::record::{
    Digest, FORMAT_VERSION, Leaf, Opening, Payload, RecordKind, SALT_BYTES, Verdict, commitment,
};
use attempt_ledger_log::{NewRecord, StoredRecord};
use attempt_ledger_system::environment::Environment;

/// The digest of the sender's id in a stored record, for the log's index. Decisions and definitions have none.
pub(super) fn stored_sender_id(_leaf: &Leaf<'_>, opening: &[u8]) -> Option<Digest> {
    let opening = Opening::parse(opening).ok()?;
    opening.address.id.as_deref().map(|id| Digest(SenderId::of(id).0))
}

/// The parts of a leaf that every kind of record fills by itself.
fn blank_leaf(id: Uuid, kind: RecordKind, recorded_at: UnixMillis, source: &str) -> Leaf<'static> {
    Leaf {
        attempt_id: None,
        commitment: Digest([0; 32]),
        event: None,
        id,
        kind,
        occurred_at: None,
        previous: None,
        queue_id: None,
        queue_type: None,
        recorded_at,
        revision: None,
        rule: None,
        settles: None,
        source: Cow::Owned(source.to_owned()),
        v: FORMAT_VERSION,
        verdict: None,
    }
}

/// Draws the salt, commits to the payload and writes both parts.
fn finish(
    mut leaf: Leaf<'static>,
    address: Address,
    detail: Option<&str>,
    payload: Payload<'_>,
    environment: &dyn Environment,
) -> NewRecord {
    let mut salt = [0_u8; SALT_BYTES];
    environment.fill(&mut salt);
    leaf.commitment = commitment(&salt, payload.as_bytes());
    let sender_id = address.id.as_deref().map(|id| Digest(SenderId::of(id).0));
    let opening = Opening { address, detail: detail.map(Cow::Borrowed), payload, salt }.to_bytes();
    NewRecord { leaf_bytes: leaf.to_bytes(), leaf, opening_bytes: opening, sender_id }
}

/// The record of an accepted event.
pub(super) fn event_record(
    event: &AttemptEvent,
    revision: Revision,
    previous: Option<Digest>,
    submission: &Submission,
    environment: &dyn Environment,
) -> NewRecord {
    let id = environment.new_id(event.recorded_at);
    let leaf = Leaf {
        attempt_id: Some(event.attempt_id),
        event: Some(event.kind),
        occurred_at: Some(event.occurred_at),
        previous,
        queue_id: event.queue_id,
        queue_type: Some(event.queue_type),
        revision: Some(revision),
        ..blank_leaf(id, RecordKind::Event, event.recorded_at, &submission.source)
    };
    let address = with_stated_id(submission, event.sender_id.is_some());
    finish(leaf, address, None, Payload::of(&submission.body, true), environment)
}

/// An id stated in the body moves into the address, so that the opening alone tells the sender's id.
fn with_stated_id(submission: &Submission, has_sender_id: bool) -> Address {
    let mut address = submission.address.clone();
    if has_sender_id && address.id.as_deref().is_none_or(str::is_empty) {
        let body = Body::parse(&submission.body).ok();
        let stated = body.as_ref().and_then(|body| body.get("event_id")?.as_text());
        address.id = stated.map(Cow::into_owned);
    }
    address
}

/// What is known of a delivery that is refused.
pub(super) struct RefusedFacts<'a> {
    pub(super) refusal: &'a Refusal,
    pub(super) attempt_id: Option<AttemptId>,
    pub(super) event: Option<EventKind>,
    pub(super) queue_id: Option<QueueId>,
    pub(super) queue_type: Option<QueueType>,
    pub(super) occurred_at: Option<UnixMillis>,
    pub(super) is_json: bool,
    pub(super) has_sender_id: bool,
}

impl<'a> RefusedFacts<'a> {
    pub(super) fn of(delivery: &Delivery, refusal: &'a Refusal) -> Self {
        Self {
            refusal,
            attempt_id: Some(delivery.attempt_id),
            event: Some(delivery.event),
            queue_id: delivery.queue_id,
            queue_type: delivery.queue_type,
            occurred_at: Some(delivery.occurred_at),
            is_json: true,
            has_sender_id: delivery.sender_id.is_some(),
        }
    }

    pub(super) fn of_unreadable(unreadable: &'a UnreadableDelivery) -> Self {
        Self {
            refusal: &unreadable.refusal,
            attempt_id: unreadable.attempt_id,
            event: unreadable.event,
            queue_id: unreadable.queue_id,
            queue_type: None,
            occurred_at: None,
            is_json: unreadable.is_json,
            has_sender_id: false,
        }
    }
}

/// The record of a refusal.
pub(super) fn refusal_record(
    facts: &RefusedFacts<'_>,
    recorded_at: UnixMillis,
    submission: &Submission,
    environment: &dyn Environment,
) -> NewRecord {
    let id = environment.new_id(recorded_at);
    let leaf = Leaf {
        attempt_id: facts.attempt_id,
        event: facts.event,
        occurred_at: facts.occurred_at,
        queue_id: facts.queue_id,
        queue_type: facts.queue_type,
        rule: Some(facts.refusal.rule),
        ..blank_leaf(id, RecordKind::Refusal, recorded_at, &submission.source)
    };
    let payload = Payload::of(&submission.body, facts.is_json);
    let address = with_stated_id(submission, facts.has_sender_id);
    finish(leaf, address, Some(&facts.refusal.detail), payload, environment)
}

/// The record of a decision about a refusal.
pub(super) fn decision_record(
    refusal_id: Uuid,
    attempt_id: Option<AttemptId>,
    verdict: Verdict,
    note: &str,
    recorded_at: UnixMillis,
    source: &str,
    environment: &dyn Environment,
) -> NewRecord {
    let id = environment.new_id(recorded_at);
    let leaf = Leaf {
        attempt_id,
        settles: Some(refusal_id),
        verdict: Some(verdict),
        ..blank_leaf(id, RecordKind::Refusal, recorded_at, source)
    };
    let payload = serde_json::json!({ "note": note }).to_string();
    finish(leaf, Address::default(), None, Payload::of(payload.as_bytes(), true), environment)
}

/// The record of a queue's definition.
pub(super) fn queue_record(
    definition: &QueueDefinition,
    revision: Revision,
    previous: Option<Digest>,
    source: &str,
    environment: &dyn Environment,
) -> NewRecord {
    let recorded_at = environment.now();
    let id = environment.new_id(recorded_at);
    let leaf = Leaf {
        previous,
        queue_id: Some(definition.queue_id),
        queue_type: Some(definition.queue_type),
        revision: Some(revision),
        ..blank_leaf(id, RecordKind::Queue, recorded_at, source)
    };
    let payload = serde_json::to_vec(definition).expect("a definition has only strings and integers");
    finish(leaf, Address::default(), None, Payload::of(&payload, true), environment)
}

/// A stored record with its parts parsed.
pub(super) struct ReadRecord<'a> {
    pub(super) position: Position,
    pub(super) leaf: Leaf<'a>,
    pub(super) opening: Opening<'a>,
}

impl<'a> ReadRecord<'a> {
    pub(super) fn parse(stored: &'a StoredRecord) -> Result<Self, LedgerError> {
        let fault = |reason: String| LedgerError::Record { position: stored.position, reason };
        let leaf = Leaf::parse(&stored.leaf).map_err(|error| fault(error.to_string()))?;
        let opening = Opening::parse(&stored.opening).map_err(|error| fault(error.to_string()))?;
        Ok(Self { position: stored.position, leaf, opening })
    }

    pub(super) fn fault(&self, reason: &str) -> LedgerError {
        LedgerError::Record { position: self.position, reason: reason.to_owned() }
    }

    pub(super) fn sender_id(&self) -> Option<SenderId> {
        self.opening.address.id.as_deref().filter(|id| !id.is_empty()).map(SenderId::of)
    }

    /// The event that a record of kind `event` holds.
    pub(super) fn event(&self) -> Result<AttemptEvent, LedgerError> {
        let lacks = |what| self.fault(what);
        let kind = self.leaf.event.ok_or_else(|| lacks("the event's name is missing"))?;
        let occurred_at = self.leaf.occurred_at.ok_or_else(|| lacks("the event's time is missing"))?;
        let body =
            Body::parse(self.opening.payload.as_bytes()).map_err(|error| self.fault(&error.to_string()))?;
        Ok(AttemptEvent {
            attempt_id: self.leaf.attempt_id.ok_or_else(|| lacks("the attempt is missing"))?,
            kind,
            queue_type: self.leaf.queue_type.ok_or_else(|| lacks("the queue type is missing"))?,
            queue_id: self.leaf.queue_id,
            occurred_at,
            time_source: TimeSource::of_stored(&body, occurred_at),
            recorded_at: self.leaf.recorded_at,
            content: ContentHash::of(kind, &body, &mut Vec::new()),
            sender_id: self.sender_id(),
        })
    }

    /// The definition that a record of kind `queue` holds.
    pub(super) fn definition(&self) -> Result<QueueDefinition, LedgerError> {
        serde_json::from_slice(self.opening.payload.as_bytes())
            .map_err(|error| self.fault(&error.to_string()))
    }

    /// What a refusal of an attempt's delivery remembers; `None` when it named no event.
    pub(super) fn refused_content(&self) -> Option<(ContentHash, Rule, Cow<'_, str>)> {
        let (event, rule) = (self.leaf.event?, self.leaf.rule?);
        let body = Body::parse(self.opening.payload.as_bytes()).ok()?;
        let detail = self.opening.detail.clone().unwrap_or_default();
        Some((ContentHash::of(event, &body, &mut Vec::new()), rule, detail))
    }

    /// The delivery as timelines see it; `None` for records that are no delivery of an event.
    pub(super) fn delivered(&self, dismissed: bool) -> Option<LoggedDelivery> {
        let event = self.leaf.event?;
        let arrival = match (self.leaf.revision, self.leaf.rule) {
            (Some(revision), _) => DeliveryOutcome::Recorded { revision },
            (None, Some(rule)) => DeliveryOutcome::Refused { rule, dismissed },
            (None, None) => return None,
        };
        let body = Body::parse(self.opening.payload.as_bytes()).ok()?;
        let occurred_at = self.leaf.occurred_at.unwrap_or(self.leaf.recorded_at);
        let time_source = TimeSource::of_stored(&body, occurred_at);
        Some(LoggedDelivery {
            id: self.leaf.id,
            position: self.position,
            arrival,
            event,
            queue_type: self.leaf.queue_type,
            queue_id: self.leaf.queue_id,
            occurred_at,
            time_source,
            recorded_at: self.leaf.recorded_at,
            content: ContentHash::of(event, &body, &mut Vec::new()),
            sender_id: self.sender_id(),
            details: Details::of(&body),
            flags: payload_flags(
                &self.opening.address,
                &body,
                event,
                occurred_at,
                self.leaf.recorded_at,
                time_source,
            ),
        })
    }
}
