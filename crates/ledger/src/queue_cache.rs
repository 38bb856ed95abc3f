//! Queue definitions in memory: all of them, because there are few.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, RwLock};

use attempt_ledger_domain::{
    Position, Queue, QueueDefined, QueueDefinition, QueueDefinitions, QueueId, Revision,
};
use attempt_ledger_log::record::{Digest, leaf_hash};
use attempt_ledger_log::{EventLog, Expected, Key, Stream, StreamAppend};
use attempt_ledger_system::environment::Environment;
use attempt_ledger_system::lock::pass_on;
use cqrs_es::Aggregate as _;

use crate::error::LedgerError;
use crate::new_record::queue_record;
use crate::record::Record;

/// The aggregate of a queue, with what appending to it needs.
#[derive(Clone, Default)]
pub(crate) struct CachedQueue {
    pub(crate) queue: Queue,
    /// The leaf hash of the newest definition.
    previous: Option<Digest>,
    /// Every definition, each with the position from which on it is in force.
    history: Vec<(Position, Arc<QueueDefinition>)>,
}

impl CachedQueue {
    /// Takes note of where the definition in force lies in the log.
    pub(crate) fn locate_definition(&mut self, position: Position) {
        let definition = self.queue.definition().cloned();
        self.history.extend(definition.map(|definition| (position, Arc::new(definition))));
    }

    /// The definition that was in force for a record.
    fn definition_at(&self, position: Position) -> Option<&Arc<QueueDefinition>> {
        let later = self.history.partition_point(|(since, _)| *since <= position);
        self.history[..later].last().map(|(_, definition)| definition)
    }

    /// What is to be appended for a definition that the aggregate has applied.
    pub(crate) fn add_definition(
        &mut self,
        stored: Revision,
        event: &QueueDefined,
        source: &str,
        environment: &dyn Environment,
    ) -> StreamAppend {
        let revision = self.queue.revision();
        assert_eq!(revision, stored.next(), "each applied definition becomes one record");
        let record = queue_record(&event.0, revision, self.previous, source, environment);
        self.previous = Some(leaf_hash(&record.leaf_bytes));
        StreamAppend {
            stream: Stream::Queue(event.0.queue_id),
            expected: Expected::Exactly(stored),
            records: vec![record],
        }
    }
}

/// The definitions in force. Read on every delivery, written a few times in a queue's life.
#[derive(Default)]
pub(crate) struct QueueCache {
    queues: RwLock<BTreeMap<QueueId, CachedQueue>>,
    /// Held while a definition is appended, so that definitions of one queue follow each other.
    pub(crate) definition_order: tokio::sync::Mutex<()>,
}

impl QueueDefinitions for QueueCache {
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>> {
        self.definition_at(queue_id, Position(u64::MAX))
    }
}

impl QueueCache {
    /// Reads every definition. The lock is held meanwhile, so that of two readings the later one counts.
    pub(crate) fn load(&self, log: &dyn EventLog) -> Result<(), LedgerError> {
        let mut current = pass_on(self.queues.write());
        let mut queues: BTreeMap<QueueId, CachedQueue> = BTreeMap::new();
        for stored in log.read(&log.find(Key::Queues)?)? {
            let record = Record::parse(&stored)?;
            let definition = record.definition()?;
            let cached = queues.entry(definition.queue_id).or_default();
            cached.queue.apply(QueueDefined(definition));
            cached.previous = Some(record.leaf_hash());
            cached.locate_definition(record.position);
        }
        *current = queues;
        Ok(())
    }

    /// The definition that was in force for a record.
    pub(crate) fn definition_at(
        &self,
        queue_id: QueueId,
        position: Position,
    ) -> Option<Arc<QueueDefinition>> {
        let queues = pass_on(self.queues.read());
        queues.get(&queue_id)?.definition_at(position).cloned()
    }

    pub(crate) fn get(&self, queue_id: QueueId) -> CachedQueue {
        let queues = pass_on(self.queues.read());
        queues.get(&queue_id).cloned().unwrap_or_default()
    }

    /// Keeps a queue that the log has, unless a later state of it was read from the log in the meantime.
    pub(crate) fn put(&self, queue_id: QueueId, cached: CachedQueue) {
        let mut queues = pass_on(self.queues.write());
        let current = queues.entry(queue_id).or_default();
        if current.queue.revision() < cached.queue.revision() {
            *current = cached;
        }
    }

    /// Defined queues after one, ascending.
    pub(crate) fn ids_after(&self, after: Option<QueueId>, limit: usize) -> Vec<QueueId> {
        let queues = pass_on(self.queues.read());
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        queues.range((start, Bound::Unbounded)).map(|(queue_id, _)| *queue_id).take(limit).collect()
    }

    /// Every definition in force, by queue id.
    pub(crate) fn definitions(&self) -> Vec<QueueDefinition> {
        self.definitions_at(Position(u64::MAX))
    }

    /// Every definition that was in force for a record, by queue id.
    pub(crate) fn definitions_at(&self, position: Position) -> Vec<QueueDefinition> {
        let queues = pass_on(self.queues.read());
        let in_force = queues.values().filter_map(|cached| cached.definition_at(position));
        in_force.map(|definition| QueueDefinition::clone(definition)).collect()
    }
}
