//! A refusal with everything that is kept about it, read from its records.

use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, EventKind, Position, QueueId, Rule, UnixMillis};
use attempt_ledger_log::StoredRecord;
use attempt_ledger_log::record::{RecordPayload, Verdict};
use bytes::Bytes;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::record::Record;
use crate::submission::Submission;

/// Where a refusal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalStatus {
    /// Nobody has decided.
    Open,
    /// The delivery was judged again and is recorded now.
    Replayed,
    /// It stays out for good.
    Dismissed,
}

impl RefusalStatus {
    /// The word in answers and filters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A refusal with everything that is kept about it.
#[derive(Clone, Debug)]
pub struct RefusalView {
    /// Its id.
    pub refusal_id: Uuid,
    /// Its place in the log.
    pub position: Position,
    /// The rule.
    pub rule: Rule,
    /// What the rule saw.
    pub detail: String,
    /// Where it stands.
    pub status: RefusalStatus,
    /// Why it was settled, in the operator's words.
    pub note: Option<String>,
    /// When it was settled.
    pub settled_at: Option<UnixMillis>,
    /// The attempt, if the body names one.
    pub attempt_id: Option<AttemptId>,
    /// The event, if it is one of the eight.
    pub event: Option<EventKind>,
    /// The queue, if the body names one.
    pub queue_id: Option<QueueId>,
    /// When it happened; absent when no attempt could judge it.
    pub occurred_at: Option<UnixMillis>,
    /// When it was refused.
    pub recorded_at: UnixMillis,
    /// Who delivered it, how, and what: exactly as it came.
    pub submission: Submission,
}

/// Puts a refusal and its decisions together. The first decision counts.
pub(crate) fn view(stored: &[StoredRecord]) -> Result<Option<RefusalView>, LedgerError> {
    let records: Vec<Record<'_>> = stored.iter().map(Record::parse).collect::<Result<_, _>>()?;
    let Some(refusal) = records.iter().find(|record| record.leaf.rule.is_some()) else {
        return Ok(None);
    };
    let decision = records.iter().find(|record| record.leaf.settles.is_some());
    let rule = refusal.leaf.rule.ok_or_else(|| refusal.fault("the rule is missing"))?;
    Ok(Some(RefusalView {
        refusal_id: refusal.leaf.id,
        position: refusal.position,
        rule,
        detail: refusal.opening.detail.as_deref().unwrap_or_default().to_owned(),
        status: match decision.and_then(|decision| decision.leaf.verdict) {
            None => RefusalStatus::Open,
            Some(Verdict::Replayed) => RefusalStatus::Replayed,
            Some(Verdict::Dismissed) => RefusalStatus::Dismissed,
        },
        note: decision.and_then(|decision| note(&decision.opening.payload)),
        settled_at: decision.map(|decision| decision.leaf.recorded_at),
        attempt_id: refusal.leaf.attempt_id,
        event: refusal.leaf.event,
        queue_id: refusal.leaf.queue_id,
        occurred_at: refusal.leaf.occurred_at,
        recorded_at: refusal.leaf.recorded_at,
        submission: Submission {
            address: refusal.opening.address.clone(),
            body: Bytes::copy_from_slice(refusal.opening.payload.as_bytes()),
            source: Arc::from(refusal.leaf.source.as_ref()),
        },
    }))
}

fn note(payload: &RecordPayload<'_>) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_slice(payload.as_bytes()).ok()?;
    Some(payload.get("note")?.as_str()?.to_owned())
}
