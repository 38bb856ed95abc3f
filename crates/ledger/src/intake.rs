//! The two doors for deliveries: one, or many at once.

use std::sync::Arc;

use attempt_ledger_domain::{Delivery, Refusal, Rule, UnixMillis, UnreadableDelivery};
use attempt_ledger_system::task::finished;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::receipt::Receipt;
use crate::submission::{IncomingDelivery, Submission};

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
        let incoming = self.read(submission, self.environment.now(), &mut Vec::new());
        self.recorder.clone().record_one(incoming).await
    }

    /// Judges a kept delivery again. What it says happened when it was first received, not now.
    pub(crate) async fn record_again(
        &self,
        submission: Submission,
        first_received_at: UnixMillis,
    ) -> Result<Receipt, LedgerError> {
        let mut incoming = self.read(submission, first_received_at, &mut Vec::new());
        if let Ok(delivery) = &mut incoming.reading {
            delivery.received_at = self.environment.now();
        }
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
        let mut receipts = Vec::with_capacity(submissions.len());
        let mut submissions = submissions.into_iter();
        loop {
            let part: Vec<Submission> = submissions.by_ref().take(BATCH_PART_DELIVERIES_MAX).collect();
            if part.is_empty() {
                return Ok(receipts);
            }
            let incoming = self.clone().read_all(part).await;
            receipts.append(&mut self.recorder.clone().record_all(incoming).await?);
        }
    }

    /// Parsing and hashing are most of the work: they run beside the tasks that answer single deliveries.
    async fn read_all(self: Arc<Self>, submissions: Vec<Submission>) -> Vec<IncomingDelivery> {
        let received_at = self.environment.now();
        let read = move || {
            let mut scratch = Vec::new();
            submissions
                .into_iter()
                .map(|submission| self.read(submission, received_at, &mut scratch))
                .collect()
        };
        finished(tokio::task::spawn_blocking(read)).await
    }

    /// Makes a delivery out of a submission. `scratch` is reused between calls.
    fn read(
        &self,
        submission: Submission,
        received_at: UnixMillis,
        scratch: &mut Vec<u8>,
    ) -> IncomingDelivery {
        let Submission { address, body, .. } = &submission;
        let reading = match too_large(&submission, self.event_bytes_max) {
            Some(refusal) => Err(Box::new(UnreadableDelivery::unread(refusal))),
            None => Delivery::read(address, body, received_at, self.queues.as_ref(), scratch),
        };
        IncomingDelivery { submission, reading }
    }
}

/// The refusal of a body, or of an envelope, that is larger than it may be.
fn too_large(submission: &Submission, bytes_max: usize) -> Option<Refusal> {
    let parts = [("body", submission.body.len()), ("envelope", submission.address.envelope_bytes())];
    let (part, bytes) = parts.into_iter().find(|(_, bytes)| *bytes > bytes_max)?;
    let detail = format!("the {part} has {bytes} bytes, {bytes_max} are allowed");
    Some(Refusal::new(Rule::TooLarge, detail))
}
