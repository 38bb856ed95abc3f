//! Refused deliveries: list, look, replay, dismiss.

use attempt_ledger_domain::{AttemptId, QueueGroup, Rule};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::http::api::answer::{RefusalAnswer, RefusalsAnswer, SettledAnswer, unknown};
use crate::http::api::request::{
    IdPath, QueryFault, QueryString, TimeRange, invalid, object, object_body, page_limit, refusal_id,
    whole_number, within_head,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::ledger::{Correction, RefusalStatus};
use crate::queries::RefusalQuestion;

/// Who settles a refusal when no credential says so.
const OPERATOR: &str = "http";

/// Which refusals to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RefusalsQuery {
    /// `open`, `replayed` or `dismissed`.
    status: Option<String>,
    /// A rule's code. `code` is another name of this parameter.
    rule: Option<String>,
    /// Only refusals that name this attempt.
    attempt_id: Option<i64>,
    /// Only refusals that name this queue, or with `none` no queue.
    #[param(value_type = Option<String>)]
    queue_id: Option<QueueGroup>,
    /// From an earlier page's `next_cursor`.
    cursor: Option<String>,
    /// The most refusals of the page.
    limit: Option<usize>,
}

impl RefusalsQuery {
    fn read(mut query: QueryString) -> Result<Self, QueryFault> {
        let (rule, code) = (query.text("rule")?, query.text("code")?);
        if rule.is_some() && code.is_some() {
            return Err(QueryFault::Repeated("rule".to_owned()));
        }
        let refusals = Self {
            status: query.text("status")?,
            rule: rule.or(code),
            attempt_id: query.number("attempt_id")?,
            queue_id: query.queue("queue_id")?,
            cursor: query.text("cursor")?,
            limit: query.number("limit")?,
        };
        query.end()?;
        Ok(refusals)
    }
}

/// Why a refusal is settled.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// In the operator's words; kept with the decision.
    #[serde(default)]
    note: String,
}

/// Why a refused delivery is judged again, and what is put in the place of what was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// In the operator's words; kept with the decision.
    #[serde(default)]
    note: String,
    /// A corrected body: an object, or a text with the body as it should have been sent. Left out, the kept
    /// one is judged.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
    /// A corrected address. What is left out of it stays, the envelope and the sender's id among it.
    #[serde(default, deserialize_with = "object")]
    address: CorrectedAddress,
}

/// Where a delivery should have been sent to.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectedAddress {
    /// One of the eight events.
    #[serde(default)]
    event: Option<String>,
    /// One of the eight queue types, by name or by the producer's number.
    #[serde(default)]
    queue_type: Option<String>,
}

impl ReplayRequest {
    /// Every member may be left out, and the whole body with them.
    fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        object_body(body).ok_or_else(|| {
            let members = "a text \"note\", a corrected \"body\" and \"address\", all optional";
            invalid("body", &format!("it must be an object with {members}"))
        })
    }

    fn correction(&self) -> Result<Correction, Problem> {
        let body = match self.body.as_deref().map(RawValue::get) {
            Some(json) if json.starts_with('{') => Some(Bytes::copy_from_slice(json.as_bytes())),
            Some(json) => {
                let text: String = serde_json::from_str(json)
                    .map_err(|_| invalid("body", "the corrected body must be an object or a text"))?;
                Some(Bytes::from(text))
            }
            None => None,
        };
        let CorrectedAddress { event, queue_type } = &self.address;
        Ok(Correction { body, event: event.clone(), queue_type: queue_type.clone() })
    }
}

/// Refused deliveries, newest first.
#[utoipa::path(
    get, path = "/v1/refusals", tag = "refusals", params(RefusalsQuery, TimeRange),
    responses((status = 200, body = RefusalsAnswer), (status = 400, body = Problem))
)]
pub async fn list(State(api): State<Api>, mut query: QueryString) -> Result<Json<RefusalsAnswer>, Problem> {
    let range = TimeRange::read(&mut query, api.ledger.environment().now())?;
    let RefusalsQuery { status, rule, attempt_id, queue_id, cursor, limit } =
        RefusalsQuery::read(query).map_err(QueryFault::in_brief)?;
    let limit = page_limit(limit, &api.limits)?;
    let before = match &cursor {
        Some(cursor) => within_head(&api, "cursor", whole_number("cursor", cursor)?).await?,
        None => api.ledger.log().head().next(),
    };
    let question = RefusalQuestion {
        status: status.as_deref().map(read_status).transpose()?,
        rule: rule.as_deref().map(read_rule).transpose()?,
        attempt_id: attempt_id.map(AttemptId),
        queue_id,
        from: range.from,
        to: range.to,
    };
    let page = api.ask(move |questions| questions.refusals(question, before, limit))?;
    Ok(Json(RefusalsAnswer::of(&page)))
}

fn read_status(name: &str) -> Result<RefusalStatus, Problem> {
    let all = [RefusalStatus::Open, RefusalStatus::Replayed, RefusalStatus::Dismissed];
    let found = all.into_iter().find(|status| status.name() == name);
    found.ok_or_else(|| invalid("status", "it must be open, replayed or dismissed"))
}

fn read_rule(code: &str) -> Result<Rule, Problem> {
    Rule::parse(code).ok_or_else(|| invalid("rule", "it must be the code of a rule"))
}

/// One refused delivery, with its body exactly as it came.
#[utoipa::path(
    get, path = "/v1/refusals/{refusal_id}", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    responses(
        (status = 200, body = RefusalAnswer),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
    )
)]
pub async fn show(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
) -> Result<Json<RefusalAnswer>, Problem> {
    query.end().map_err(QueryFault::in_brief)?;
    let view = api.ledger.refusal(refusal_id(path)?)?;
    let view = view.ok_or_else(|| unknown("refusal", "GET /v1/refusals lists them."))?;
    Ok(Json(RefusalAnswer::of(&view)))
}

/// Judge a refused delivery again, by the rules and definitions of today.
///
/// With a corrected body or address, that is judged in its place. The event `corrects` the refusal, which
/// stays as it is but for its status. A correction that is refused is not kept. What is settled already stays
/// as it is: without a correction, or with the one that settled it, the answer says how it was settled, and
/// with another it is 409.
#[utoipa::path(
    post, path = "/v1/refusals/{refusal_id}/replay", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    request_body(content = ReplayRequest, example = json!({
        "note": "The dialer sent it to the hook of another event.",
        "address": { "queue_type": "inbound_queue", "event": "offering" }
    })),
    responses(
        (status = 200, description = "It is an event now, or was one already", body = SettledAnswer),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "Another correction of what is settled already", body = Problem),
        (status = 415, description = "The body is packed", body = Problem),
        (status = 422, description = "Still refused; it stays open", body = Problem),
    )
)]
pub async fn replay(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    body: Bytes,
) -> Result<impl IntoResponse, Problem> {
    query.end().map_err(QueryFault::in_brief)?;
    let id = refusal_id(path)?;
    let request = ReplayRequest::read(&body)?;
    let correction = request.correction()?;
    let settled = api.ledger.replay_corrected(id, &correction, &request.note, OPERATOR).await?;
    Ok(Json(SettledAnswer::of(id, &settled)))
}

/// Decide that a refused delivery stays out for good. Its body is kept.
#[utoipa::path(
    post, path = "/v1/refusals/{refusal_id}/dismiss", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    request_body(content = SettleRequest, example = json!({ "note": "A test of the dialer's." })),
    responses(
        (status = 200, body = SettledAnswer),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 415, description = "The body is packed", body = Problem),
    )
)]
pub async fn dismiss(
    State(api): State<Api>,
    path: IdPath,
    query: QueryString,
    body: Bytes,
) -> Result<impl IntoResponse, Problem> {
    query.end().map_err(QueryFault::in_brief)?;
    let id = refusal_id(path)?;
    let settled = api.ledger.dismiss(id, &read_note(&body)?, OPERATOR).await?;
    Ok(Json(SettledAnswer::of(id, &settled)))
}

/// The note may be left out, and the whole body with it.
fn read_note(body: &[u8]) -> Result<String, Problem> {
    if body.is_empty() {
        return Ok(String::new());
    }
    let request: SettleRequest = object_body(body)
        .ok_or_else(|| invalid("body", "it must be an object with an optional text \"note\""))?;
    Ok(request.note)
}
