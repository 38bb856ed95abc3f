//! Refused deliveries, and what settling one came to.

use std::borrow::Cow;

use attempt_ledger_domain::{Address, EventKind};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::payload::payload_members;
use super::receipt::ReceiptAnswer;
use crate::ledger::{RefusalStatus, RefusalView, Settlement};
use crate::queries::RefusalsPage;
use crate::record::RecordPayload;

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
    /// When it happened, in milliseconds since 1970; absent when no attempt could judge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<i64>,
    /// When it was refused, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Which credential delivered it.
    pub source: String,
    /// How the delivery was addressed.
    #[schema(value_type = Object)]
    pub address: Address,
    /// The body exactly as sent, as text; invalid UTF-8 is in `body_base64` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

impl RefusalAnswer {
    pub fn of(view: &RefusalView) -> Self {
        let payload = RecordPayload::of(&view.submission.body, false);
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
            event: view.event.map(EventKind::name),
            queue_id: view.queue_id.map(|id| id.0),
            occurred_at: view.occurred_at.map(|at| at.0),
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

impl RefusalsAnswer {
    pub fn of(page: &RefusalsPage) -> Self {
        let refusals = page.refusals.iter().map(RefusalAnswer::of).collect();
        let next_cursor = page.before.map(|position| Cow::Owned(position.to_string()));
        Self { refusals, next_cursor }
    }
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

impl SettledAnswer {
    pub fn of(refusal_id: Uuid, settlement: &Settlement) -> Self {
        let (status, event) = match settlement {
            Settlement::Replayed(receipt) => (RefusalStatus::Replayed, Some(ReceiptAnswer::of(receipt))),
            Settlement::Dismissed => (RefusalStatus::Dismissed, None),
            Settlement::Already(status) => (*status, None),
        };
        Self { refusal_id, status: status.name(), event }
    }
}
