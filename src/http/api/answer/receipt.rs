//! What became of deliveries.

use attempt_ledger_domain::EventKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::{EventReceipt, LineReceipt, ObservationReceipt, Receipt, RefusalReceipt};

/// What became of one delivery.
#[derive(Serialize, ToSchema)]
pub struct ReceiptAnswer {
    /// `recorded`, `duplicate` or `refused`; of a decision about a refusal that an export wrote, `skipped`.
    pub outcome: &'static str,
    /// The attempt that the body names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<i64>,
    /// The queue whose definition an export wrote; only on such lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    /// `observation`; only on what is no event and no refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// What the dialer reports; only on observations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observation: Option<&'static str>,
    /// The event, one of the eight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    /// The event's place within the attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The record's place in the log, from 1; of a duplicate, the first one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The record's own id.
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
    /// Whether the same delivery was refused before, and nothing was recorded; absent while it was not.
    #[serde(skip_serializing_if = "is_false")]
    pub repeated: bool,
    /// What is odd about a recorded delivery or a duplicate, such as `clock_implausible` (a time that it
    /// states cannot be true, and another one counts) or `converted:timestamp` (stated in another unit than
    /// milliseconds).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
}

impl ReceiptAnswer {
    pub fn of(receipt: &Receipt) -> Self {
        match receipt {
            Receipt::Recorded(event) => Self::of_event("recorded", event),
            Receipt::Duplicate(event) => Self::of_event("duplicate", event),
            Receipt::Observed(observed) => Self::of_observation(observed),
            Receipt::Refused(refused) => Self::refused(refused),
        }
    }

    fn of_line(receipt: &LineReceipt) -> Self {
        match receipt {
            LineReceipt::Delivery(receipt) => Self::of(receipt),
            LineReceipt::Queue { queue_id, changed } => {
                let outcome = if *changed { "recorded" } else { "duplicate" };
                Self { queue_id: Some(queue_id.0), ..Self::bare(outcome) }
            }
            LineReceipt::Decision => Self::bare("skipped"),
        }
    }

    const fn bare(outcome: &'static str) -> Self {
        Self {
            outcome,
            attempt_id: None,
            queue_id: None,
            kind: None,
            observation: None,
            event: None,
            revision: None,
            position: None,
            id: None,
            code: None,
            refusal_id: None,
            detail: None,
            repeated: false,
            flags: Vec::new(),
        }
    }

    fn of_event(outcome: &'static str, event: &EventReceipt) -> Self {
        Self {
            attempt_id: Some(event.attempt_id.0),
            event: Some(event.event.name()),
            revision: Some(event.revision.0),
            position: Some(event.position.0),
            id: Some(event.id),
            flags: event.flags.clone(),
            ..Self::bare(outcome)
        }
    }

    fn of_observation(observed: &ObservationReceipt) -> Self {
        Self {
            attempt_id: observed.attempt_id.map(|id| id.0),
            kind: Some("observation"),
            observation: Some(observed.observation.name()),
            position: Some(observed.position.0),
            id: Some(observed.id),
            flags: observed.flags.clone(),
            ..Self::bare(if observed.repeated { "duplicate" } else { "recorded" })
        }
    }

    fn refused(refused: &RefusalReceipt) -> Self {
        Self {
            attempt_id: refused.attempt_id.map(|id| id.0),
            event: refused.event.map(EventKind::name),
            code: Some(refused.refusal.rule.code()),
            refusal_id: Some(refused.refusal_id),
            detail: Some(refused.refusal.detail.clone()),
            repeated: refused.repeated,
            ..Self::bare("refused")
        }
    }
}

/// What became of a batch: counts, and one result for each delivery in order.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    /// How many became events or observations.
    pub recorded: usize,
    /// How many were recorded before.
    pub duplicates: usize,
    /// How many a rule refused; each is kept.
    pub refused: usize,
    /// How many of those were refused before, so that nothing was recorded; absent when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused_before: usize,
    /// How many decisions about refusals an export wrote, which are not taken; absent when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub skipped: usize,
    /// One result for each delivery, in order.
    pub results: Vec<ReceiptAnswer>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

impl BatchAnswer {
    pub fn of(receipts: &[LineReceipt]) -> Self {
        let results: Vec<_> = receipts.iter().map(ReceiptAnswer::of_line).collect();
        let count = |outcome| results.iter().filter(|result| result.outcome == outcome).count();
        Self {
            recorded: count("recorded"),
            duplicates: count("duplicate"),
            refused: count("refused"),
            refused_before: results.iter().filter(|result| result.repeated).count(),
            skipped: count("skipped"),
            results,
        }
    }
}

/// What a delivery that was recorded before is answered with, and a batch.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the document names both")]
pub enum DeliveredAnswer {
    Duplicate(ReceiptAnswer),
    Batch(BatchAnswer),
}
