//! How fresh an answer is, and whether the client has it already.

use attempt_ledger_domain::UnixMillis;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::queries::Freshness;
use crate::read_store::Failure;

/// How fresh an answer is.
#[derive(Clone, Serialize, ToSchema)]
pub struct FreshnessAnswer {
    /// The log position that the answer contains; with `as_of`, the one that was asked for.
    pub position: u64,
    /// When the ledger took the record there, in milliseconds since 1970; 0 before the first one.
    pub recorded_at: i64,
    /// The end of the log when the question was asked.
    pub head: u64,
    /// Records of the log that the answer does not contain.
    pub lag_records: u64,
    /// The event at which a read model behind the answer stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<FailureAnswer>,
}

/// The event that stopped a projection.
#[derive(Clone, Serialize, ToSchema)]
pub struct FailureAnswer {
    /// The record's place in the log.
    pub position: u64,
    /// The record's id.
    pub record_id: Uuid,
    /// What went wrong.
    pub reason: String,
}

impl FailureAnswer {
    /// The answer for a failure.
    pub fn of(failure: Failure) -> Self {
        let Failure { position, record_id, reason } = failure;
        Self { position: position.0, record_id, reason }
    }
}

impl FreshnessAnswer {
    /// The answer for a freshness.
    pub fn of(freshness: Freshness) -> Self {
        let Freshness { position, recorded_at: UnixMillis(recorded_at), head, stopped } = freshness;
        Self {
            position: position.0,
            recorded_at,
            head: head.0,
            lag_records: head.0.saturating_sub(position.0),
            stopped: stopped.map(FailureAnswer::of),
        }
    }
}

/// The hash that binds cursors and entity tags to a question.
pub fn hash(question: &impl Serialize) -> u64 {
    // Another release may answer the same question in another shape.
    let release = env!("CARGO_PKG_VERSION");
    xxh3_64(&serde_json::to_vec(&(release, question)).expect("a question serializes"))
}

/// Answers 304 when the client has the same answer already.
///
/// The tag names the read model, the position and the question, which say all that the answer depends on. What the
/// answer tells about the log's end may be older then.
pub fn tagged(
    headers: &HeaderMap,
    name: &str,
    freshness: &FreshnessAnswer,
    question: &impl Serialize,
    answer: &impl Serialize,
) -> Response {
    let stopped = freshness.stopped.as_ref().map(|stopped| stopped.position);
    let tag = format!("\"{name}@{}-{:016x}\"", freshness.position, hash(&(question, stopped)));
    answer_unless_known(headers, tag, answer)
}

/// Answers 304 when the client names the tag. Tags are compared weakly: a proxy that compresses marks them with `W/`.
pub fn answer_unless_known(headers: &HeaderMap, tag: String, answer: &impl Serialize) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_tag = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
    let is_known = known.is_some_and(|known| known.split(',').any(|one| is_tag(one.trim())));
    let tag = [(header::ETAG, tag)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    (tag, Json(answer)).into_response()
}
