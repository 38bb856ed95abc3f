//! Histories of queues and agents: metrics bucket by bucket, why each is what it is, and why it changed.

use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueGroup, QueueId, UnixMillis};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::history_reasons::{changes, explanation, explanation_as_file};
use crate::files::FileFormat;
use crate::http::api::answer::{
    FilePermits, FreshnessAnswer, GroupAnswer, HistoryAnswer, HistoryBody, QueueSeriesAnswer, SeriesAnswer,
    TaggedPastResponses, TakeRow, file, history_cells, history_table, tagged,
};
use crate::http::api::request::{
    Consistency, Cursor, ExplainQuery, HistoryQuery, HistoryRequest, IdPath, PageSize, QueryString,
    RowFormat, TimeRange, agent_id, invalid, question_hash, queue_group,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::{Histories, HistoryQuestion, HistorySubject, Questions, QueuePart};
use crate::read_store::After;

/// A queue's history: every metric of the catalogue, bucket by bucket, with what it was computed from.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}/history", tag = "queues",
    description = "The range is widened to quarters of an hour. With `explain`, the answer is which attempts \
                   make up one metric's\nvalue over the whole range, page by page; with `changed_since` \
                   besides, why the value is not what it was there.",
    params(
        ("queue_id" = String, Path, description = "A queue's number, or `none` for what stands in no queue"),
        TimeRange, HistoryQuery, ExplainQuery, PageSize, Consistency, RowFormat,
        ("cursor" = Option<String>, Query,
         description = "With `explain`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        TaggedPastResponses,
    )
)]
pub async fn of_queue(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    path: IdPath,
    mut query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Queue(queue_group(path)?);
    let request = HistoryRequest::read(&api, &mut query, whose, false)?;
    answer(&api, &permits, &query, &headers, request).await
}

/// The history of all queues together, or with `group_by=queue` of each.
#[utoipa::path(
    get, path = "/v1/queues/history", tag = "queues",
    description = "The same as a queue's history otherwise. Each queue is judged by the thresholds that \
                   it defines. Attempts\nthat stand in no queue are a group of their own, the last, so that \
                   groups add up to the whole.",
    params(
        TimeRange, HistoryQuery, ExplainQuery, PageSize, Consistency, RowFormat,
        ("group_by" = Option<String>, Query,
         description = "`queue` gives one series for each queue, and one for what has none"),
        ("cursor" = Option<String>, Query,
         description = "With `explain` or `group_by`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        TaggedPastResponses,
    )
)]
pub async fn of_queues(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    mut query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_grouped = query.one_of("group_by", &["queue"], |name| name)?.is_some();
    let request = HistoryRequest::read(&api, &mut query, HistorySubject::Queues, is_grouped)?;
    if is_grouped && request.explain.explain.is_some() {
        return Err(invalid("group_by", "an explanation is of one number"));
    }
    answer(&api, &permits, &query, &headers, request).await
}

/// An agent's history, in all queues or in one.
///
/// The same as a queue's history otherwise, over the agent's legs.
#[utoipa::path(
    get, path = "/v1/agents/{agent_id}/history", tag = "agents",
    params(
        ("agent_id" = i64, Path), TimeRange, HistoryQuery, ExplainQuery, PageSize, Consistency, RowFormat,
        ("queue_id" = Option<String>, Query,
         description = "Only what the agent did in this queue, or with `none` in no queue"),
        ("cursor" = Option<String>, Query,
         description = "With `explain`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        TaggedPastResponses,
    )
)]
pub async fn of_agent(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    path: IdPath,
    mut query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Agent(agent_id(path)?, query.queue("queue_id")?);
    let request = HistoryRequest::read(&api, &mut query, whose, false)?;
    answer(&api, &permits, &query, &headers, request).await
}

async fn answer(
    api: &Api,
    permits: &FilePermits,
    query: &QueryString,
    headers: &HeaderMap,
    request: HistoryRequest,
) -> Result<Response, Problem> {
    let values_max = api.limits.history_values_max;
    if request.explain.explain.is_none() && values_of(&request.question(None)) > values_max {
        return Err(too_many_values(values_max));
    }
    let past = request.consistency.wait(api).await?;
    match (request.explain.explain, request.explain.changed_since) {
        (Some(metric), Some(since)) => changes(api, headers, request, metric, (since, past)).await,
        (Some(metric), None) => match request.format.format {
            Some(format) => explanation_as_file(api, permits, format, request, metric, past).await,
            None => explanation(api, query, headers, request, metric, past).await,
        },
        (None, _) => match request.format.format {
            Some(format) => history_as_file(api, permits, format, request, past).await,
            None => history(api, query, headers, request, past).await,
        },
    }
}

/// The values of one series.
fn values_of(question: &HistoryQuestion) -> usize {
    question.buckets.len().saturating_mul(question.metrics.len())
}

fn too_many_values(values_max: usize) -> Problem {
    invalid("metrics", &format!("the answer would hold more than {values_max} values")).with_hint(
        "Ask for fewer metrics, a shorter range or a longer interval, or for fewer queues at once with \
             `limit`.",
    )
}

async fn history(
    api: &Api,
    query: &QueryString,
    headers: &HeaderMap,
    request: HistoryRequest,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let question = request.question(past);
    let values_max = api.limits.history_values_max;
    let series_max = values_max / values_of(&question).max(1);
    let part = queue_part(&request)?;
    let histories = api.ask(move |questions| questions.histories(&question, part, series_max))?;
    let Histories { series, next, freshness } = histories.ok_or_else(|| too_many_values(values_max))?;
    request.consistency.check(&freshness)?;
    let freshness = FreshnessAnswer::of(freshness);
    let is_queue = request.is_queue();
    let series =
        series.into_iter().map(|(id, history)| (id, SeriesAnswer::of(&request.buckets, history, is_queue)));
    let series: Vec<_> = series.collect();
    let parameters: Vec<_> = series.iter().map(|(_, one)| question_hash(&one.parameters)).collect();
    let mut answer = history_answer(&request, series, freshness.clone());
    answer.next_cursor = next.map(|queue_id| {
        let after = After { started_at: UnixMillis(0), attempt_id: AttemptId(queue_id.0), leg: 0 };
        Cursor { after, now: request.now }.write(&request.key())
    });
    let link = answer.next_cursor.as_deref().map(|cursor| [(header::LINK, query.link_to_next(cursor))]);
    let name = request.name();
    let body = |answer| HistoryBody::History(Box::new(answer));
    let response = match part {
        Some(QueuePart { after, limit: Some(limit) }) => {
            let key = (request.key(), parameters, after, limit);
            tagged(headers, name, &freshness, &key, &body(answer))
        }
        _ => tagged(headers, name, &freshness, &(request.key(), parameters), &body(answer)),
    };
    Ok((link, response).into_response())
}

/// Which queues have a history each; `None` for one history.
fn queue_part(request: &HistoryRequest) -> Result<Option<QueuePart>, Problem> {
    if !request.is_grouped {
        return Ok(None);
    }
    let after = match &request.cursor {
        Some(text) => Some(QueueId(Cursor::read(text, &request.key())?.after.attempt_id.0)),
        None => None,
    };
    Ok(Some(QueuePart { after, limit: request.size.limit }))
}

/// A group's number; `None` for what stands in no queue.
fn number_of(group: QueueGroup) -> Option<i64> {
    group.queue_id().map(|queue_id| queue_id.0)
}

fn history_answer(
    request: &HistoryRequest,
    mut series: Vec<(Option<QueueGroup>, SeriesAnswer)>,
    freshness: FreshnessAnswer,
) -> HistoryAnswer {
    let (single, queues) = if request.is_grouped {
        let series = series
            .into_iter()
            .map(|(group, series)| QueueSeriesAnswer { queue_id: group.and_then(number_of), series });
        (None, Some(series.collect()))
    } else {
        (series.pop().map(|(_, series)| series), None)
    };
    let (group, agent_id) = request.ids();
    HistoryAnswer {
        queue_id: group.map(GroupAnswer::of),
        agent_id,
        from: request.range.from().0,
        to: request.range.to().0,
        interval: request.query.interval.to_string(),
        timezone: request.time_range.timezone.name(),
        attribution: request.query.attribution.name(),
        series: single,
        queues,
        next_cursor: None,
        freshness,
    }
}

async fn history_as_file(
    api: &Api,
    permits: &FilePermits,
    format: FileFormat,
    request: HistoryRequest,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let question = request.question(past);
    let is_grouped = request.is_grouped;
    let (whose, id) = match question.whose {
        HistorySubject::Queue(group) => ("queue_id", number_of(group)),
        HistorySubject::Queues => ("queue_id", None),
        HistorySubject::Agent(AgentId(agent_id), _) => ("agent_id", Some(agent_id)),
    };
    let table = history_table(whose, &question.metrics, &request.parameters());
    let mut left = request.size.limit.unwrap_or(usize::MAX);
    file(
        api,
        permits,
        (request.format, format),
        table,
        Box::new(move |questions: &Questions, take: TakeRow<'_>| {
            questions.visit_histories(&question, is_grouped, &mut |group, history| {
                let id = group.map_or(id, number_of);
                for (bucket, measured) in question.buckets.iter().zip(&history.buckets) {
                    if left == 0 || take(&history_cells(id, bucket, measured)).is_break() {
                        return false;
                    }
                    left -= 1;
                }
                true
            })
        }),
    )
    .await
}
