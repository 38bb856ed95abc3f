//! What arrives for a queue, held against what its definition says that it sends.

use std::collections::BTreeSet;

use attempt_ledger_domain::{EventKind, QueueDefinition, QueueType};
use attempt_ledger_projections::HookRow;

/// The hooks of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueHooks {
    /// What arrives, by queue type and event or observation.
    pub arriving: Vec<HookRow>,
    /// Events that the definition declares and that never came.
    pub silent: Vec<EventKind>,
    /// Events that came and that the definition does not declare.
    pub undeclared: Vec<EventKind>,
    /// Queue types that came and that are not the definition's.
    pub differing: Vec<QueueType>,
}

impl QueueHooks {
    /// Holds what arrives for a queue against its definition. Without one nothing is missing and nothing
    /// differs. A definition declares events alone: observations are neither silent nor undeclared.
    #[must_use]
    pub fn of(definition: Option<&QueueDefinition>, arriving: Vec<HookRow>) -> Self {
        let Some(definition) = definition else { return Self { arriving, ..Self::default() } };
        let events: BTreeSet<EventKind> = arriving.iter().filter_map(|row| row.event.event()).collect();
        let types: BTreeSet<QueueType> = arriving.iter().map(|row| row.queue_type).collect();
        let declared = definition.hooks.iter().flatten();
        Self {
            silent: declared.filter(|event| !events.contains(event)).copied().collect(),
            undeclared: events.into_iter().filter(|event| definition.is_known_not_to_send(*event)).collect(),
            differing: types.into_iter().filter(|stated| *stated != definition.queue_type).collect(),
            arriving,
        }
    }

    /// Whether what arrives is what the definition says.
    #[must_use]
    pub fn is_as_declared(&self) -> bool {
        self.silent.is_empty() && self.undeclared.is_empty() && self.differing.is_empty()
    }
}
