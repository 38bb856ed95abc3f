//! One line of a batch: a delivery, or what an export of a ledger wrote.

use std::sync::Arc;

use attempt_ledger_domain::{QueueDefinition, QueueId, Revision};

use crate::error::LedgerError;
use crate::exported_record::ExportedRecord;
use crate::ledger::Ledger;
use crate::queue_definition::DefineError;
use crate::receipt::Receipt;
use crate::submission::{FirstReceipt, Submission};

/// One line of a batch.
#[derive(Clone, Debug)]
pub struct BatchLine {
    submission: Submission,
    content: LineContent,
}

#[derive(Clone, Debug)]
enum LineContent {
    /// A delivery, with what is known of its first receipt.
    Delivery(Option<FirstReceipt>),
    /// The definition of a queue, and the how manieth it was.
    Queue(QueueDefinition, Revision),
    /// A decision about a refusal.
    Decision,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineReceipt {
    /// It held a delivery.
    Delivery(Receipt),
    /// It held the definition of a queue.
    Queue {
        /// The queue.
        queue_id: QueueId,
        /// Whether it is in force now; `false` when the queue was defined so, or later, before.
        changed: bool,
    },
    /// It held a decision about a refusal, which is not taken: the refusal has another id here.
    Decision,
}

impl BatchLine {
    /// A line that is a delivery, whatever its body looks like.
    #[must_use]
    pub const fn delivery(submission: Submission) -> Self {
        Self { submission, content: LineContent::Delivery(None) }
    }

    /// A line of a batch: what an export wrote is what was sent first.
    #[must_use]
    pub fn read(submission: Submission) -> Self {
        match ExportedRecord::read(&submission.body) {
            None => Self::delivery(submission),
            Some(ExportedRecord::Delivery(address, body, first)) => Self {
                submission: Submission { address, body, source: submission.source },
                content: LineContent::Delivery(Some(first)),
            },
            Some(ExportedRecord::Queue(definition, revision)) => {
                Self { submission, content: LineContent::Queue(definition, revision) }
            }
            Some(ExportedRecord::Decision) => Self { submission, content: LineContent::Decision },
        }
    }
}

/// Whether an export wrote a line: such lines are to be taken in the order in which they were recorded.
#[must_use]
pub fn is_exported(line: &[u8]) -> bool {
    ExportedRecord::read(line).is_some()
}

impl Ledger {
    /// Takes the lines of a batch in their order; the answers come after all are durable.
    ///
    /// # Errors
    /// [`LedgerError`] when the log fails. Some lines may then be recorded: send all again, the recorded ones
    /// answer as duplicates.
    pub async fn record_lines(
        self: &Arc<Self>,
        lines: Vec<BatchLine>,
    ) -> Result<Vec<LineReceipt>, LedgerError> {
        let mut receipts = Vec::with_capacity(lines.len());
        let mut deliveries = Vec::with_capacity(lines.len());
        for BatchLine { submission, content } in lines {
            let (definition, revision) = match content {
                LineContent::Delivery(first) => {
                    deliveries.push((submission, first));
                    continue;
                }
                LineContent::Decision => {
                    self.record_waiting(&mut deliveries, &mut receipts).await?;
                    receipts.push(LineReceipt::Decision);
                    continue;
                }
                LineContent::Queue(definition, revision) => (definition, revision),
            };
            self.record_waiting(&mut deliveries, &mut receipts).await?;
            receipts.push(self.define_exported(definition, revision, submission).await?);
        }
        self.record_waiting(&mut deliveries, &mut receipts).await?;
        Ok(receipts)
    }

    /// Records the deliveries that stand before a line of another kind.
    async fn record_waiting(
        self: &Arc<Self>,
        deliveries: &mut Vec<(Submission, Option<FirstReceipt>)>,
        receipts: &mut Vec<LineReceipt>,
    ) -> Result<(), LedgerError> {
        let recorded = self.record_parts(std::mem::take(deliveries)).await?;
        receipts.extend(recorded.into_iter().map(LineReceipt::Delivery));
        Ok(())
    }

    /// Takes a definition, unless this ledger knows as many of the queue: then it has this one already, or
    /// others of its own.
    async fn define_exported(
        self: &Arc<Self>,
        definition: QueueDefinition,
        revision: Revision,
        line: Submission,
    ) -> Result<LineReceipt, LedgerError> {
        let queue_id = definition.queue_id;
        if self.queue_revision(queue_id) >= revision {
            return Ok(LineReceipt::Queue { queue_id, changed: false });
        }
        match self.define_queue(definition, &line.source).await {
            Ok(defined) => Ok(LineReceipt::Queue { queue_id, changed: defined.changed }),
            // No ledger has written it: it is refused as a delivery and kept.
            Err(DefineError::Invalid(_)) => self.record(line).await.map(LineReceipt::Delivery),
            Err(DefineError::Ledger(error)) => Err(error),
        }
    }
}
