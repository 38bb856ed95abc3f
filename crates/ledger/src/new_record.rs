//! From domain facts to the bytes of a record.

use std::borrow::Cow;

use attempt_ledger_domain::{
    Address, AttemptEvent, AttemptId, Delivery, EventKind, ObservationDelivery, Payload, QueueDefinition,
    QueueId, QueueType, Refusal, Revision, UnixMillis, UnreadableDelivery,
};
use attempt_ledger_log::record::{
    Digest, FORMAT_VERSION, Leaf, Opening, RecordKind, RecordPayload, SALT_BYTES, Verdict, commitment,
};
use attempt_ledger_log::{Expected, NewRecord, Stream, StreamAppend};
use attempt_ledger_system::environment::Environment;
use uuid::Uuid;

use crate::receipt::RefusalReceipt;
use crate::submission::{IncomingDelivery, Submission};

/// The parts of a leaf that every kind of record fills by itself.
fn blank_leaf(id: Uuid, kind: RecordKind, recorded_at: UnixMillis, source: &str) -> Leaf<'static> {
    Leaf {
        attempt_id: None,
        commitment: Digest([0; 32]),
        corrects: None,
        event: None,
        id,
        kind,
        observation: None,
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
    payload: RecordPayload<'_>,
    environment: &dyn Environment,
) -> NewRecord {
    let mut salt = [0_u8; SALT_BYTES];
    environment.fill(&mut salt);
    leaf.commitment = commitment(&salt, payload.as_bytes());
    let opening = Opening { address, detail: detail.map(Cow::Borrowed), payload, salt };
    leaf.v = leaf.format_needed().max(opening.format_needed());
    let opening_bytes = opening.to_bytes();
    NewRecord { leaf_bytes: leaf.to_bytes(), leaf, opening_bytes }
}

/// The record of an accepted event.
pub(crate) fn event_record(
    event: &AttemptEvent,
    revision: Revision,
    previous: Option<Digest>,
    incoming: &IncomingDelivery,
    environment: &dyn Environment,
) -> NewRecord {
    let IncomingDelivery { submission, corrects, .. } = incoming;
    let id = environment.new_id(event.recorded_at);
    let leaf = Leaf {
        attempt_id: Some(event.attempt_id),
        corrects: *corrects,
        event: Some(event.kind),
        occurred_at: Some(event.occurred_at),
        previous,
        queue_id: event.queue_id,
        queue_type: Some(event.queue_type),
        revision: Some(revision),
        ..blank_leaf(id, RecordKind::Event, event.recorded_at, &submission.source)
    };
    let address = with_stated_id(submission, event.sender_id.is_some());
    finish(leaf, address, None, payload_of(submission, true), environment)
}

/// The record of an observation.
pub(crate) fn observation_record(
    observed: &ObservationDelivery,
    incoming: &IncomingDelivery,
    environment: &dyn Environment,
) -> NewRecord {
    let IncomingDelivery { submission, corrects, .. } = incoming;
    let id = environment.new_id(observed.received_at);
    let leaf = Leaf {
        attempt_id: observed.attempt_id,
        corrects: *corrects,
        observation: Some(observed.observation),
        occurred_at: Some(observed.occurred_at),
        queue_id: observed.queue_id,
        queue_type: observed.queue_type,
        ..blank_leaf(id, RecordKind::Observation, observed.received_at, &submission.source)
    };
    let address = with_stated_id(submission, observed.sender_id.is_some());
    finish(leaf, address, None, payload_of(submission, true), environment)
}

/// What was sent, as it lies in a record. Only JSON has no media type.
fn payload_of(submission: &Submission, is_readable: bool) -> RecordPayload<'_> {
    let is_json = is_readable && submission.address.media_type.is_none();
    RecordPayload::of(&submission.body, is_json)
}

/// An id stated in the body moves into the address, so that the opening alone has the sender's id.
fn with_stated_id(submission: &Submission, has_sender_id: bool) -> Address {
    let mut address = submission.address.clone();
    if has_sender_id && address.sender_id().is_none() {
        let body = Payload::read(&submission.address, &submission.body).ok();
        let stated = body.as_ref().and_then(|body| body.get("event_id")?.as_text());
        address.id = stated.map(Cow::into_owned);
    }
    address
}

/// What is known of a delivery that is refused.
pub(crate) struct RefusalFacts<'a> {
    pub(crate) refusal: &'a Refusal,
    pub(crate) attempt_id: Option<AttemptId>,
    pub(crate) event: Option<EventKind>,
    pub(crate) queue_id: Option<QueueId>,
    pub(crate) queue_type: Option<QueueType>,
    pub(crate) occurred_at: Option<UnixMillis>,
    pub(crate) is_json: bool,
    pub(crate) has_sender_id: bool,
}

impl<'a> RefusalFacts<'a> {
    pub(crate) fn of(delivery: &Delivery, refusal: &'a Refusal) -> Self {
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

    pub(crate) fn of_unreadable(unreadable: &'a UnreadableDelivery) -> Self {
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

    /// The receipt, when a refusal with this id keeps the delivery.
    pub(crate) fn receipt(&self, refusal_id: Uuid) -> RefusalReceipt {
        RefusalReceipt {
            refusal_id,
            refusal: self.refusal.clone(),
            attempt_id: self.attempt_id,
            event: self.event,
            queue_id: self.queue_id,
            repeated: false,
        }
    }
}

/// The record of a refusal.
pub(crate) fn refusal_record(
    facts: &RefusalFacts<'_>,
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
    let address = with_stated_id(submission, facts.has_sender_id);
    let payload = payload_of(submission, facts.is_json);
    finish(leaf, address, Some(&facts.refusal.detail), payload, environment)
}

/// Addresses an observation, a refusal or a decision to those of its day.
pub(crate) fn day_append(record: NewRecord) -> StreamAppend {
    let stream = Stream::of(&record.leaf).expect("what is kept by day needs nothing but its time");
    StreamAppend { stream, expected: Expected::Any, records: vec![record] }
}

/// The record of a decision about a refusal.
pub(crate) fn decision_record(
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
    finish(leaf, Address::default(), None, RecordPayload::of(payload.as_bytes(), true), environment)
}

/// The record of a queue's definition.
pub(crate) fn queue_record(
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
    finish(leaf, Address::default(), None, RecordPayload::of(&payload, true), environment)
}
