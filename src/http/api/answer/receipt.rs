//! What became of deliveries.

use attempt_ledger_domain::EventKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::{EventReceipt, Receipt, RefusalReceipt};

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
    /// What is odd about a recorded delivery or a duplicate, such as `clock_implausible` (its time is that of
    /// the receipt) or `converted:timestamp` (stated in another unit than milliseconds).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
}

impl ReceiptAnswer {
    pub fn of(receipt: &Receipt) -> Self {
        match receipt {
            Receipt::Recorded(event) => Self::of_event("recorded", event),
            Receipt::Duplicate(event) => Self::of_event("duplicate", event),
            Receipt::Refused(refused) => Self::refused(refused),
        }
    }

    fn of_event(outcome: &'static str, event: &EventReceipt) -> Self {
        Self {
            outcome,
            attempt_id: Some(event.attempt_id.0),
            event: Some(event.event.name()),
            revision: Some(event.revision.0),
            position: Some(event.position.0),
            id: Some(event.id),
            code: None,
            refusal_id: None,
            detail: None,
            flags: event.flags.clone(),
        }
    }

    fn refused(refused: &RefusalReceipt) -> Self {
        Self {
            outcome: "refused",
            attempt_id: refused.attempt_id.map(|id| id.0),
            event: refused.event.map(EventKind::name),
            revision: None,
            position: None,
            id: None,
            code: Some(refused.refusal.rule.code()),
            refusal_id: Some(refused.refusal_id),
            detail: Some(refused.refusal.detail.clone()),
            flags: Vec::new(),
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
