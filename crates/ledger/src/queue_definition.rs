//! Queue definitions: recorded like events.

use std::sync::Arc;

use attempt_ledger_domain::{QueueDefinition, QueueDefinitionError, QueueId, Revision};
use attempt_ledger_log::AppendError;
use thiserror::Error;

use crate::command::execute;
use crate::contention::{CONTENDED_TRIES_MAX, contended};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::replay_progress::QueueReplay;

/// What became of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionReceipt {
    /// The definition in force.
    pub definition: QueueDefinition,
    /// How many times the queue has been defined.
    pub revision: Revision,
    /// Whether this one changed anything.
    pub changed: bool,
    /// What became so far of the refusals that waited for the definition.
    pub replay: QueueReplay,
}

/// Why a definition was not recorded.
#[derive(Debug, Error)]
pub enum DefineError {
    /// It contradicts itself.
    #[error(transparent)]
    Invalid(#[from] QueueDefinitionError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// The definition in force; `None` for a queue without one.
    #[must_use]
    pub fn queue(&self, queue_id: QueueId) -> Option<QueueDefinition> {
        self.queues.get(queue_id).queue.definition().cloned()
    }

    /// How many times a queue was defined.
    pub(crate) fn queue_revision(&self, queue_id: QueueId) -> Revision {
        self.queues.get(queue_id).queue.revision()
    }

    /// Defined queues after one, ascending, at most `limit`.
    #[must_use]
    pub fn queue_ids_after(&self, after: Option<QueueId>, limit: usize) -> Vec<QueueId> {
        self.queues.ids_after(after, limit)
    }

    /// Every definition in force, by queue id.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueDefinition> {
        self.queues.definitions()
    }

    /// Records a queue's definition, then replays the refusals that waited for it: a few before the answer,
    /// many in the background.
    ///
    /// # Errors
    /// [`DefineError::Invalid`] when it contradicts itself, [`DefineError::Ledger`] when the log fails.
    pub async fn define_queue(
        self: &Arc<Self>,
        definition: QueueDefinition,
        source: &str,
    ) -> Result<DefinitionReceipt, DefineError> {
        let queue_id = definition.queue_id;
        let (revision, changed) = self.append_judged(&definition, source).await?;
        let replay = self.replay_waiting(queue_id, source).await;
        Ok(DefinitionReceipt { definition, revision, changed, replay })
    }

    async fn append_judged(
        &self,
        definition: &QueueDefinition,
        source: &str,
    ) -> Result<(Revision, bool), DefineError> {
        for _ in 0..CONTENDED_TRIES_MAX {
            match self.append_definition(definition.clone(), source).await {
                // Another node defined the queue first. Its definition is in the log by now.
                Err(DefineError::Ledger(LedgerError::Append(AppendError::Conflict { .. }))) => {
                    self.queues.load(self.log.as_ref())?;
                }
                answer => return answer,
            }
        }
        Err(contended(format_args!("queue {}", definition.queue_id)).into())
    }

    /// Answers the queue's revision, and whether the definition changed anything.
    async fn append_definition(
        &self,
        definition: QueueDefinition,
        source: &str,
    ) -> Result<(Revision, bool), DefineError> {
        let _order = self.queues.definition_order.lock().await;
        let queue_id = definition.queue_id;
        let mut cached = self.queues.get(queue_id);
        let stored = cached.queue.revision();
        let event = match execute(&mut cached.queue, definition).await {
            Ok(event) => event,
            Err(QueueDefinitionError::Unchanged { revision }) => return Ok((revision, false)),
            Err(invalid) => return Err(invalid.into()),
        };
        let append = cached.add_definition(stored, &event, source, self.environment.as_ref());
        let positions = self.recorder.append(append).await?;
        positions.iter().for_each(|position| cached.locate_definition(*position));
        let revision = cached.queue.revision();
        self.queues.put(queue_id, cached);
        Ok((revision, true))
    }
}
