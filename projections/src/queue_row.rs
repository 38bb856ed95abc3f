//! Queues: the definition in force for each queue.

use attempt_ledger_domain::{Position, QueueDefinition, Revision};
use serde::{Deserialize, Serialize};

/// One queue's definition in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// What is defined.
    pub definition: QueueDefinition,
    /// Which definition of the queue it is.
    pub revision: Revision,
    /// Its place in the log.
    pub position: Position,
}
