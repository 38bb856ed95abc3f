//! Records of the log.

use std::borrow::Cow;

use attempt_ledger_domain::{Address, EventKind, Observation, QueueType, Rule, has_lone_surrogate};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::payload::{fields_as_json, payload_members, typed_fields_as_json};
use crate::ledger::{Ledger, Record};
use crate::record::{RecordKind, Verdict};

/// One record of the log.
#[derive(Serialize, ToSchema)]
pub struct EventAnswer {
    /// Its place in the log, from 1.
    pub position: u64,
    /// Its own id.
    pub id: Uuid,
    /// `event`, `observation`, `refusal` or `queue`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    /// The place within the attempt, from 1; only on events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// One of the eight events; on refusals, what the delivery claimed to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    /// What the dialer reports beside the eight events: `wait_agent`, `agent_status` or `add_member`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observation: Option<&'static str>,
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
    /// `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`, `unreadable_character`,
    /// `queue_type_differs`, `hook_not_declared`.
    pub flags: Vec<String>,
    /// How the delivery was addressed: URL, headers, the envelope of a CloudEvent. Absent when there is
    /// nothing of it.
    #[serde(skip_serializing_if = "Address::is_empty")]
    #[schema(value_type = Option<Object>)]
    pub address: Address,
    /// The rule; only on refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// What the rule saw; only on refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The refusal that this record settles; only on decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settles: Option<Uuid>,
    /// The refusal whose delivery this record corrects; only on events and observations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Uuid>,
    /// `replayed` or `dismissed`; only on decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub verdict: Option<Verdict>,
    /// The RFC 6962 hash of the record's leaf.
    pub leaf_hash: String,
    /// The body exactly as sent, when it is JSON on one line. Of a form, and of a body with characters that
    /// cannot be read, the fields, with U+FFFD for each such character.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Box<RawValue>>,
    /// The fields that the ledger knows as values of their documented types; what cannot be read so is left
    /// out, and flagged. Only on deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub fields: Option<Box<RawValue>>,
    /// The users' own fields, as they were sent. Only on deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub variables: Option<Box<RawValue>>,
    /// The body exactly as sent, when it is other text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_text: Option<String>,
    /// The body exactly as sent, in base64, when it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_base64: Option<String>,
}

impl EventAnswer {
    pub fn of(ledger: &Ledger, record: Record<'_>) -> Self {
        let (flags, leaf_hash) = (ledger.flags_of(&record), record.leaf_hash().to_string());
        let is_delivery = record.leaf.kind != RecordKind::Queue;
        let body = if is_delivery || !is_json(&record) { record.body().ok() } else { None };
        let repaired = body.as_ref().filter(|_| !is_json(&record)).and_then(fields_as_json);
        let said = body.as_ref().filter(|_| is_delivery && record.leaf.settles.is_none());
        let fields = said.and_then(typed_fields_as_json);
        let variables = said.and_then(|body| fields_as_json(&body.variables()));
        let (payload, payload_text, payload_base64) = payload_members(record.opening.payload);
        let payload = payload.or(repaired);
        Self {
            position: record.position.0,
            id: record.leaf.id,
            kind: record.leaf.kind.to_string(),
            attempt_id: record.leaf.attempt_id.map(|id| id.0),
            revision: record.leaf.revision.map(|revision| revision.0),
            event: record.leaf.event.map(EventKind::name),
            observation: record.leaf.observation.map(Observation::name),
            queue_type: record.leaf.queue_type.map(QueueType::name),
            queue_id: record.leaf.queue_id.map(|id| id.0),
            occurred_at: record.leaf.occurred_at.map(|at| at.0),
            recorded_at: record.leaf.recorded_at.0,
            source: record.leaf.source.into_owned(),
            flags,
            address: record.opening.address,
            rule: record.leaf.rule.map(Rule::code),
            detail: record.opening.detail.map(Cow::into_owned),
            settles: record.leaf.settles,
            corrects: record.leaf.corrects,
            verdict: record.leaf.verdict,
            leaf_hash,
            payload,
            fields,
            variables,
            payload_text,
            payload_base64,
        }
    }
}

/// Whether any reader of JSON reads the payload.
fn is_json(record: &Record<'_>) -> bool {
    record.opening.address.media_type.is_none() && !has_lone_surrogate(record.opening.payload.as_bytes())
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
