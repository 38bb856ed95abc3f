//! Why a number of a history is what it is, and why it is not what it was.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::metrics::Definition;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::files::FileFormat;
use crate::http::api::answer::{
    DifferenceOfAnswer, ExplanationAnswer, FilePermits, HistoryBody, TakeRow, explanation_cells,
    explanation_table, file, tagged,
};
use crate::http::api::request::{
    Consistency, Cursor, HistoryRequest, QueryString, invalid, question_hash, within_head,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{AttemptShare, ExplanationPart, ExplanationPlace, Questions, Side};
use crate::read_store::After;

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
    let mut part = part(&request, limit);
    if let Some(text) = &request.cursor {
        part.from = place(Cursor::read(text, &key)?.after);
    }
    let question = request.question(past);
    let (explanation, reports) = api.ask(move |questions| {
        let explanation = questions.explain(&question, metric, part)?;
        let reports = questions.reports(&explanation)?;
        Ok((explanation, reports))
    })?;
    request.consistency.check(&explanation.freshness)?;
    let next = explanation.next.map(|next| Cursor { after: after(next), now: request.now }.write(&key));
    let link = next.as_deref().map(|cursor| query.link_to_next(cursor));
    let range = (request.range.from().0, request.range.to().0);
    let answer = ExplanationAnswer::of(metric, range, (explanation, reports), next);
    let freshness = answer.freshness.clone();
    let bound = (key, after(part.from), limit, question_hash(&answer.parameters));
    let answer = HistoryBody::Explanation(Box::new(answer));
    let response = tagged(headers, request.name(), &freshness, &bound, &answer);
    Ok((link.map(|link| [(header::LINK, link)]), response).into_response())
}

/// The same attempts as the rows of a file.
pub async fn explanation_as_file(
    api: &Api,
    permits: &FilePermits,
    format: FileFormat,
    request: HistoryRequest,
    metric: &'static Definition,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let question = request.question(past);
    let mut left = request.size.limit.unwrap_or(usize::MAX);
    let part = part(&request, left);
    file(
        api,
        permits,
        (request.format, format),
        explanation_table(metric, &request.parameters()),
        Box::new(move |questions: &Questions, take: TakeRow<'_>| {
            let visit = &mut |_, share: AttemptShare| {
                if left == 0 {
                    return ControlFlow::Break(());
                }
                left -= 1;
                take(&explanation_cells(&share))
            };
            questions.visit_shares(&question, metric, part, visit).map(|_| ())
        }),
    )
    .await
}

fn part(request: &HistoryRequest, limit: usize) -> ExplanationPart {
    let with_left_out = request.explain.left_out != Some(false);
    ExplanationPart { with_left_out, ..ExplanationPart::first(limit) }
}

/// What a cursor holds in place of a leg: in which part of an explanation it lies.
const LEFT_OUT: u32 = 1;

/// Before every attempt.
const BEGINNING: After = After { started_at: UnixMillis(i64::MIN), attempt_id: AttemptId(i64::MIN), leg: 0 };

fn after(place: ExplanationPlace) -> After {
    let leg = if place.side == Side::LeftOut { LEFT_OUT } else { 0 };
    After { leg, ..place.after.unwrap_or(BEGINNING) }
}

fn place(after: After) -> ExplanationPlace {
    let side = if after.leg == LEFT_OUT { Side::LeftOut } else { Side::Counted };
    let after = After { leg: 0, ..after };
    ExplanationPlace { side, after: (after != BEGINNING).then_some(after) }
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
