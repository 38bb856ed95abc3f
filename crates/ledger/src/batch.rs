//! Many deliveries at once: judged attempt by attempt, appended in one go.

use std::collections::BTreeMap;
use std::sync::Arc;

use attempt_ledger_domain::{
    Attempt, AttemptId, Delivery, NotRecorded, Refusal, Revision, SenderId, UnixMillis, UnreadableDelivery,
};
use cqrs_es::Aggregate as _;
use cqrs_es::event_sink::EventSink;
use tokio::sync::OwnedMutexGuard;

use super::attempt_store::Slot;
use super::loaded::{Loaded, refuse, refused_before, to_attempt};
use super::records::RefusedFacts;
use super::{CONTENDED_TRIES_MAX, Ledger, LedgerError, Receipt, Submission, contended, sender_ids};
use attempt_ledger_log::{AppendError, NewRecord, StreamAppend};
use attempt_ledger_system::task::finished;

/// A delivery read, or why it could not be.
type Read = Result<Delivery, Box<UnreadableDelivery>>;

/// What a line will be answered once the log has answered.
enum Pending {
    Recorded {
        attempt_id: AttemptId,
        revision: Revision,
    },
    Duplicate {
        attempt_id: AttemptId,
        revision: Revision,
    },
    /// Refused by what the attempt is, with everything that the batch added to it before.
    Refused {
        attempt_id: AttemptId,
        receipt: Receipt,
    },
    Ready(Receipt),
}

/// One attempt's share of a batch. Holds the attempt's lock until the log has answered.
struct Share {
    slot: OwnedMutexGuard<Slot>,
    loaded: Loaded,
    stored: Revision,
    records: Vec<NewRecord>,
}

/// A batch while it is being judged.
struct Judged {
    /// What each line that is open will be answered, with its number.
    pending: Vec<(usize, Pending)>,
    shares: BTreeMap<AttemptId, Share>,
    /// Refusals to keep, with the attempt that they depend on.
    refusals: Vec<(Option<AttemptId>, StreamAppend)>,
    /// Ids of events that this batch records: the log does not know them yet.
    sender_ids: BTreeMap<SenderId, AttemptId>,
}

impl Ledger {
    /// Takes many deliveries; the answers come after all are durable, in order.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails. Some deliveries may then be recorded: send all again, the recorded
    /// ones answer as duplicates.
    pub async fn record_batch(
        self: &Arc<Self>,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let ledger = self.clone();
        let work = tokio::spawn(async move {
            let submissions = Arc::new(submissions);
            let read = ledger.clone().read_all(submissions.clone()).await;
            let mut receipts = vec![None; submissions.len()];
            for _ in 0..CONTENDED_TRIES_MAX {
                ledger.record_read(&submissions, &read, &mut receipts).await?;
                if receipts.iter().all(Option::is_some) {
                    return Ok(receipts.into_iter().flatten().collect());
                }
            }
            Err(contended("an attempt of the batch"))
        });
        finished(work.await)
    }

    /// Parsing and hashing are most of the work: they run beside the tasks that answer single deliveries.
    async fn read_all(self: Arc<Self>, submissions: Arc<Vec<Submission>>) -> Vec<Read> {
        let received_at = self.environment.now();
        let read = move || {
            let mut scratch = Vec::new();
            let read_one = |submission| self.read_delivery(submission, received_at, &mut scratch);
            submissions.iter().map(read_one).collect()
        };
        finished(tokio::task::spawn_blocking(read).await)
    }

    /// Records the lines that have no receipt yet. Lines of an attempt that somebody else wrote to first get none:
    /// their attempts were dropped from memory, and they are to be judged again.
    async fn record_read(
        &self,
        submissions: &[Submission],
        read: &[Read],
        receipts: &mut [Option<Receipt>],
    ) -> Result<(), LedgerError> {
        let open: Vec<usize> = (0..read.len()).filter(|index| receipts[*index].is_none()).collect();
        let deliveries = || open.iter().filter_map(|index| read[*index].as_ref().ok());
        let _order = self.sender_ids.lock(deliveries().filter_map(|one| one.sender_id)).await;
        let mut judged = Judged {
            pending: Vec::with_capacity(open.len()),
            shares: self.lock_all(deliveries().map(|one| one.attempt_id)).await?,
            refusals: Vec::new(),
            sender_ids: BTreeMap::new(),
        };
        for index in open {
            let submission = &submissions[index];
            let pending = match &read[index] {
                Ok(delivery) => self.judge_one(&mut judged, delivery, submission).await?,
                Err(unreadable) => self.keep_unreadable(&mut judged, unreadable, submission),
            };
            judged.pending.push((index, pending));
        }
        self.append_all(judged, receipts).await
    }

    /// Locks in ascending order of attempt ids, as every batch does: so two batches cannot wait for each other.
    async fn lock_all(
        &self,
        ids: impl Iterator<Item = AttemptId>,
    ) -> Result<BTreeMap<AttemptId, Share>, LedgerError> {
        let mut ids: Vec<AttemptId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let mut shares = BTreeMap::new();
        for attempt_id in ids {
            let mut slot = self.attempts.lock(attempt_id).await?;
            // Out of the slot until the log has answered: after a failure it must be read again.
            let loaded = slot.take().expect("a locked attempt is loaded");
            let stored = loaded.stored_revision();
            shares.insert(attempt_id, Share { slot, loaded, stored, records: Vec::new() });
        }
        Ok(shares)
    }

    async fn judge_one(
        &self,
        judged: &mut Judged,
        delivery: &Delivery,
        submission: &Submission,
    ) -> Result<Pending, LedgerError> {
        let attempt_id = delivery.attempt_id;
        let share = judged.shares.get_mut(&attempt_id).expect("every attempt is locked");
        let used_here = delivery.sender_id.and_then(|id| judged.sender_ids.get(&id).copied());
        if let Some(refusal) = sender_ids::check(self.log.as_ref(), delivery, used_here)? {
            let receipt = self.keep_refused(share, &mut judged.refusals, delivery, refusal, submission);
            return Ok(Pending::Refused { attempt_id, receipt });
        }
        let sink = EventSink::<Attempt>::default();
        let verdict = share.loaded.attempt.handle(delivery.clone(), &(), &sink).await;
        Ok(match verdict {
            Ok(()) => {
                for event in sink.collect().await {
                    let environment = self.environment.as_ref();
                    share.records.push(share.loaded.take_event(&event, submission, environment));
                }
                judged.sender_ids.extend(delivery.sender_id.map(|id| (id, attempt_id)));
                let revision = share.loaded.stored_revision();
                Pending::Recorded { attempt_id, revision }
            }
            Err(NotRecorded::Duplicate { revision }) => Pending::Duplicate { attempt_id, revision },
            Err(NotRecorded::RefusedBefore { refusal_id, refusal }) => {
                Pending::Ready(Receipt::Refused(refused_before(delivery, refusal_id, refusal)))
            }
            Err(NotRecorded::Refused(refusal)) => {
                let receipt = self.keep_refused(share, &mut judged.refusals, delivery, refusal, submission);
                Pending::Refused { attempt_id, receipt }
            }
        })
    }

    fn keep_refused(
        &self,
        share: &mut Share,
        refusals: &mut Vec<(Option<AttemptId>, StreamAppend)>,
        delivery: &Delivery,
        refusal: Refusal,
        submission: &Submission,
    ) -> Receipt {
        if let Some((refusal_id, refusal)) = share.loaded.attempt.refused_before(delivery) {
            return Receipt::Refused(refused_before(delivery, refusal_id, refusal));
        }
        let facts = RefusedFacts::of(delivery, &refusal);
        let (append, refused) = refuse(&facts, delivery.received_at, submission, self.environment.as_ref());
        refusals.push((Some(delivery.attempt_id), append));
        let (content, sender_id) = (delivery.content, delivery.sender_id);
        share.loaded.attempt.remember_refusal(content, sender_id, refused.refusal_id, refusal);
        Receipt::Refused(refused)
    }

    fn keep_unreadable(
        &self,
        judged: &mut Judged,
        unreadable: &UnreadableDelivery,
        submission: &Submission,
    ) -> Pending {
        let now: UnixMillis = self.environment.now();
        let facts = RefusedFacts::of_unreadable(unreadable);
        let (append, refused) = refuse(&facts, now, submission, self.environment.as_ref());
        judged.refusals.push((None, append));
        Pending::Ready(Receipt::Refused(refused))
    }

    async fn append_all(&self, judged: Judged, receipts: &mut [Option<Receipt>]) -> Result<(), LedgerError> {
        let Judged { pending, mut shares, refusals, .. } = judged;
        let mut appends = Vec::with_capacity(shares.len() + refusals.len());
        let mut writers = Vec::with_capacity(shares.len());
        for (attempt_id, share) in &mut shares {
            if !share.records.is_empty() {
                let records = std::mem::take(&mut share.records);
                appends.push(to_attempt(*attempt_id, share.stored, records));
                writers.push(*attempt_id);
            }
        }
        // Where others write too, events may lose to theirs, and a refusal by events that never came to be must not be
        // kept: refusals wait until it is known.
        let (now, later) = if self.log.is_shared() { (Vec::new(), refusals) } else { (refusals, Vec::new()) };
        appends.extend(now.into_iter().map(|(_, append)| append));
        if !appends.is_empty() {
            let mut writers = writers.into_iter();
            for answer in self.log.append(appends).await {
                match (writers.next(), answer) {
                    (Some(attempt_id), Ok(appended)) => {
                        let share = shares.get_mut(&attempt_id).expect("writers are shares");
                        share.loaded.locate(&appended.positions);
                    }
                    // Its slot stays empty, and is read anew.
                    (Some(attempt_id), Err(AppendError::Conflict { .. })) => {
                        shares.remove(&attempt_id);
                    }
                    (None, Ok(_)) => {}
                    (_, Err(error)) => return Err(error.into()),
                }
            }
        }
        let stands = |(attempt_id, _): &(Option<AttemptId>, StreamAppend)| {
            attempt_id.is_none_or(|attempt_id| shares.contains_key(&attempt_id))
        };
        let later: Vec<_> = later.into_iter().filter(stands).map(|(_, append)| append).collect();
        if !later.is_empty() {
            for answer in self.log.append(later).await {
                answer?;
            }
        }
        for (index, pending) in pending {
            receipts[index] = pending.into_receipt(&shares);
        }
        for (attempt_id, share) in shares {
            let Share { mut slot, loaded, stored, .. } = share;
            let has_grown = loaded.stored_revision() > stored;
            *slot = Some(loaded);
            if has_grown {
                self.attempts.supersede(attempt_id, &slot);
            }
        }
        Ok(())
    }
}

impl Pending {
    /// `None` when the attempt's events did not get into the log: the line is to be judged again.
    fn into_receipt(self, shares: &BTreeMap<AttemptId, Share>) -> Option<Receipt> {
        let place = |attempt_id: AttemptId, revision| {
            Some(shares.get(&attempt_id)?.loaded.place(attempt_id, revision))
        };
        match self {
            Self::Recorded { attempt_id, revision } => place(attempt_id, revision).map(Receipt::Recorded),
            Self::Duplicate { attempt_id, revision } => place(attempt_id, revision).map(Receipt::Duplicate),
            Self::Refused { attempt_id, receipt } => shares.contains_key(&attempt_id).then_some(receipt),
            Self::Ready(receipt) => Some(receipt),
        }
    }
}
