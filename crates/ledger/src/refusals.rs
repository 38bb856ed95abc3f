//! Refusals: every delivery that a rule did not let in, kept until it is settled.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::{AttemptId, EventKind, Position, QueueId, Rule, UnixMillis};
use attempt_ledger_log::record::{RecordPayload, Verdict};
use attempt_ledger_log::{Key, StoredRecord};
use bytes::Bytes;
use thiserror::Error;
use uuid::Uuid;

use crate::correction::Correction;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::new_record::{decision_record, refusal_append};
use crate::receipt::{EventReceipt, Receipt, RefusalReceipt};
use crate::record::Record;
use crate::submission::{FirstReceipt, Submission};

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

/// How a refusal is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The delivery is an event now, or proved to be one already.
    Replayed(EventReceipt),
    /// It stays out.
    Dismissed,
    /// It was settled before, in this way.
    Already(RefusalStatus),
}

/// Why a refusal was not settled.
#[derive(Debug, Error)]
pub enum SettleError {
    /// There is no such refusal.
    #[error("no refusal has the id {0}; hint: GET /v1/refusals lists them")]
    Unknown(Uuid),
    /// The rules refuse the delivery still.
    #[error("still refused: {}", .0.refusal)]
    StillRefused(Box<RefusalReceipt>),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// One refusal; `None` when there is none with this id.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn refusal(&self, refusal_id: Uuid) -> Result<Option<RefusalView>, LedgerError> {
        let stored = self.log.read(&self.log.find(Key::Refusal(refusal_id))?)?;
        view(&stored)
    }

    /// Refusals below a position, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub fn refusals(&self, before: Position, limit: usize) -> Result<Vec<RefusalView>, LedgerError> {
        let positions = self.log.refusals_before(before, limit)?;
        let mut views = Vec::with_capacity(positions.len());
        for stored in self.log.read(&positions)? {
            let id = Record::parse(&stored)?.leaf.id;
            views.extend(self.refusal(id)?);
        }
        Ok(views)
    }

    /// Judges a kept delivery again. Recorded, or already recorded: the refusal is settled.
    ///
    /// # Errors
    /// [`SettleError::StillRefused`] when the rules say so still; the refusal stays open.
    pub async fn replay(
        self: &Arc<Self>,
        refusal_id: Uuid,
        note: &str,
        source: &str,
    ) -> Result<Settlement, SettleError> {
        self.replay_corrected(refusal_id, &Correction::default(), note, source).await
    }

    /// The same with a correction in the place of what was sent. The event names the refusal, which stays as
    /// it is but for its status.
    ///
    /// # Errors
    /// [`SettleError::StillRefused`] when the rules refuse the correction; nothing is recorded.
    pub async fn replay_corrected(
        self: &Arc<Self>,
        refusal_id: Uuid,
        correction: &Correction,
        note: &str,
        source: &str,
    ) -> Result<Settlement, SettleError> {
        let _order = self.settling.lock(lock_key(refusal_id)).await;
        let view = self.refusal(refusal_id)?.ok_or(SettleError::Unknown(refusal_id))?;
        if view.status != RefusalStatus::Open {
            return Ok(Settlement::Already(view.status));
        }
        let RefusalView { attempt_id, submission, recorded_at, occurred_at, .. } = view;
        // Another body states a time of its own, or happened when the first one was received.
        let occurred_at = occurred_at.filter(|_| correction.body.is_none());
        let first = FirstReceipt { recorded_at, occurred_at, queue_type: None };
        let corrects = (!correction.is_empty()).then_some(refusal_id);
        let location = match self.record_again(correction.apply(&submission), first, corrects).await? {
            Receipt::Recorded(location) => {
                self.let_in[location.event as usize].fetch_add(1, Ordering::Relaxed);
                location
            }
            Receipt::Duplicate(location) => location,
            Receipt::Refused(refused) => return Err(SettleError::StillRefused(Box::new(refused))),
        };
        self.decide(refusal_id, attempt_id, Verdict::Replayed, note, source).await?;
        Ok(Settlement::Replayed(location))
    }

    /// Decides that a refused delivery stays out for good. Its body is kept.
    ///
    /// # Errors
    /// [`SettleError::Unknown`] when there is no such refusal.
    pub async fn dismiss(
        &self,
        refusal_id: Uuid,
        note: &str,
        source: &str,
    ) -> Result<Settlement, SettleError> {
        let _order = self.settling.lock(lock_key(refusal_id)).await;
        let view = self.refusal(refusal_id)?.ok_or(SettleError::Unknown(refusal_id))?;
        if view.status != RefusalStatus::Open {
            return Ok(Settlement::Already(view.status));
        }
        self.decide(refusal_id, view.attempt_id, Verdict::Dismissed, note, source).await?;
        Ok(Settlement::Dismissed)
    }

    /// How many refused deliveries were let in by replays since this was called last, by event.
    pub fn take_let_in(&self) -> impl Iterator<Item = (EventKind, u64)> {
        EventKind::ALL
            .into_iter()
            .map(|event| (event, self.let_in[event as usize].swap(0, Ordering::Relaxed)))
    }

    async fn decide(
        &self,
        refusal_id: Uuid,
        attempt_id: Option<AttemptId>,
        verdict: Verdict,
        note: &str,
        source: &str,
    ) -> Result<(), LedgerError> {
        let environment = self.environment.as_ref();
        let now = environment.now();
        let record = decision_record(refusal_id, attempt_id, verdict, note, now, source, environment);
        self.recorder.append_decision(refusal_id, attempt_id, refusal_append(record)).await
    }
}

/// The key of the lock under which a refusal is settled: of an id, the end is random.
fn lock_key(refusal_id: Uuid) -> impl Iterator<Item = u8> {
    refusal_id.into_bytes().into_iter().rev().take(1)
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
