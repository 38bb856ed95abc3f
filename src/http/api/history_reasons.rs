//! Why a number of a history is what it is, and why it is not what it was.

use attempt_ledger_domain::Position;
use attempt_ledger_projections::metrics::Definition;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::common::KnownAt;
use super::cursor::{self, Place};
use super::explanations::{DifferenceOfAnswer, ExplanationAnswer, explain};
use super::freshness::{hash, tagged};
use super::history_answers::HistoryBody;
use super::history_request::HistoryRequest;
use super::parameters::invalid;
use crate::http::problem::Problem;

/// Which attempts make up a number.
///
/// # Errors
/// The problem that keeps it from being told.
pub async fn explanation(
    api: &Api,
    asked: &Asked,
    headers: &HeaderMap,
    request: HistoryRequest,
    metric: &'static Definition,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let limit = request.size.of_page(&api.limits)?;
    let bound = request.bound();
    let after = match &request.cursor {
        Some(text) => Some(cursor::read(text, &bound)?.after),
        None => None,
    };
    let question = request.question(past);
    let told = ask(api, move |questions| explain(questions, &question, metric, after, limit)).await?;
    let next = told.0.next.map(|after| cursor::write(Place { after, now: request.now }, &bound));
    let link = next.as_deref().map(|cursor| asked.link_to_next(cursor));
    let range = (request.range.from().0, request.range.to().0);
    let answer = ExplanationAnswer::of(metric, range, told, next);
    let freshness = answer.freshness.clone();
    request.known_at.is_in(&freshness)?;
    let bound = (bound, after, limit, hash(&answer.parameters));
    let answer = HistoryBody::Explanation(Box::new(answer));
    let response = tagged(headers, request.name(), &freshness, &bound, &answer);
    Ok((link.map(|link| [(header::LINK, link)]), response).into_response())
}

/// Why a number is not what it was.
///
/// # Errors
/// The problem that keeps it from being told.
pub async fn changes(
    api: &Api,
    headers: &HeaderMap,
    request: HistoryRequest,
    metric: &'static Definition,
    (since, past): (u64, Option<Position>),
) -> Result<Response, Problem> {
    let limit = request.size.of_page(&api.limits)?;
    let head = past.unwrap_or_else(|| api.ledger.log().head());
    if Position(since) > head {
        return Err(invalid("changed_since", &format!("the later position is {head}")));
    }
    // The read models have to contain the earlier position too.
    let earlier = KnownAt { as_of: None, min_position: Some(since) };
    earlier.reached(api).await?;
    let question = request.question(past);
    let difference =
        ask(api, move |questions| questions.changes(&question, metric, Position(since), limit)).await?;
    let range = (request.range.from().0, request.range.to().0);
    let answer = DifferenceOfAnswer::of(metric, range, Position(since), difference);
    let freshness = answer.freshness.clone();
    request.known_at.is_in(&freshness)?;
    let bound = (request.bound(), limit, hash(&(&answer.parameters_before, &answer.parameters_after)));
    Ok(tagged(headers, request.name(), &freshness, &bound, &HistoryBody::Difference(Box::new(answer))))
}
