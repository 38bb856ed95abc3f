//! Why a number of a history is what it is, and why it is not what it was.

use attempt_ledger_domain::Position;
use attempt_ledger_projections::metrics::Definition;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::http::api::answer::{DifferenceOfAnswer, ExplanationAnswer, HistoryBody, tagged};
use crate::http::api::request::{
    Consistency, Cursor, HistoryRequest, QueryString, invalid, question_hash, within_head,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;

/// Which attempts make up a number.
pub async fn explanation(
    api: &Api,
    query: &QueryString,
    headers: &HeaderMap,
    request: HistoryRequest,
    metric: &'static Definition,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let limit = request.size.of_page(&api.limits)?;
    let key = request.key();
    let after = match &request.cursor {
        Some(text) => Some(Cursor::read(text, &key)?.after),
        None => None,
    };
    let question = request.question(past);
    let (explanation, entries) = api.ask(move |questions| {
        let explanation = questions.explain(&question, metric, after, limit)?;
        let entries = questions.entries(&explanation)?;
        Ok((explanation, entries))
    })?;
    request.consistency.check(&explanation.freshness)?;
    let next = explanation.next.map(|after| Cursor { after, now: request.now }.write(&key));
    let link = next.as_deref().map(|cursor| query.link_to_next(cursor));
    let range = (request.range.from().0, request.range.to().0);
    let answer = ExplanationAnswer::of(metric, range, (explanation, entries), next);
    let freshness = answer.freshness.clone();
    let bound = (key, after, limit, question_hash(&answer.parameters));
    let answer = HistoryBody::Explanation(Box::new(answer));
    let response = tagged(headers, request.name(), &freshness, &bound, &answer);
    Ok((link.map(|link| [(header::LINK, link)]), response).into_response())
}

/// Why a number is not what it was.
pub async fn changes(
    api: &Api,
    headers: &HeaderMap,
    request: HistoryRequest,
    metric: &'static Definition,
    (since, past): (u64, Option<Position>),
) -> Result<Response, Problem> {
    let limit = request.size.of_page(&api.limits)?;
    let since = within_head(api, "changed_since", since).await?;
    if let Some(past) = past
        && since > past
    {
        return Err(invalid("changed_since", &format!("the later position is {past}")));
    }
    // The read models have to contain the earlier position too.
    let earlier = Consistency { as_of: None, min_position: Some(since.0) };
    earlier.wait(api).await?;
    let question = request.question(past);
    let difference = api.ask(move |questions| questions.changes(&question, metric, since, limit))?;
    request.consistency.check(&difference.freshness)?;
    let range = (request.range.from().0, request.range.to().0);
    let answer = DifferenceOfAnswer::of(metric, range, since, difference);
    let freshness = answer.freshness.clone();
    let bound = (request.key(), limit, question_hash(&(&answer.parameters_before, &answer.parameters_after)));
    Ok(tagged(headers, request.name(), &freshness, &bound, &HistoryBody::Difference(Box::new(answer))))
}
