//! Refused deliveries: list, look, replay, dismiss.

use std::borrow::Cow;

use attempt_ledger_domain::{Position, Rule};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Api;
use super::answers::{ReceiptAnswer, RefusalAnswer, RefusalsAnswer, SettledAnswer};
use super::faults::unknown;
use super::parameters::{invalid, page_limit, whole_number};
use crate::http::problem::Problem;
use crate::ledger::{Receipt, RefusalStatus, RefusalView, Settlement};
use attempt_ledger_system::task::finished;

/// Refusals that one request looks at before it answers with what it found and a cursor.
const SCANNED_MAX: usize = 10_000;
/// Who settles a refusal when no credential says so.
const OPERATOR: &str = "http";

/// Which refusals to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RefusalsQuery {
    /// `open`, `replayed` or `dismissed`.
    status: Option<String>,
    /// A rule's code.
    code: Option<String>,
    /// Only refusals that name this attempt.
    attempt_id: Option<i64>,
    /// Only refusals that name this queue.
    queue_id: Option<i64>,
    /// From an earlier page's `next_cursor`.
    cursor: Option<String>,
    /// The most refusals of the page.
    limit: Option<usize>,
}

/// Why a refusal is settled.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// In the operator's words; kept with the decision.
    #[serde(default)]
    note: String,
}

struct Filter {
    status: Option<String>,
    code: Option<Rule>,
    attempt_id: Option<i64>,
    queue_id: Option<i64>,
}

impl Filter {
    fn admits(&self, view: &RefusalView) -> bool {
        self.status.as_deref().is_none_or(|status| status == view.status.name())
            && self.code.is_none_or(|code| code == view.rule)
            && self.attempt_id.is_none_or(|id| view.attempt_id.is_some_and(|own| own.0 == id))
            && self.queue_id.is_none_or(|id| view.queue_id.is_some_and(|own| own.0 == id))
    }
}

/// Refused deliveries, newest first.
#[utoipa::path(
    get, path = "/v1/refusals", tag = "refusals", params(RefusalsQuery),
    responses((status = 200, body = RefusalsAnswer), (status = 400, body = Problem))
)]
pub async fn list(
    State(api): State<Api>,
    query: Result<Query<RefusalsQuery>, QueryRejection>,
) -> Result<Json<RefusalsAnswer>, Problem> {
    let Query(query) = query?;
    let limit = page_limit(query.limit, &api.limits)?;
    let before = match &query.cursor {
        Some(cursor) => Position(whole_number("cursor", cursor)?),
        None => api.ledger.log().head().next(),
    };
    let filter = read_filter(query)?;
    let ledger = api.ledger.clone();
    let search = move || {
        let (mut found, mut before, mut scanned) = (Vec::new(), before, 0);
        while scanned < SCANNED_MAX {
            let views = ledger.refusals(before, limit)?;
            let at_the_end = views.len() < limit;
            for view in views {
                before = view.position;
                scanned += 1;
                if filter.admits(&view) {
                    found.push(RefusalAnswer::of(&view));
                    if found.len() == limit {
                        return Ok((found, Some(before)));
                    }
                }
            }
            if at_the_end {
                return Ok((found, None));
            }
        }
        Ok((found, Some(before)))
    };
    let answer: Result<_, crate::ledger::LedgerError> = finished(tokio::task::spawn_blocking(search).await);
    let (refusals, next) = answer?;
    let next_cursor = next.map(|position| Cow::Owned(position.to_string()));
    Ok(Json(RefusalsAnswer { refusals, next_cursor }))
}

fn read_filter(query: RefusalsQuery) -> Result<Filter, Problem> {
    let known = ["open", "replayed", "dismissed"];
    if query.status.as_deref().is_some_and(|status| !known.contains(&status)) {
        return Err(invalid("status", "it must be open, replayed or dismissed"));
    }
    let code = query
        .code
        .map(|code| Rule::parse(&code).ok_or_else(|| invalid("code", "it must be the code of a rule")));
    Ok(Filter {
        status: query.status,
        code: code.transpose()?,
        attempt_id: query.attempt_id,
        queue_id: query.queue_id,
    })
}

type RefusalPath = Result<Path<String>, PathRejection>;

fn refusal_id(path: RefusalPath) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    Uuid::parse_str(&text).map_err(|_| invalid("refusal_id", "it must be a UUID"))
}

/// One refused delivery, with its body exactly as it came.
#[utoipa::path(
    get, path = "/v1/refusals/{refusal_id}", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    responses((status = 200, body = RefusalAnswer), (status = 404, body = Problem))
)]
pub async fn show(State(api): State<Api>, path: RefusalPath) -> Result<Json<RefusalAnswer>, Problem> {
    let view = api.ledger.refusal(refusal_id(path)?)?;
    let view = view.ok_or_else(|| unknown("refusal", "GET /v1/refusals lists them."))?;
    Ok(Json(RefusalAnswer::of(&view)))
}

/// Judge a refused delivery again, by the rules and definitions of today.
#[utoipa::path(
    post, path = "/v1/refusals/{refusal_id}/replay", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    request_body(content = SettleRequest),
    responses(
        (status = 200, description = "It is an event now, or was one already", body = SettledAnswer),
        (status = 404, body = Problem),
        (status = 422, description = "Still refused; it stays open", body = Problem),
    )
)]
pub async fn replay(
    State(api): State<Api>,
    path: RefusalPath,
    body: Bytes,
) -> Result<impl IntoResponse, Problem> {
    let id = refusal_id(path)?;
    let settled = api.ledger.replay(id, &read_note(&body)?, OPERATOR).await?;
    Ok(Json(settled_answer(id, &settled)))
}

/// Decide that a refused delivery stays out for good. Its body is kept.
#[utoipa::path(
    post, path = "/v1/refusals/{refusal_id}/dismiss", tag = "refusals", params(("refusal_id" = Uuid, Path)),
    request_body(content = SettleRequest),
    responses((status = 200, body = SettledAnswer), (status = 404, body = Problem))
)]
pub async fn dismiss(
    State(api): State<Api>,
    path: RefusalPath,
    body: Bytes,
) -> Result<impl IntoResponse, Problem> {
    let id = refusal_id(path)?;
    let settled = api.ledger.dismiss(id, &read_note(&body)?, OPERATOR).await?;
    Ok(Json(settled_answer(id, &settled)))
}

/// The note may be left out, and the whole body with it.
fn read_note(body: &[u8]) -> Result<String, Problem> {
    if body.is_empty() {
        return Ok(String::new());
    }
    let request: SettleRequest = serde_json::from_slice(body)
        .map_err(|_| invalid("body", "it must be an object with an optional text \"note\""))?;
    Ok(request.note)
}

fn settled_answer(refusal_id: Uuid, settlement: &Settlement) -> SettledAnswer {
    let (status, event) = match settlement {
        Settlement::Replayed(location) => {
            (RefusalStatus::Replayed, Some(ReceiptAnswer::of(&Receipt::Recorded(*location))))
        }
        Settlement::Dismissed => (RefusalStatus::Dismissed, None),
        Settlement::Already(status) => (*status, None),
    };
    SettledAnswer { refusal_id, status: status.name(), event }
}
