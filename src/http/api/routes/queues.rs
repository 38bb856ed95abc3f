//! What is defined about queues.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::http::api::answer::{
    DefinedAnswer, FreshnessAnswer, ListedQueueAnswer, PresentResponses, QueueAnswer, QueueBody,
    QueuesAnswer, unknown,
};
use crate::http::api::request::{Consistency, IdPath, QueryString, invalid, queue_id};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::Questions;

/// Every queue that is defined or that an attempt names.
#[utoipa::path(
    get, path = "/v1/queues", tag = "queues",
    params(("min_position" = Option<u64>, Query,
            description = "A log position that the answer has to contain; see GET /v1/attempts")),
    responses(
        (status = 200, body = QueuesAnswer),
        PresentResponses,
    )
)]
pub async fn list(State(api): State<Api>, mut query: QueryString) -> Result<Json<QueuesAnswer>, Problem> {
    let consistency = Consistency::read_min_position(&mut query)?;
    query.end()?;
    consistency.wait(&api).await?;
    let (queues, freshness) = api.ask(Questions::queues)?;
    consistency.check(&freshness)?;
    let queues = queues.into_iter().map(ListedQueueAnswer::of).collect();
    Ok(Json(QueuesAnswer { queues, freshness: FreshnessAnswer::of(freshness) }))
}

/// One queue's definition.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    responses((status = 200, body = QueueAnswer), (status = 404, body = Problem))
)]
pub async fn show(State(api): State<Api>, path: IdPath) -> Result<Json<QueueAnswer>, Problem> {
    let definition = api.ledger.queue(queue_id(path)?);
    let definition = definition.ok_or_else(|| unknown("queue", "PUT /v1/queues/{id} defines one."))?;
    Ok(Json(QueueAnswer::of(definition)))
}

#[utoipa::path(
    put, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    summary = "Define a queue, or define it anew. Deliveries that were refused because its type was not \
               known are replayed.",
    request_body = QueueBody,
    responses(
        (status = 200, description = "Defined anew, or already defined so", body = DefinedAnswer),
        (status = 201, description = "Defined for the first time", body = DefinedAnswer),
        (status = 400, body = Problem),
        (status = 422, description = "The definition contradicts itself", body = Problem),
    )
)]
pub async fn define(State(api): State<Api>, path: IdPath, body: Bytes) -> Result<Response, Problem> {
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
