//! The shapes of answers.

use std::borrow::Cow;

use attempt_ledger_domain::timeline::Timeline;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::{EventLocation, Receipt, Record, RefusalReceipt, RefusalView};
use crate::record::Payload;

/// What became of one delivery.
#[derive(Serialize, ToSchema)]
pub struct ReceiptAnswer {
    /// `recorded`, `duplicate` or `refused`.
    pub outcome: &'static str,
    /// The attempt that the body names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    /// The event, one of the eight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    /// The event's place within the attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The event's place in the log, from 1; of a duplicate, the first one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The event's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The rule that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Under which id the refused delivery is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal_id: Option<Uuid>,
    /// What the rule saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ReceiptAnswer {
    /// The answer for a receipt.
    pub fn of(receipt: &Receipt) -> Self {
        match receipt {
            Receipt::Recorded(location) => Self::located("recorded", location),
            Receipt::Duplicate(location) => Self::located("duplicate", location),
            Receipt::Refused(refused) => Self::refused(refused),
        }
    }

    fn located(outcome: &'static str, location: &EventLocation) -> Self {
        Self {
            outcome,
            attempt_id: Some(location.attempt_id.0),
            event: Some(location.event.name()),
            revision: Some(location.revision.0),
            position: Some(location.position.0),
            id: Some(location.id),
            code: None,
            refusal_id: None,
            detail: None,
        }
    }

    fn refused(refused: &RefusalReceipt) -> Self {
        Self {
            outcome: "refused",
            attempt_id: refused.attempt_id.map(|id| id.0),
            event: refused.event.map(attempt_ledger_domain::EventKind::name),
            revision: None,
            position: None,
            id: None,
            code: Some(refused.refusal.rule.code()),
            refusal_id: Some(refused.refusal_id),
            detail: Some(refused.refusal.detail.clone()),
        }
    }
}

/// What became of a batch: counts, and one result for each delivery in order.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    /// How many became events.
    pub recorded: usize,
    /// How many were recorded before.
    pub duplicates: usize,
    /// How many a rule refused; each is kept.
    pub refused: usize,
    /// One result for each delivery, in order.
    pub results: Vec<ReceiptAnswer>,
}

/// One record of the log.
#[derive(Serialize, ToSchema)]
pub struct EventAnswer {
    /// Its place in the log, from 1.
    pub position: u64,
    /// Its own id.
    pub id: Uuid,
    /// `event`, `refusal` or `queue`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    /// The place within the attempt, from 1; only on events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// One of the eight events; on refusals, what the delivery claimed to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    /// When it happened, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<i64>,
    /// When the ledger took it, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Which credential delivered it.
    pub source: String,
    /// `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`.
    pub flags: Vec<String>,
    /// The rule; only on refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// What the rule saw; only on refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The refusal that this record settles; only on decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settles: Option<Uuid>,
    /// `replayed` or `dismissed`; only on decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub verdict: Option<crate::record::Verdict>,
    /// The RFC 6962 hash of the record's leaf.
    pub leaf_hash: String,
    /// The body exactly as sent, when it is JSON on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Box<RawValue>>,
    /// The body exactly as sent, when it is other text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_text: Option<String>,
    /// The body exactly as sent, in base64, when it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_base64: Option<String>,
}

impl EventAnswer {
    /// The answer for a record.
    pub fn of(record: Record<'_>) -> Self {
        let (flags, leaf_hash) = (record.flags(), record.leaf_hash().to_string());
        let (payload, payload_text, payload_base64) = payload_members(record.opening.payload);
        Self {
            position: record.position.0,
            id: record.leaf.id,
            kind: record.leaf.kind.to_string(),
            attempt_id: record.leaf.attempt_id.map(|id| id.0),
            revision: record.leaf.revision.map(|revision| revision.0),
            event: record.leaf.event.map(attempt_ledger_domain::EventKind::name),
            queue_type: record.leaf.queue_type.map(attempt_ledger_domain::QueueType::name),
            queue_id: record.leaf.queue_id.map(|id| id.0),
            occurred_at: record.leaf.occurred_at.map(|at| at.0),
            recorded_at: record.leaf.recorded_at.0,
            source: record.leaf.source.into_owned(),
            flags,
            rule: record.leaf.rule.map(attempt_ledger_domain::Rule::code),
            detail: record.opening.detail.map(Cow::into_owned),
            settles: record.leaf.settles,
            verdict: record.leaf.verdict,
            leaf_hash,
            payload,
            payload_text,
            payload_base64,
        }
    }
}

type PayloadMembers = (Option<Box<RawValue>>, Option<String>, Option<String>);

/// The payload as the one member that can hold it.
pub fn payload_members(payload: Payload<'_>) -> PayloadMembers {
    use base64::Engine as _;
    match payload {
        Payload::Json(text) => match RawValue::from_string(text.into_owned()) {
            Ok(raw) => (Some(raw), None, None),
            Err(_) => (None, None, None),
        },
        Payload::Text(text) => (None, Some(text.into_owned()), None),
        Payload::Bytes(bytes) => (None, None, Some(base64::engine::general_purpose::STANDARD.encode(bytes))),
    }
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub struct EventsAnswer {
    /// Records in order.
    pub events: Vec<EventAnswer>,
    /// Pass it as `after` for the next page.
    pub next_after: u64,
    /// The end of the log when the page was read.
    pub head: u64,
}

/// Everything recorded about an attempt.
#[derive(Serialize, ToSchema)]
pub struct AttemptEventsAnswer {
    pub attempt_id: i64,
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    /// Events, refused siblings and decisions, in the order of the log.
    pub events: Vec<EventAnswer>,
}

/// The story of an attempt.
#[derive(Serialize, ToSchema)]
pub struct TimelineAnswer {
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    /// Durations, lanes with phases, and every delivery in time order.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub timeline: Timeline,
}

/// An attempt in short.
#[derive(Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    pub attempt_id: i64,
    /// The number of recorded events.
    pub revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// `waiting`, `ringing`, `answered`, `talking`, `wrap_up`, `left` or `unknown`.
    #[schema(value_type = String)]
    pub state: attempt_ledger_domain::timeline::AttemptState,
    /// The result stated at Leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// How many offers were missed.
    pub missed: u32,
    pub offered_agents: Vec<i64>,
    pub answered_agents: Vec<i64>,
    /// How many deliveries about this attempt are refused and not collapsed into recorded ones.
    pub refused: usize,
    pub flags: Vec<String>,
}

impl AttemptAnswer {
    /// The short form of a timeline.
    pub fn of(timeline: Timeline, as_of: u64) -> Self {
        use attempt_ledger_domain::timeline::DeliveryOutcome;
        let revisions = timeline.entries.iter().filter_map(|entry| match entry.arrival {
            DeliveryOutcome::Recorded { revision } => Some(revision.0),
            DeliveryOutcome::Refused { .. } => None,
        });
        let revision = revisions.max().unwrap_or_default();
        let recorded = timeline
            .entries
            .iter()
            .filter(|entry| matches!(entry.arrival, DeliveryOutcome::Recorded { .. }))
            .count();
        Self {
            as_of,
            attempt_id: timeline.attempt_id.0,
            revision,
            queue_type: timeline.queue_type.map(attempt_ledger_domain::QueueType::name),
            queue_id: timeline.queue_id.map(|id| id.0),
            channel: timeline.channel,
            state: timeline.state,
            result: timeline.result,
            joined_at: timeline.joined_at.map(|at| at.0),
            bridged_at: timeline.bridged_at.map(|at| at.0),
            left_at: timeline.left_at.map(|at| at.0),
            wait_ms: timeline.wait_ms,
            talk_ms: timeline.talk_ms,
            wrap_ms: timeline.wrap_ms,
            missed: timeline.missed,
            offered_agents: timeline.offered_agents.iter().map(|id| id.0).collect(),
            answered_agents: timeline.answered_agents.iter().map(|id| id.0).collect(),
            refused: timeline.entries.len() - recorded,
            flags: timeline.flags,
        }
    }
}

/// A refused delivery.
#[derive(Serialize, ToSchema)]
pub struct RefusalAnswer {
    pub refusal_id: Uuid,
    /// Its place in the log.
    pub position: u64,
    /// The rule that refused.
    pub code: &'static str,
    /// What the rule says.
    pub rule: &'static str,
    /// What the rule saw.
    pub detail: String,
    /// What to do next.
    pub hint: &'static str,
    /// `open`, `replayed` or `dismissed`.
    pub status: &'static str,
    /// Why it was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was settled, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    /// When it was refused, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Which credential delivered it.
    pub source: String,
    /// How the delivery was addressed.
    #[schema(value_type = Object)]
    pub address: attempt_ledger_domain::Address,
    /// The body exactly as sent, as text; invalid UTF-8 is in `body_base64` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

impl RefusalAnswer {
    /// The answer for a refusal.
    pub fn of(view: &RefusalView) -> Self {
        let payload = Payload::of(&view.submission.body, false);
        let (_, body, body_base64) = payload_members(payload);
        Self {
            refusal_id: view.refusal_id,
            position: view.position.0,
            code: view.rule.code(),
            rule: view.rule.sentence(),
            detail: view.detail.clone(),
            hint: view.rule.hint(),
            status: view.status.name(),
            note: view.note.clone(),
            settled_at: view.settled_at.map(|at| at.0),
            attempt_id: view.attempt_id.map(|id| id.0),
            event: view.event.map(attempt_ledger_domain::EventKind::name),
            queue_id: view.queue_id.map(|id| id.0),
            recorded_at: view.recorded_at.0,
            source: view.submission.source.to_string(),
            address: view.submission.address.clone(),
            body,
            body_base64,
        }
    }
}

/// A page of refusals, newest first.
#[derive(Serialize, ToSchema)]
pub struct RefusalsAnswer {
    pub refusals: Vec<RefusalAnswer>,
    /// Pass it as `cursor` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Cow<'static, str>>,
}

/// What settling a refusal came to.
#[derive(Serialize, ToSchema)]
pub struct SettledAnswer {
    pub refusal_id: Uuid,
    /// `open`, `replayed` or `dismissed`.
    pub status: &'static str,
    /// Where the replayed delivery lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<ReceiptAnswer>,
}
