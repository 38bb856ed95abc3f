//! Where a delivery's reader finds what is defined about queues.

use std::sync::Arc;

use crate::{QueueDefinition, QueueId, QueueType};

/// Finds a queue's recorded definition.
pub trait QueueDefinitions {
    /// The definition in force; `None` for a queue that nobody defined.
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>>;

    /// The queue type of a delivery that names the queue and states none.
    fn queue_type(&self, queue_id: QueueId) -> Option<QueueType> {
        Some(self.definition(queue_id)?.queue_type)
    }
}

impl<F: Fn(QueueId) -> Option<Arc<QueueDefinition>>> QueueDefinitions for F {
    fn definition(&self, queue_id: QueueId) -> Option<Arc<QueueDefinition>> {
        self(queue_id)
    }
}
