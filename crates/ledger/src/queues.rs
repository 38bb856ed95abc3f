//! Queue definitions: recorded like events, kept in memory because there are few.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use attempt_ledger_domain::{
    Queue, QueueDefined, QueueDefinition, QueueDefinitionError, QueueId, QueueType, QueueTypes, Revision,
    Rule,
};
use attempt_ledger_system::lock::pass_on;
use cqrs_es::Aggregate as _;
use thiserror::Error;

use super::records::{ReadRecord, queue_record};
use super::{CONTENDED_TRIES_MAX, Ledger, LedgerError, Settled, contended};
use attempt_ledger_log::record::{Digest, leaf_hash};
use attempt_ledger_log::{AppendError, EventLog, Expected, Key, Stream, StreamAppend};

#[derive(Clone, Default)]
struct Known {
    queue: Queue,
    previous: Option<Digest>,
}

/// The definitions in force. Read on every delivery, written a few times in a queue's life.
#[derive(Default)]
pub(super) struct Queues {
    known: RwLock<BTreeMap<QueueId, Known>>,
    /// Held while a definition is appended, so that definitions of one queue follow each other.
    writing: tokio::sync::Mutex<()>,
}

/// What a definition came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defined {
    /// The definition in force.
    pub definition: QueueDefinition,
    /// How many times the queue has been defined.
    pub revision: Revision,
    /// Whether this one changed anything.
    pub changed: bool,
    /// Refusals that waited for the definition and are recorded now.
    pub replayed: u64,
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

impl QueueTypes for Queues {
    fn queue_type(&self, queue_id: QueueId) -> Option<QueueType> {
        Some(self.get(queue_id).queue.definition()?.queue_type)
    }
}

impl Queues {
    /// Reads every definition. The lock is held meanwhile, so that of two readings the later one counts.
    pub(super) fn load(&self, log: &dyn EventLog) -> Result<(), LedgerError> {
        let mut current = pass_on(self.known.write());
        let mut known: BTreeMap<QueueId, Known> = BTreeMap::new();
        for stored in log.read(&log.find(Key::Queues)?)? {
            let record = ReadRecord::parse(&stored)?;
            let definition = record.definition()?;
            let entry = known.entry(definition.queue_id).or_default();
            entry.queue.apply(QueueDefined(definition));
            entry.previous = Some(leaf_hash(&stored.leaf));
        }
        *current = known;
        Ok(())
    }

    fn get(&self, queue_id: QueueId) -> Known {
        let known = pass_on(self.known.read());
        known.get(&queue_id).cloned().unwrap_or_default()
    }

    /// Keeps an entry, unless a later one was read from the log in the meantime.
    fn put(&self, queue_id: QueueId, entry: Known) {
        let mut known = pass_on(self.known.write());
        let current = known.entry(queue_id).or_default();
        if current.queue.revision() < entry.queue.revision() {
            *current = entry;
        }
    }
}

impl Ledger {
    /// The definition in force; `None` for a queue that nobody defined.
    #[must_use]
    pub fn queue(&self, queue_id: QueueId) -> Option<QueueDefinition> {
        self.queues.get(queue_id).queue.definition().cloned()
    }

    /// Every definition in force, by queue id.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueDefinition> {
        let known = pass_on(self.queues.known.read());
        known.values().filter_map(|entry| entry.queue.definition().cloned()).collect()
    }

    /// Records a queue's definition, then replays the refusals that waited for it.
    ///
    /// # Errors
    /// [`DefineError::Invalid`] when it contradicts itself, [`DefineError::Ledger`] when the log fails.
    pub async fn define_queue(
        self: &Arc<Self>,
        definition: QueueDefinition,
        source: &str,
    ) -> Result<Defined, DefineError> {
        let queue_id = definition.queue_id;
        let (revision, changed) = self.append_judged(&definition, source).await?;
        let replayed = self.replay_waiting(queue_id, source).await?;
        Ok(Defined { definition, revision, changed, replayed })
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
        Err(contended(&format!("queue {}", definition.queue_id)).into())
    }

    async fn append_definition(
        &self,
        definition: QueueDefinition,
        source: &str,
    ) -> Result<(Revision, bool), DefineError> {
        let _one_at_a_time = self.queues.writing.lock().await;
        let queue_id = definition.queue_id;
        let mut entry = self.queues.get(queue_id);
        let event = match entry.queue.judge(definition) {
            Ok(event) => event,
            Err(QueueDefinitionError::Unchanged { revision }) => return Ok((revision, false)),
            Err(invalid) => return Err(invalid.into()),
        };
        let stored = entry.queue.revision();
        let environment = self.environment.as_ref();
        let record = queue_record(&event.0, stored.next(), entry.previous, source, environment);
        entry.previous = Some(leaf_hash(&record.leaf_bytes));
        self.append_one(StreamAppend {
            stream: Stream::Queue(queue_id),
            expected: Expected::Exactly(stored),
            records: vec![record],
        })
        .await?;
        entry.queue.apply(event);
        let revision = entry.queue.revision();
        self.queues.put(queue_id, entry);
        Ok((revision, true))
    }

    async fn replay_waiting(self: &Arc<Self>, queue_id: QueueId, source: &str) -> Result<u64, LedgerError> {
        let mut replayed = 0;
        for refusal_id in self.open_refusals(Rule::UnknownQueueType, queue_id)? {
            let settled = self.replay(refusal_id, "the queue was defined", source).await;
            replayed += u64::from(matches!(settled, Ok(Settled::Replayed(_))));
        }
        Ok(replayed)
    }
}
