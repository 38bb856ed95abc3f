//! What happened in an attempt.

use attempt_ledger_domain::{AttemptId, Position};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;

use crate::http::api::answer::{
    AttemptAnswer, AttemptEventsAnswer, EventAnswer, TimelineAnswer, answer_unless_current, unknown,
};
use crate::http::api::request::{IdPath, QueryFault, QueryString, as_of, attempt_id};
use crate::http::api::state::Api;
use crate::http::problem::Problem;

/// Up to when the answer shall speak.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// A log position: the answer is what the ledger knew there.
    as_of: Option<u64>,
}

impl AsOfQuery {
    fn read(mut query: QueryString) -> Result<Self, QueryFault> {
        let as_of = query.number("as_of")?;
        query.end()?;
        Ok(Self { as_of })
    }
}

/// The attempt and the position that a request names.
fn attempt_and_position(
    api: &Api,
    path: IdPath,
    query: QueryString,
) -> Result<(AttemptId, Position), Problem> {
    // A path that cannot be taken apart is answered before its query string, an id that is no number after.
    let path = Ok(path?);
    let query = AsOfQuery::read(query).map_err(QueryFault::in_brief)?;
    Ok((attempt_id(path)?, as_of(query.as_of, api.ledger.log().head())?))
}

fn unknown_attempt() -> Problem {
    unknown("attempt", "An attempt exists from its first recorded or refused event on.")
}

/// An attempt in short.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery),
    responses(
        (status = 200, body = AttemptAnswer),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 404, body = Problem),
    )
)]
pub async fn summary(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (attempt_id, as_of) = attempt_and_position(&api, path, query)?;
    let timeline = api.ledger.timeline(attempt_id, Some(as_of))?.ok_or_else(unknown_attempt)?;
    let newest = timeline.entries.iter().map(|entry| entry.position.0).max().unwrap_or_default();
    // Flags change without a record of the attempt: by time, by a definition, by a decision.
    let tag = timeline.flags.iter().fold(newest.to_string(), |tag, flag| tag + "-" + flag);
    Ok(answer_unless_current(&headers, format!("\"{tag}\""), &AttemptAnswer::of(timeline, as_of.0)))
}

/// Everything recorded about an attempt: events, refused siblings, and decisions about those.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}/events", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery),
    responses((status = 200, body = AttemptEventsAnswer), (status = 404, body = Problem))
)]
pub async fn events(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (attempt_id, as_of) = attempt_and_position(&api, path, query)?;
    let records = api.ledger.attempt_records(attempt_id, Some(as_of))?;
    let newest = records.last().ok_or_else(unknown_attempt)?.position.0;
    let events = records.into_iter().map(EventAnswer::of).collect();
    let answer = AttemptEventsAnswer { attempt_id: attempt_id.0, as_of: as_of.0, events };
    Ok(answer_unless_current(&headers, format!("\"{newest}\""), &answer))
}

/// The story of an attempt: lanes with phases, durations, gaps, and every delivery in time order.
#[utoipa::path(
    get, path = "/v1/attempts/{attempt_id}/timeline", tag = "attempts",
    params(("attempt_id" = i64, Path), AsOfQuery),
    responses((status = 200, body = TimelineAnswer), (status = 404, body = Problem))
)]
pub async fn timeline(State(api): State<Api>, path: IdPath, query: QueryString) -> Result<Response, Problem> {
    let (attempt_id, as_of) = attempt_and_position(&api, path, query)?;
    let timeline = api.ledger.timeline(attempt_id, Some(as_of))?.ok_or_else(unknown_attempt)?;
    // No entity tag: an attempt that never left changes with time alone.
    Ok(Json(TimelineAnswer { as_of: as_of.0, timeline }).into_response())
}
