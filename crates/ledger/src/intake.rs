//! The two doors for deliveries: one, or many at once.

use std::sync::Arc;

use attempt_ledger_domain::{
    QueueDefinition, QueueDefinitions, QueueId, QueueType, Reading, Refusal, Rule, UnixMillis,
    UnreadableDelivery,
};
use attempt_ledger_system::task::finished;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::queue_cache::QueueCache;
use crate::receipt::Receipt;
use crate::submission::{FirstReceipt, IncomingDelivery, Submission};

/// A batch is recorded in parts of so many deliveries: a single delivery waits for a part, not for the batch.
const BATCH_PART_DELIVERIES_MAX: usize = 1_024;

impl Ledger {
    /// Takes one delivery. The answer comes after it is durable.
    ///
    /// A caller may stop waiting at any moment: while the log works, the attempt is out of the cache, and the
    /// next delivery of the attempt reads it again.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails; the delivery is then not acknowledged and can be sent again.
    pub async fn record(&self, submission: Submission) -> Result<Receipt, LedgerError> {
        let incoming = self.read(submission, None, self.environment.now(), &mut Vec::new());
        self.recorder.clone().record_one(incoming).await
    }

    /// Judges a kept delivery again. What it says happened when it was first received, not now.
    pub(crate) async fn record_again(
        &self,
        submission: Submission,
        first: FirstReceipt,
        corrects: Option<Uuid>,
    ) -> Result<Receipt, LedgerError> {
        let now = self.environment.now();
        let read = self.read(submission, Some(first), now, &mut Vec::new());
        let incoming = IncomingDelivery { corrects, ..read };
        self.recorder.clone().record_one(incoming).await
    }

    /// Takes many deliveries; the answers come after all are durable, in order. A caller that stops waiting
    /// ends the batch with what the log has taken by then.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails. Some deliveries may then be recorded: send all again, the recorded
    /// ones answer as duplicates.
    pub async fn record_batch(
        self: &Arc<Self>,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        self.record_parts(submissions.into_iter().map(|submission| (submission, None)).collect()).await
    }

    /// The same, with what is known of the first receipt of each.
    pub(crate) async fn record_parts(
        self: &Arc<Self>,
        deliveries: Vec<(Submission, Option<FirstReceipt>)>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let mut receipts = Vec::with_capacity(deliveries.len());
        let mut deliveries = deliveries.into_iter();
        loop {
            let part: Vec<_> = deliveries.by_ref().take(BATCH_PART_DELIVERIES_MAX).collect();
            if part.is_empty() {
                return Ok(receipts);
            }
            let incoming = self.clone().read_all(part).await;
            receipts.append(&mut self.recorder.clone().record_all(incoming).await?);
        }
    }

    /// Parsing and hashing are most of the work: they run beside the tasks that answer single deliveries.
    async fn read_all(
        self: Arc<Self>,
        deliveries: Vec<(Submission, Option<FirstReceipt>)>,
    ) -> Vec<IncomingDelivery> {
        let now = self.environment.now();
        let read = move || {
            let mut scratch = Vec::new();
            deliveries
                .into_iter()
                .map(|(submission, first)| self.read(submission, first, now, &mut scratch))
                .collect()
        };
        finished(tokio::task::spawn_blocking(read)).await
    }

    /// Makes a delivery out of a submission. `scratch` is reused between calls.
    fn read(
        &self,
        submission: Submission,
        first: Option<FirstReceipt>,
        now: UnixMillis,
        scratch: &mut Vec<u8>,
    ) -> IncomingDelivery {
        let reading = match (too_large(&submission, self.event_bytes_max), first) {
            (Some(refusal), _) => Err(Box::new(UnreadableDelivery::unread(refusal))),
            (None, None) => self.read_at(&submission, now, None, scratch),
            (None, Some(first)) => self.read_again(&submission, first, now, scratch),
        };
        IncomingDelivery { submission, corrects: None, reading }
    }

    fn read_at(
        &self,
        submission: &Submission,
        received_at: UnixMillis,
        queue_type: Option<QueueType>,
        scratch: &mut Vec<u8>,
    ) -> Result<Reading, Box<UnreadableDelivery>> {
        let definitions = JudgedDefinitions { queues: &self.queues, queue_type };
        Reading::of(&submission.address, &submission.body, received_at, &definitions, scratch)
    }

    /// Reads a delivery as it was read first. The log keeps when it was recorded, which may be later than its
    /// receipt; of what states no time of its own, the receipt is when it happened.
    fn read_again(
        &self,
        submission: &Submission,
        first: FirstReceipt,
        now: UnixMillis,
        scratch: &mut Vec<u8>,
    ) -> Result<Reading, Box<UnreadableDelivery>> {
        let FirstReceipt { recorded_at, occurred_at, queue_type } = first;
        let recorded_at = recorded_at.min(now);
        let mut reading = self.read_at(submission, recorded_at, queue_type, scratch)?;
        let earlier = occurred_at.filter(|at| *at < recorded_at && !reading.has_stated_time());
        if let Some(received_at) = earlier {
            reading = self.read_at(submission, received_at, queue_type, scratch)?;
        }
        reading.set_received_at(now);
        Ok(reading)
    }
}

/// The definitions of today, and the queue type of a delivery that was judged before.
struct JudgedDefinitions<'q> {
    queues: &'q QueueCache,
    /// The queue type that the delivery was judged under.
    queue_type: Option<QueueType>,
}

impl QueueDefinitions for JudgedDefinitions<'_> {
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>> {
        self.queues.definition(queue_id)
    }

    fn queue_type(&self, queue_id: QueueId) -> Option<QueueType> {
        self.queue_type.or_else(|| self.queues.queue_type(queue_id))
    }
}

/// The refusal of a body, or of an envelope, that is larger than it may be.
fn too_large(submission: &Submission, bytes_max: usize) -> Option<Refusal> {
    let parts = [("body", submission.body.len()), ("envelope", submission.address.envelope_bytes())];
    let (part, bytes) = parts.into_iter().find(|(_, bytes)| *bytes > bytes_max)?;
    let detail = format!("the {part} has {bytes} bytes, {bytes_max} are allowed");
    Some(Refusal::new(Rule::TooLarge, detail))
}
