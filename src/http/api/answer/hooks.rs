//! What arrives for a queue.

use attempt_ledger_domain::{EventKind, QueueType};
use attempt_ledger_projections::HookRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::queries::QueueHooks;

/// One hook, as it arrives.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HookAnswer {
    /// The event or the observation.
    pub event: String,
    /// The queue type that its deliveries state.
    pub queue_type: String,
    /// How many were recorded.
    pub deliveries: i64,
    /// How many were refused and kept.
    pub refusals: i64,
    /// When the ledger took the last of them.
    pub last_recorded_at: i64,
}

/// What arrives for a queue, held against its definition.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HooksAnswer {
    /// What arrives, by queue type and event or observation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks_arriving: Vec<HookAnswer>,
    /// Hooks that are declared and never came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks_silent: Vec<String>,
    /// Hooks that came and are not declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks_undeclared: Vec<String>,
    /// Queue types that came and are not the definition's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue_types_differing: Vec<String>,
}

impl HooksAnswer {
    pub fn of(hooks: QueueHooks) -> Self {
        let events =
            |events: Vec<EventKind>| events.into_iter().map(|it| it.wire_name().to_owned()).collect();
        let hook = |row: HookRow| HookAnswer {
            event: row.event.wire_name().to_owned(),
            queue_type: row.queue_type.name().to_owned(),
            deliveries: row.deliveries,
            refusals: row.refusals,
            last_recorded_at: row.last_recorded_at.0,
        };
        let types = |types: Vec<QueueType>| types.into_iter().map(|it| it.name().to_owned()).collect();
        Self {
            hooks_arriving: hooks.arriving.into_iter().map(hook).collect(),
            hooks_silent: events(hooks.silent),
            hooks_undeclared: events(hooks.undeclared),
            queue_types_differing: types(hooks.differing),
        }
    }
}
