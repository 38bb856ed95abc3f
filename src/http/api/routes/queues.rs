//! What is defined about queues.

use attempt_ledger_domain::QueueId;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::http::api::answer::{
    DefinedAnswer, FreshnessAnswer, ListedQueueAnswer, PresentResponses, QueueAnswer, QueueBody,
    QueuesAnswer, ReplayAnswer, queue_body_fault, unknown,
};
use crate::http::api::request::{Consistency, IdPath, NumberedPart, QueryString, object_body, queue_id};
use crate::http::api::state::Api;
use crate::http::problem::Problem;

/// Every queue that is defined or that an attempt names, by number and page by page.
#[utoipa::path(
    get, path = "/v1/queues", tag = "queues",
    params(
        NumberedPart,
        ("min_position" = Option<u64>, Query,
         description = "A log position that the answer has to contain; see GET /v1/attempts"),
    ),
    responses(
        (status = 200, body = QueuesAnswer),
        PresentResponses,
    )
)]
pub async fn list(State(api): State<Api>, mut query: QueryString) -> Result<Response, Problem> {
    let part = NumberedPart::read(&mut query)?;
    let consistency = Consistency::read_min_position(&mut query)?;
    query.end()?;
    consistency.wait(&api).await?;
    let (after, limit) = (part.cursor.map(QueueId), part.limit()?);
    let page = api.ask(move |questions| questions.queues(after, limit))?;
    consistency.check(&page.freshness)?;
    let queues = page.rows.into_iter().map(ListedQueueAnswer::of).collect();
    let next_cursor = page.next.map(|number| number.to_string());
    let link = next_cursor.as_deref().map(|cursor| [(header::LINK, query.link_to_next(cursor))]);
    let answer = QueuesAnswer { queues, next_cursor, freshness: FreshnessAnswer::of(page.freshness) };
    Ok((link, Json(answer)).into_response())
}

/// One queue's definition.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    responses(
        (status = 200, body = QueueAnswer),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
    )
)]
pub async fn show(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
) -> Result<Json<QueueAnswer>, Problem> {
    query.end()?;
    let definition = api.ledger.queue(queue_id(path)?);
    let definition = definition.ok_or_else(|| unknown("queue", "PUT /v1/queues/{id} defines one."))?;
    Ok(Json(QueueAnswer::of(definition)))
}

#[utoipa::path(
    put, path = "/v1/queues/{queue_id}", tag = "queues", params(("queue_id" = i64, Path)),
    summary = "Define a queue, or define it anew. Deliveries that were refused because its type was not \
               known are replayed.",
    description = "A few are replayed before the answer, many in the background: GET \
                   /v1/queues/{queue_id}/replay shows\nhow far that is. A stop interrupts it, and the next \
                   start goes on. The body is read as JSON, whatever its\n`Content-Type` says.",
    request_body(content = QueueBody, example = json!({
        "type": "inbound_queue", "name": "Support",
        "hooks": ["joined", "offering", "missed", "bridged", "leaving"],
        "service_level_threshold_ms": 20_000, "short_abandon_threshold_ms": 5_000,
        "leaving_deadline_ms": 3_600_000
    })),
    responses(
        (status = 200, description = "Defined anew, or already defined so", body = DefinedAnswer),
        (status = 201, description = "Defined for the first time", body = DefinedAnswer),
        (status = 400, body = Problem),
        (status = 415, description = "The body is packed", body = Problem),
        (status = 422, description = "The definition contradicts itself", body = Problem),
    )
)]
pub async fn define(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    body: Bytes,
) -> Result<Response, Problem> {
    query.end()?;
    let queue_id = queue_id(path)?;
    let body: QueueBody = object_body(&body).ok_or_else(|| queue_body_fault(&body))?;
    let defined = api.ledger.define_queue(body.read(queue_id)?, "http").await?;
    let is_first = defined.changed && defined.revision.0 == 1;
    let status = if is_first { StatusCode::CREATED } else { StatusCode::OK };
    let answer = DefinedAnswer {
        queue: QueueAnswer::of(defined.definition),
        revision: defined.revision.0,
        replayed: defined.replay.replayed,
        replay: ReplayAnswer::of(defined.replay),
    };
    Ok((status, Json(answer)).into_response())
}

/// How far the replay of deliveries that waited for a queue's definition has come.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}/replay", tag = "queues", params(("queue_id" = i64, Path)),
    responses(
        (status = 200, body = ReplayAnswer),
        (status = 400, body = Problem),
        (status = 404, description = "Nothing was replayed since the service started", body = Problem),
    )
)]
pub async fn replay(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
) -> Result<Json<ReplayAnswer>, Problem> {
    query.end()?;
    let replay = api.ledger.queue_replay(queue_id(path)?);
    let replay = replay.ok_or_else(|| unknown("replay", "PUT /v1/queues/{id} begins one."))?;
    Ok(Json(ReplayAnswer::of(replay)))
}
