//! What is defined about queues.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger_domain::{EventKind, QueueDefinition, QueueId, QueueType};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::common::KnownAt;
use super::faults::unknown;
use super::freshness::FreshnessAnswer;
use super::parameters::{invalid, whole_number};
use crate::http::problem::Problem;
use crate::queries::Questions;

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
}

/// A queue, with the definition in force if it has one.
#[derive(Serialize, ToSchema)]
pub struct ListedQueueAnswer {
    pub queue_id: i64,
    /// Whether it is defined. One that is not was named by a hook.
    pub defined: bool,
    #[serde(flatten)]
    pub definition: Option<QueueBody>,
}

/// Every queue.
#[derive(Serialize, ToSchema)]
pub struct QueuesAnswer {
    /// By number. Definitions are those in force now; queues that are not defined are as fresh as `freshness` tells.
    pub queues: Vec<ListedQueueAnswer>,
    pub freshness: FreshnessAnswer,
}

impl QueueBody {
    fn read(self, queue_id: QueueId) -> Result<QueueDefinition, Problem> {
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
        })
    }
}

impl QueueAnswer {
    fn of(definition: QueueDefinition) -> Self {
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
            },
        }
    }
}

/// The part of a path that names a queue.
pub type QueuePath = Result<Path<String>, PathRejection>;

/// The queue that a path names.
///
/// # Errors
/// A 400 problem that names the parameter.
pub fn queue_id(path: QueuePath) -> Result<QueueId, Problem> {
    let Path(text) = path?;
    whole_number("queue_id", &text).map(QueueId)
}

/// Every queue that is defined or that an attempt names.
#[utoipa::path(
    get, path = "/v1/queues", tag = "queues",
    params(("min_position" = Option<u64>, Query,
            description = "A log position that the answer has to contain; see GET /v1/attempts")),
    responses(
        (status = 200, body = QueuesAnswer),
        (status = 400, body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn list(State(api): State<Api>, mut asked: Asked) -> Result<Json<QueuesAnswer>, Problem> {
    let known_at = KnownAt { as_of: None, min_position: asked.number("min_position")? };
    asked.done()?;
    known_at.reached(&api).await?;
    let (seen, freshness) = ask(&api, Questions::queue_ids).await?;
    let freshness = FreshnessAnswer::of(freshness);
    known_at.is_in(&freshness)?;
    let listed =
        |queue_id: QueueId| ListedQueueAnswer { queue_id: queue_id.0, defined: false, definition: None };
    let mut queues: BTreeMap<QueueId, ListedQueueAnswer> =
        seen.into_iter().map(|queue_id| (queue_id, listed(queue_id))).collect();
    for definition in api.ledger.queues() {
        let queue_id = definition.queue_id;
        let QueueAnswer { definition, .. } = QueueAnswer::of(definition);
        let answer = ListedQueueAnswer { defined: true, definition: Some(definition), ..listed(queue_id) };
        queues.insert(queue_id, answer);
    }
    Ok(Json(QueuesAnswer { queues: queues.into_values().collect(), freshness }))
}

/// One queue's definition.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    responses((status = 200, body = QueueAnswer), (status = 404, body = Problem))
)]
pub async fn show(State(api): State<Api>, path: QueuePath) -> Result<Json<QueueAnswer>, Problem> {
    let definition = api.ledger.queue(queue_id(path)?);
    let definition = definition.ok_or_else(|| unknown("queue", "PUT /v1/queues/{id} defines one."))?;
    Ok(Json(QueueAnswer::of(definition)))
}

/// Define a queue, or define it anew. Deliveries that were refused because its type was not known are replayed.
#[utoipa::path(
    put, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    request_body = QueueBody,
    responses(
        (status = 200, description = "Defined anew, or already defined so", body = DefinedAnswer),
        (status = 201, description = "Defined for the first time", body = DefinedAnswer),
        (status = 400, body = Problem),
        (status = 422, description = "The definition contradicts itself", body = Problem),
    )
)]
pub async fn define(State(api): State<Api>, path: QueuePath, body: Bytes) -> Result<Response, Problem> {
    let queue_id = queue_id(path)?;
    let body: QueueBody = serde_json::from_slice(&body)
        .map_err(|error| invalid("body", &format!("it is not a queue definition: {error}")))?;
    let defined = api.ledger.define_queue(body.read(queue_id)?, "http").await?;
    let is_first = defined.changed && defined.revision.0 == 1;
    let status = if is_first { StatusCode::CREATED } else { StatusCode::OK };
    let answer = DefinedAnswer {
        queue: QueueAnswer::of(defined.definition),
        revision: defined.revision.0,
        replayed: defined.replayed,
    };
    Ok((status, Json(answer)).into_response())
}
