//! Refusals: every delivery that a rule did not let in, kept until it is settled.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::{AttemptId, EventKind, Observation, Payload, Position, Value};
use attempt_ledger_log::Key;
use attempt_ledger_log::record::Verdict;
use thiserror::Error;
use uuid::Uuid;

use crate::correction::Correction;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::new_record::{day_append, decision_record};
use crate::receipt::{Receipt, RefusalReceipt};
use crate::record::Record;
use crate::refusal_view::{RefusalStatus, RefusalView, view};
use crate::submission::{FirstReceipt, Submission};

/// How a refusal is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The delivery is recorded now, or proved to be already: never a refusal's receipt.
    Replayed(Receipt),
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
    /// It was settled before, in this way: a correction has nothing to correct any more.
    #[error("refusal {0} is {name} already; hint: send what is missing as a delivery", name = .1.name())]
    Settled(Uuid, RefusalStatus),
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
    /// [`SettleError::StillRefused`] when the rules refuse the correction, and [`SettleError::Settled`] when
    /// another correction or a dismissal settled it; nothing is recorded.
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
            let is_repeated = correction.is_empty()
                || self.has_recorded(refusal_id, &correction.apply(&view.submission))?;
            return match is_repeated {
                true => Ok(Settlement::Already(view.status)),
                false => Err(SettleError::Settled(refusal_id, view.status)),
            };
        }
        let RefusalView { attempt_id, submission, recorded_at, occurred_at, .. } = view;
        // Another body states a time of its own, or happened when the first one was received.
        let occurred_at = occurred_at.filter(|_| correction.body.is_none());
        let first = FirstReceipt { recorded_at, occurred_at, queue_type: None };
        let corrects = (!correction.is_empty()).then_some(refusal_id);
        let receipt = self.record_again(correction.apply(&submission), first, corrects).await?;
        match &receipt {
            Receipt::Recorded(event) => {
                self.let_in[event.event as usize].fetch_add(1, Ordering::Relaxed);
            }
            Receipt::Observed(observed) if !observed.repeated => {
                self.observed[observed.observation as usize].fetch_add(1, Ordering::Relaxed);
            }
            Receipt::Duplicate(_) | Receipt::Observed(_) => {}
            Receipt::Refused(refused) => {
                return Err(SettleError::StillRefused(Box::new(refused.clone())));
            }
        }
        self.decide(refusal_id, attempt_id, Verdict::Replayed, note, source).await?;
        Ok(Settlement::Replayed(receipt))
    }

    /// Whether this very correction of a refusal is recorded: its answer may have been lost.
    fn has_recorded(&self, refusal_id: Uuid, corrected: &Submission) -> Result<bool, LedgerError> {
        let body = Payload::read(&corrected.address, &corrected.body).ok();
        let attempt_id = body.and_then(|body| body.get("attempt_id").and_then(Value::as_integer));
        let Some(attempt_id) = attempt_id else { return Ok(false) };
        for stored in self.log.read(&self.log.find(Key::Attempt(AttemptId(attempt_id)))?)? {
            let Record { leaf, opening, .. } = Record::parse(&stored)?;
            let is_same =
                opening.address == corrected.address && opening.payload.as_bytes() == &*corrected.body;
            if leaf.corrects == Some(refusal_id) && is_same {
                return Ok(true);
            }
        }
        Ok(false)
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

    /// The same of observations.
    pub fn take_observed(&self) -> impl Iterator<Item = (Observation, u64)> {
        Observation::ALL
            .into_iter()
            .map(|observation| (observation, self.observed[observation as usize].swap(0, Ordering::Relaxed)))
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
        self.recorder.append_decision(refusal_id, attempt_id, day_append(record)).await
    }
}

/// The key of the lock under which a refusal is settled: of an id, the end is random.
fn lock_key(refusal_id: Uuid) -> impl Iterator<Item = u8> {
    refusal_id.into_bytes().into_iter().rev().take(1)
}
