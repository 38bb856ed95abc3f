//! One or many deliveries that are judged and appended together.
//!
//! The attempts are locked in the order of their ids and stay out of the cache until the log has answered.
//! Whatever ends a group early, an error or a caller that stops waiting, drops its leases, and the attempts
//! are read again.

use std::collections::HashMap;

use attempt_ledger_domain::{
    AttemptId, DUPLICATE_WINDOW_MS, Delivery, NotRecorded, Reading, Refusal, Revision, Rule, TimeSource,
    UnreadableDelivery,
};
use attempt_ledger_log::record::{Digest, unread_identity};
use attempt_ledger_log::{AppendError, Appended, EventLog, StreamAppend};
use attempt_ledger_system::environment::Environment;

use crate::attempt_slots::{AttemptLease, AttemptSlots, UnreadableAttempt};
use crate::command::execute;
use crate::error::LedgerError;
use crate::forgotten::recall;
use crate::new_record::{RefusalFacts, day_append, refusal_record};
use crate::observations::ObservationGroup;
use crate::receipt::{Receipt, RefusalReceipt};
use crate::submission::{IncomingDelivery, Submission};
use crate::unread_deliveries::open_refusal;

/// What becomes of a delivery, if the log takes what the group adds to the attempt.
enum Judgement {
    Recorded(AttemptId, Revision, Vec<String>),
    Duplicate(AttemptId, Revision, Vec<String>),
    /// Refused by what the attempt is, with everything that the group added to it before.
    Refused(AttemptId, RefusalReceipt),
    /// Kept under its number, in this group or before. No attempt judges it.
    Observed {
        number: usize,
        repeated: bool,
    },
    /// Names no attempt, or one that does not read, so it depends on none.
    NoAttempt(RefusalReceipt),
}

/// Deliveries while they are judged and appended.
pub(crate) struct DeliveryGroup<'a> {
    log: &'a dyn EventLog,
    environment: &'a dyn Environment,
    attempts: &'a AttemptSlots,
    /// The attempts of the group, in ascending order of their ids.
    leases: Vec<AttemptLease>,
    /// Those whose records do not read.
    unreadable: Vec<UnreadableAttempt>,
    /// Refusals to keep, with the attempt that they depend on.
    refusals: Vec<(Option<AttemptId>, StreamAppend)>,
    /// Unread deliveries that this group refuses: the log does not know them yet.
    unread: HashMap<Digest, RefusalReceipt>,
    observations: ObservationGroup,
    /// By the number of the delivery.
    judgements: Vec<(usize, Judgement)>,
}

impl<'a> DeliveryGroup<'a> {
    /// Locks attempts. Every group does so in ascending order, so no two groups wait for each other.
    pub(crate) async fn lock(
        log: &'a dyn EventLog,
        environment: &'a dyn Environment,
        attempts: &'a AttemptSlots,
        mut attempt_ids: Vec<AttemptId>,
    ) -> Result<Self, LedgerError> {
        attempt_ids.sort_unstable();
        attempt_ids.dedup();
        let (mut leases, mut unreadable) = (Vec::with_capacity(attempt_ids.len()), Vec::new());
        for attempt_id in attempt_ids {
            match attempts.lease(attempt_id).await {
                Ok(lease) => leases.push(lease),
                Err(attempt) if attempt.error.is_unreadable() => unreadable.push(attempt),
                Err(attempt) => return Err(attempt.error),
            }
        }
        let (refusals, unread, observations, judgements) = Default::default();
        Ok(Self {
            log,
            environment,
            attempts,
            leases,
            unreadable,
            refusals,
            unread,
            observations,
            judgements,
        })
    }

    /// Judges the delivery with a number, after everything that was judged before it.
    pub(crate) async fn judge(
        &mut self,
        number: usize,
        incoming: &IncomingDelivery,
    ) -> Result<(), LedgerError> {
        let judgement = match &incoming.reading {
            Ok(Reading::Event(delivery)) => {
                if let Some(unreadable) = self.unreadable(delivery) {
                    let refused = self.refuse_unreadable(&unreadable, incoming)?;
                    self.judgements.push((number, Judgement::NoAttempt(refused)));
                    return Ok(());
                }
                recall(self.log, &mut self.lease_mut(delivery.attempt_id).cached, delivery)?;
                self.judge_delivery(delivery, incoming).await
            }
            Ok(Reading::Observation(observed)) => {
                let (log, environment) = (self.log, self.environment);
                let (number, repeated) = self.observations.keep(log, observed, incoming, environment)?;
                Judgement::Observed { number, repeated }
            }
            Err(unreadable) => Judgement::NoAttempt(self.refuse_unreadable(unreadable, incoming)?),
        };
        self.judgements.push((number, judgement));
        Ok(())
    }

    /// What is kept of a delivery whose attempt does not read. It is not put under the attempt: a reader that
    /// folds that one would stop at the damage.
    fn unreadable(&self, delivery: &Delivery) -> Option<UnreadableDelivery> {
        let attempt = self.unreadable.iter().find(|attempt| attempt.attempt_id == delivery.attempt_id)?;
        let detail = format!("attempt {}: {}", delivery.attempt_id, attempt.error);
        let refusal = Refusal::new(Rule::HistoryUnreadable, detail);
        let (event, queue_id) = (Some(delivery.event), delivery.queue_id);
        Some(UnreadableDelivery { event, queue_id, is_json: true, ..UnreadableDelivery::unread(refusal) })
    }

    async fn judge_delivery(&mut self, delivery: &Delivery, incoming: &IncomingDelivery) -> Judgement {
        let attempt_id = delivery.attempt_id;
        let environment = self.environment;
        let flags = || delivery.flags.clone();
        let lease = self.lease_mut(attempt_id);
        let judged = execute(&mut lease.cached.attempt, delivery.clone()).await;
        let judged = match (judged, incoming.corrects) {
            (
                Err(NotRecorded::RefusedBefore { refusal, .. } | NotRecorded::Refused(refusal)),
                Some(corrected),
            ) => {
                let receipt = RefusalFacts::of(delivery, &refusal).receipt(corrected);
                return Judgement::Refused(attempt_id, receipt);
            }
            (judged, _) => judged,
        };
        match judged {
            Ok(event) => {
                let revision = lease.add(&event, incoming, environment);
                Judgement::Recorded(attempt_id, revision, flags())
            }
            Err(NotRecorded::Duplicate { revision }) => Judgement::Duplicate(attempt_id, revision, flags()),
            Err(NotRecorded::RefusedBefore { refusal_id, refusal }) => {
                let receipt = RefusalReceipt::of_repetition(delivery, refusal_id, refusal);
                Judgement::Refused(attempt_id, receipt)
            }
            Err(NotRecorded::Refused(refusal)) => {
                Judgement::Refused(attempt_id, self.refuse(delivery, refusal, &incoming.submission))
            }
        }
    }

    /// Keeps a delivery that a rule refuses. The attempt remembers it, so that a repetition gets the same
    /// answer.
    fn refuse(&mut self, delivery: &Delivery, refusal: Refusal, submission: &Submission) -> RefusalReceipt {
        let environment = self.environment;
        let attempt = &mut self.lease_mut(delivery.attempt_id).cached.attempt;
        if let Some((refusal_id, refusal)) = attempt.refused_before(delivery) {
            return RefusalReceipt::of_repetition(delivery, refusal_id, refusal);
        }
        let facts = RefusalFacts::of(delivery, &refusal);
        let record = refusal_record(&facts, delivery.received_at, submission, environment);
        let receipt = facts.receipt(record.leaf.id);
        attempt.remember_refusal(delivery.content, delivery.sender_id, record.leaf.id, refusal);
        self.refusals.push((Some(delivery.attempt_id), day_append(record)));
        receipt
    }

    /// Keeps a delivery that no attempt can judge, unless it is kept already.
    fn refuse_unreadable(
        &mut self,
        unreadable: &UnreadableDelivery,
        incoming: &IncomingDelivery,
    ) -> Result<RefusalReceipt, LedgerError> {
        let IncomingDelivery { submission, corrects, .. } = incoming;
        if let Some(refusal_id) = corrects {
            return Ok(RefusalFacts::of_unreadable(unreadable).receipt(*refusal_id));
        }
        let identity = unread_identity(&submission.address, unreadable.refusal.rule, &submission.body);
        if let Some(first) = self.unread.get(&identity) {
            return Ok(RefusalReceipt { repeated: true, ..first.clone() });
        }
        let now = self.environment.now();
        let known = open_refusal(self.log, identity)?;
        let known = known.filter(|kept| is_known_after(incoming, now.since(kept.recorded_at)));
        let receipt = match known {
            Some(kept) => kept.receipt,
            None => {
                let facts = RefusalFacts::of_unreadable(unreadable);
                let record = refusal_record(&facts, now, submission, self.environment);
                let receipt = facts.receipt(record.leaf.id);
                self.refusals.push((None, day_append(record)));
                receipt
            }
        };
        self.unread.insert(identity, receipt.clone());
        Ok(receipt)
    }

    /// Appends what was judged. An attempt that another writer wrote to first leaves the group.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails in any other way than by a conflict.
    pub(crate) async fn append(&mut self) -> Result<(), LedgerError> {
        let mut appends: Vec<_> = self.leases.iter_mut().filter_map(AttemptLease::take_append).collect();
        appends.extend(self.observations.take_appends());
        let mut refusals = std::mem::take(&mut self.refusals);
        // Where others write too, events may lose to theirs, and a refusal by events that are not in the log
        // must not be kept: refusals wait until the log has answered.
        if !self.log.is_shared() {
            appends.extend(refusals.drain(..).map(|(_, append)| append));
        }
        if !appends.is_empty() {
            let answers = self.log.append(appends).await;
            self.locate(answers)?;
        }
        refusals.retain(|(attempt_id, _)| attempt_id.is_none_or(|id| self.lease(id).is_some()));
        if !refusals.is_empty() {
            let appends = refusals.into_iter().map(|(_, append)| append).collect();
            for answer in self.log.append(appends).await {
                answer?;
            }
        }
        Ok(())
    }

    /// Takes the log's answers: first one for each attempt that has grown, in order, then those for
    /// observations, then those for refusals.
    fn locate(&mut self, answers: Vec<Result<Appended, AppendError>>) -> Result<(), LedgerError> {
        let mut answers = answers.into_iter();
        for lease in self.leases.iter_mut().filter(|lease| lease.has_grown()) {
            match answers.next().expect("one answer for each append") {
                Ok(appended) => lease.locate(&appended.positions),
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.leases.retain(|lease| lease.cached.is_located());
        self.observations.locate(&mut answers)?;
        for answer in answers {
            answer?;
        }
        Ok(())
    }

    /// Writes the receipts, and puts the attempts back into the cache. A delivery whose attempt left the
    /// group gets no receipt: it is to be judged again.
    pub(crate) fn settle(mut self, receipts: &mut [Option<Receipt>]) {
        for (number, judgement) in std::mem::take(&mut self.judgements) {
            receipts[number] = self.receipt(judgement);
        }
        for lease in self.leases {
            self.attempts.give_back(lease);
        }
    }

    fn receipt(&self, judgement: Judgement) -> Option<Receipt> {
        let event = |attempt_id, revision, flags| {
            Some(self.lease(attempt_id)?.cached.receipt(attempt_id, revision, flags))
        };
        match judgement {
            Judgement::Recorded(attempt_id, revision, flags) => {
                event(attempt_id, revision, flags).map(Receipt::Recorded)
            }
            Judgement::Duplicate(attempt_id, revision, flags) => {
                event(attempt_id, revision, flags).map(Receipt::Duplicate)
            }
            Judgement::Refused(attempt_id, receipt) => {
                self.lease(attempt_id).map(|_| Receipt::Refused(receipt))
            }
            Judgement::Observed { number, repeated } => {
                Some(Receipt::Observed(self.observations.receipt(number, repeated)))
            }
            Judgement::NoAttempt(receipt) => Some(Receipt::Refused(receipt)),
        }
    }

    /// The lease of an attempt; `None` when the attempt has left the group.
    fn lease(&self, attempt_id: AttemptId) -> Option<&AttemptLease> {
        let index = self.leases.binary_search_by_key(&attempt_id, |lease| lease.attempt_id).ok()?;
        Some(&self.leases[index])
    }

    fn lease_mut(&mut self, attempt_id: AttemptId) -> &mut AttemptLease {
        let index = self.leases.binary_search_by_key(&attempt_id, |lease| lease.attempt_id);
        &mut self.leases[index.expect("every attempt of the group is locked")]
    }
}

/// Whether the same delivery is known again so long after it was kept. One that an attempt would judge and
/// that has neither a time nor an id of its own is another one by then.
fn is_known_after(incoming: &IncomingDelivery, ms: u64) -> bool {
    match &incoming.reading {
        Ok(Reading::Event(delivery)) if delivery.sender_id.is_none() => {
            delivery.time_source != TimeSource::Receipt || ms <= DUPLICATE_WINDOW_MS
        }
        _ => true,
    }
}
