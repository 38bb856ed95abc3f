//! Queues: the definition in force for each queue.

use std::collections::BTreeSet;

use attempt_ledger_domain::{EventKind, Position, QueueDefinition, QueueId, QueueType, Revision};

use crate::table::table_columns;

/// One queue's definition in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// What is defined.
    pub definition: QueueDefinition,
    /// Which definition of the queue it is.
    pub revision: Revision,
    /// Its place in the log.
    pub position: Position,
}

table_columns! {
    QueueRow: "queues" {
        queue_id: QueueId = definition.queue_id, since 1, "the producer's number; the key";
        queue_type: QueueType = definition.queue_type, since 1, "as in `attempts`";
        name: Option<String> = definition.name, since 1, "for people";
        hooks: Option<BTreeSet<EventKind>> = definition.hooks, since 1,
            "the events whose hooks are registered, as a JSON array; NULL when the definition does not say";
        service_level_threshold_ms: Option<u64> = definition.service_level_threshold_ms, since 1,
            "the wait within which an answer meets the service level";
        short_abandon_threshold_ms: Option<u64> = definition.short_abandon_threshold_ms, since 1,
            "the wait up to which an abandon is short";
        leaving_deadline_ms: Option<u64> = definition.leaving_deadline_ms, since 1,
            "how long after its last event an attempt counts as never left";
        revision: Revision = revision, since 1, "which definition of the queue it is";
        position: Position = position, since 1, "its place in the log";
        variables: Option<BTreeSet<String>> = definition.variables, since 6,
            "the names of the variables that lists show, as a JSON array; NULL when none is declared";
    }
    read QueueRow {
        definition: QueueDefinition {
            queue_id,
            queue_type,
            name,
            hooks,
            service_level_threshold_ms,
            short_abandon_threshold_ms,
            leaving_deadline_ms,
            variables,
        },
        revision,
        position,
    }
}
