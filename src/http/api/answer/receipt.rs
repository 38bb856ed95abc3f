//! What became of deliveries.

use attempt_ledger_domain::EventKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::{EventLocation, Receipt, RefusalReceipt};

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
            event: refused.event.map(EventKind::name),
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
