//! Histories of queues and agents: metrics bucket by bucket, why each is what it is, and why it changed.

use attempt_ledger_domain::{AgentId, Position};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::history_reasons::{changes, explanation, explanation_as_file};
use super::history_series::{histories, history, number_of, too_many_values, values_of};
use crate::files::FileFormat;
use crate::http::api::answer::{
    FilePermits, HistoryBody, TaggedPastResponses, TakeRow, file, history_cells, history_table,
};
use crate::http::api::request::{
    Consistency, ExplainQuery, HistoryQuery, HistoryRequest, IdPath, PageSize, QueryString, RowFormat,
    TimeRange, agent_id, invalid, queue_group,
};
use crate::http::api::state::Api;
use crate::http::edge::AnswerMemory;
use crate::http::problem::Problem;
use crate::queries::{HistorySubject, Questions};

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
    memory: AnswerMemory,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Queue(queue_group(path)?);
    let request = HistoryRequest::read(&api, &mut query, whose, false)?;
    answer(&api, (&permits, &memory), &query, &headers, request).await
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
    memory: AnswerMemory,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_grouped = query.one_of("group_by", &["queue"], |name| name)?.is_some();
    let request = HistoryRequest::read(&api, &mut query, HistorySubject::Queues, is_grouped)?;
    if is_grouped && request.explain.explain.is_some() {
        return Err(invalid("group_by", "an explanation is of one number"));
    }
    answer(&api, (&permits, &memory), &query, &headers, request).await
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
    memory: AnswerMemory,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Agent(agent_id(path)?, query.queue("queue_id")?);
    let request = HistoryRequest::read(&api, &mut query, whose, false)?;
    answer(&api, (&permits, &memory), &query, &headers, request).await
}

async fn answer(
    api: &Api,
    (permits, memory): (&FilePermits, &AnswerMemory),
    query: &QueryString,
    headers: &HeaderMap,
    request: HistoryRequest,
) -> Result<Response, Problem> {
    let values_max = api.limits.history_values_max;
    if request.explain.explain.is_none() && values_of(&request.question(None)) > values_max {
        return Err(too_many_values(values_max));
    }
    let past = request.consistency.wait(api).await?;
    let _turn = api.large_turn().await?;
    match (request.explain.explain, request.explain.changed_since) {
        (Some(metric), Some(since)) => changes(api, headers, request, metric, (since, past)).await,
        (Some(metric), None) => match request.format.format {
            Some(format) => explanation_as_file(api, permits, format, request, metric, past).await,
            None => explanation(api, query, headers, request, metric, past).await,
        },
        (None, _) => match request.format.format {
            Some(format) => history_as_file(api, permits, format, request, past).await,
            None if request.is_grouped => histories(api, memory, query, headers, (request, past)),
            None => history(api, memory, headers, (request, past)),
        },
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
                for (bucket, measured) in question.buckets.iter().zip(history.buckets()) {
                    if left == 0 || take(&history_cells(id, bucket, &measured)).is_break() {
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
