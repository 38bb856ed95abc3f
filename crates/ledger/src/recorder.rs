//! The write path: whatever the ledger appends to the log passes through here.
//!
//! Order of locks: refusals that are settled, deliveries that no attempt judges, then attempts by ascending
//! id. Nobody who holds the lock of an attempt asks for one before it.

use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, Position, Reading};
use attempt_ledger_log::{EventLog, StreamAppend};
use attempt_ledger_system::environment::Environment;
use uuid::Uuid;

use crate::attempt_slots::AttemptSlots;
use crate::contention::{CONTENDED_TRIES_MAX, contended};
use crate::error::LedgerError;
use crate::group::DeliveryGroup;
use crate::receipt::Receipt;
use crate::striped_locks::StripedLocks;
use crate::submission::IncomingDelivery;
use crate::unjudged_deliveries;

pub(crate) struct Recorder {
    log: Arc<dyn EventLog>,
    environment: Arc<dyn Environment>,
    attempts: AttemptSlots,
    unjudged: StripedLocks,
}

impl Recorder {
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        environment: Arc<dyn Environment>,
        cached_deliveries_max: usize,
    ) -> Self {
        let attempts = AttemptSlots::new(log.clone(), cached_deliveries_max);
        Self { log, environment, attempts, unjudged: StripedLocks::default() }
    }

    /// The fast entry for one delivery. The future borrows nothing, so that it can be spawned.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails; the delivery is then not acknowledged.
    pub(crate) async fn record_one(
        self: Arc<Self>,
        incoming: IncomingDelivery,
    ) -> Result<Receipt, LedgerError> {
        let mut receipts = [None];
        self.record(std::slice::from_ref(&incoming), &mut receipts).await?;
        let [receipt] = receipts;
        Ok(receipt.expect("every delivery has its receipt"))
    }

    /// Records many deliveries, judged in order. The future borrows nothing, so that it can be spawned.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails; some deliveries may then be recorded.
    pub(crate) async fn record_all(
        self: Arc<Self>,
        incoming: Vec<IncomingDelivery>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let mut receipts = vec![None; incoming.len()];
        self.record(&incoming, &mut receipts).await?;
        Ok(receipts.into_iter().map(|one| one.expect("every delivery has its receipt")).collect())
    }

    async fn record(
        &self,
        incoming: &[IncomingDelivery],
        receipts: &mut [Option<Receipt>],
    ) -> Result<(), LedgerError> {
        for _ in 0..CONTENDED_TRIES_MAX {
            self.record_open(incoming, receipts).await?;
            if receipts.iter().all(Option::is_some) {
                return Ok(());
            }
            // Another node, or the holder of another slot of an attempt, wrote first. The slot is empty now,
            // so the attempt is read again.
        }
        Err(match incoming {
            [IncomingDelivery { reading: Ok(Reading::Event(delivery)), .. }] => {
                contended(format_args!("attempt {}", delivery.attempt_id))
            }
            _ => contended("an attempt of the batch"),
        })
    }

    /// Records the deliveries that have no receipt yet. Those of an attempt that another writer
    /// wrote to first get none this time either.
    async fn record_open(
        &self,
        incoming: &[IncomingDelivery],
        receipts: &mut [Option<Receipt>],
    ) -> Result<(), LedgerError> {
        let open =
            || incoming.iter().zip(&*receipts).enumerate().filter(|(_, (_, receipt))| receipt.is_none());
        let readings = || open().filter_map(|(_, (incoming, _))| incoming.reading.as_ref().ok());
        let keys = open().filter_map(|(_, (incoming, _))| unjudged_deliveries::lock_key(incoming));
        let _order = self.unjudged.lock(keys).await;
        let attempt_ids: Vec<AttemptId> = readings().filter_map(Reading::judging_attempt).collect();
        let (log, environment) = (self.log.as_ref(), self.environment.as_ref());
        let mut group = DeliveryGroup::lock(log, environment, &self.attempts, attempt_ids).await?;
        for (number, (incoming, _)) in open() {
            group.judge(number, incoming).await?;
        }
        group.append().await?;
        group.settle(receipts);
        Ok(())
    }

    /// Appends the decision about a refusal. The attempt forgets the refusal when the log has the decision.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails.
    pub(crate) async fn append_decision(
        &self,
        refusal_id: Uuid,
        attempt_id: Option<AttemptId>,
        decision: StreamAppend,
    ) -> Result<(), LedgerError> {
        let Some(attempt_id) = attempt_id else { return self.append(decision).await.map(|_| ()) };
        let leased = self.attempts.lease(attempt_id).await;
        self.append(decision).await?;
        if let Ok(mut lease) = leased {
            lease.cached.attempt.forget_refusal(refusal_id);
            self.attempts.give_back(lease);
        }
        Ok(())
    }

    /// Appends to one stream.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails, or another writer wrote to the stream first.
    pub(crate) async fn append(&self, append: StreamAppend) -> Result<Vec<Position>, LedgerError> {
        let answer = self.log.append(vec![append]).await;
        let [answer]: [_; 1] = answer.try_into().expect("one answer for one append");
        Ok(answer?.positions)
    }

    /// Takes attempts out of the cache that others wrote to.
    pub(crate) fn attempt_remover(&self) -> impl Fn(AttemptId) + Send + Sync + use<> {
        self.attempts.remover()
    }
}
