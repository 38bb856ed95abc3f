//! What is defined about queues, in requests and in answers.

use std::collections::BTreeSet;

use attempt_ledger_domain::{EventKind, QueueDefinition, QueueId, QueueType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::freshness::FreshnessAnswer;
use super::hooks::HooksAnswer;
use crate::http::api::request::invalid;
use crate::http::problem::Problem;
use crate::ledger::QueueReplay;
use crate::queries::ListedQueue;

/// A queue's definition.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueBody {
    /// One of the eight queue types, by name or by the producer's number.
    #[serde(alias = "queue_type")]
    #[schema(example = "inbound_queue")]
    r#type: serde_json::Value,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The hooks that are registered at the dialer; leave it out when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hooks: Option<Vec<String>>,
    /// The wait within which an answer meets the service level, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_level_threshold_ms: Option<u64>,
    /// The wait up to which an abandon is short, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short_abandon_threshold_ms: Option<u64>,
    /// How long after its last event an attempt without Leaving is flagged `never_left`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaving_deadline_ms: Option<u64>,
    /// The names of the variables that lists show, filter by and export; leave it out for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["region"]))]
    variables: Option<BTreeSet<String>>,
}

/// A queue with the definition in force.
#[derive(Serialize, ToSchema)]
pub struct QueueAnswer {
    pub queue_id: i64,
    #[serde(flatten)]
    pub definition: QueueBody,
}

/// What a definition came to.
#[derive(Serialize, ToSchema)]
pub struct DefinedAnswer {
    #[serde(flatten)]
    pub queue: QueueAnswer,
    /// How many times the queue has been defined.
    pub revision: u32,
    /// Refusals that waited for this definition and are recorded now.
    pub replayed: u64,
    /// How far the replay is; it goes on in the background.
    pub replay: ReplayAnswer,
}

/// How far the replay of what waited for a definition has come.
#[derive(Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// `searching`, `replaying`, `done` or `failed`.
    pub phase: &'static str,
    /// Refusals that were looked at.
    pub searched: u64,
    /// Refusals that wait and were not tried yet, as far as they are found.
    pub waiting: u64,
    /// Refusals that are recorded now.
    pub replayed: u64,
    /// Refusals that the rules refuse still; they stay open.
    pub refused: u64,
}

impl ReplayAnswer {
    pub fn of(replay: QueueReplay) -> Self {
        let QueueReplay { phase, searched, waiting, replayed, refused } = replay;
        Self { phase: phase.name(), searched, waiting, replayed, refused }
    }
}

/// A queue, with the definition in force if it has one, or what stands in no queue.
#[derive(Serialize, ToSchema)]
pub struct ListedQueueAnswer {
    /// Null for what stands in no queue, the last of all.
    #[schema(required)]
    pub queue_id: Option<i64>,
    /// How paths and filters name it: its number, or `none`.
    pub group: String,
    /// Whether it is defined. One that is not was named by a hook.
    pub defined: bool,
    #[serde(flatten)]
    pub definition: Option<QueueBody>,
    #[serde(flatten)]
    pub hooks: HooksAnswer,
}

impl ListedQueueAnswer {
    pub fn of(queue: ListedQueue) -> Self {
        let definition = queue.definition.map(|definition| QueueAnswer::of(definition).definition);
        let (queue_id, defined) = (queue.group.queue_id().map(|id| id.0), definition.is_some());
        let (group, hooks) = (queue.group.to_string(), HooksAnswer::of(queue.hooks));
        Self { queue_id, group, defined, definition, hooks }
    }
}

/// Every queue.
#[derive(Serialize, ToSchema)]
pub struct QueuesAnswer {
    #[doc = "By number. Definitions are those in force now; queues that are not defined are as fresh as \
             `freshness` tells."]
    pub queues: Vec<ListedQueueAnswer>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

impl QueueBody {
    /// The definition that a request gives.
    pub fn read(self, queue_id: QueueId) -> Result<QueueDefinition, Problem> {
        let stated = match &self.r#type {
            serde_json::Value::String(text) => QueueType::parse(text),
            serde_json::Value::Number(number) => QueueType::parse(&number.to_string()),
            _ => None,
        };
        let names = QueueType::ALL.map(QueueType::name).join(", ");
        let queue_type = stated
            .ok_or_else(|| invalid("type", &format!("it must be one of {names}, or a number 0 to 9")))?;
        let hooks = self.hooks.map(|hooks| {
            let read = |name: &String| {
                EventKind::parse(name).ok_or_else(|| invalid("hooks", "each must be one of the eight events"))
            };
            hooks.iter().map(read).collect::<Result<BTreeSet<_>, _>>()
        });
        Ok(QueueDefinition {
            queue_id,
            queue_type,
            name: self.name,
            hooks: hooks.transpose()?,
            service_level_threshold_ms: self.service_level_threshold_ms,
            short_abandon_threshold_ms: self.short_abandon_threshold_ms,
            leaving_deadline_ms: self.leaving_deadline_ms,
            variables: self.variables.filter(|names| !names.is_empty()),
        })
    }
}

impl QueueAnswer {
    pub fn of(definition: QueueDefinition) -> Self {
        let names =
            |hooks: BTreeSet<EventKind>| hooks.into_iter().map(|kind| kind.wire_name().to_owned()).collect();
        Self {
            queue_id: definition.queue_id.0,
            definition: QueueBody {
                r#type: definition.queue_type.name().into(),
                name: definition.name,
                hooks: definition.hooks.map(names),
                service_level_threshold_ms: definition.service_level_threshold_ms,
                short_abandon_threshold_ms: definition.short_abandon_threshold_ms,
                leaving_deadline_ms: definition.leaving_deadline_ms,
                variables: definition.variables,
            },
        }
    }
}
