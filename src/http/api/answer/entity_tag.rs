//! Whether the client has the answer already.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::freshness::FreshnessAnswer;
use crate::http::api::request::question_hash;
use crate::http::problem::Problem;

/// Answers 304 when the client has the same answer already.
///
/// The tag names the read model, the position and the question, which say all that the answer depends on.
/// What the answer says about the log's end may be older then.
pub fn tagged(
    headers: &HeaderMap,
    name: &str,
    freshness: &FreshnessAnswer,
    question: &impl Serialize,
    answer: &impl Serialize,
) -> Response {
    answer_unless_current(headers, entity_tag(name, freshness, question), answer)
}

/// The tag of an answer.
pub fn entity_tag(name: &str, freshness: &FreshnessAnswer, question: &impl Serialize) -> String {
    let stopped = freshness.stopped.as_ref().map(|stopped| stopped.0.position);
    // A runaway attempt comes forward while the position stays.
    let unfolded = (!freshness.unfolded.is_empty()).then_some(&freshness.unfolded);
    let hash = match unfolded {
        Some(unfolded) => question_hash(&(question, stopped, unfolded)),
        None => question_hash(&(question, stopped)),
    };
    format!("\"{name}@{}-{hash:016x}\"", freshness.position)
}

/// Answers 304 when the client names the tag. Tags are compared weakly: a proxy that compresses marks them
/// with `W/`.
pub fn answer_unless_current(headers: &HeaderMap, tag: String, answer: &impl Serialize) -> Response {
    unless_current(headers, tag, || Ok(Json(answer).into_response())).into_response()
}

/// The same, for an answer that is only made when it is sent.
pub fn unless_current(
    headers: &HeaderMap,
    tag: String,
    answer: impl FnOnce() -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_tag = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
    let is_current = tags.is_some_and(|tags| tags.split(',').any(|one| is_tag(one.trim())));
    let tag = [(header::ETAG, tag)];
    if is_current {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, answer()?).into_response())
}
