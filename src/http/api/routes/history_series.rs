//! Histories as JSON: one series, or one for each queue.

use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, Position, QueueGroup, QueueId, UnixMillis};
use attempt_ledger_projections::calendar::Bucket;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::http::api::answer::{
    CountedBytes, FreshnessAnswer, GroupAnswer, HistoryAnswer, HistoryBody, QueueSeriesAnswer, SeriesAnswer,
    counted_json, entity_tag, unless_current,
};
use crate::http::api::request::{Cursor, HistoryRequest, QueryString, invalid, question_hash};
use crate::http::api::state::Api;
use crate::http::edge::AnswerMemory;
use crate::http::problem::Problem;
use crate::queries::{HistoriesEnd, HistoryQuestion, QueuePart};
use crate::read_store::After;

/// The values of one series.
pub fn values_of(question: &HistoryQuestion) -> usize {
    question.buckets.len().saturating_mul(question.metrics.len())
}

pub fn too_many_values(values_max: usize) -> Problem {
    invalid("metrics", &format!("the answer would hold more than {values_max} values")).with_hint(
        "Ask for fewer metrics, a shorter range or a longer interval, or for fewer queues at once with \
             `limit`.",
    )
}

/// One series.
pub fn history(
    api: &Api,
    memory: &AnswerMemory,
    headers: &HeaderMap,
    (request, past): (HistoryRequest, Option<Position>),
) -> Result<Response, Problem> {
    let question = request.question(past);
    let history = api.ask(move |questions| questions.history(&question))?;
    request.consistency.check(&history.freshness)?;
    let freshness = FreshnessAnswer::of(history.freshness.clone());
    let buckets = request.buckets.clone().into();
    let series = SeriesAnswer::of(buckets, history, request.is_queue());
    let key = (request.key(), [question_hash(&series.parameters)]);
    let tag = entity_tag(request.name(), &freshness, &key);
    let answer = history_answer(&request, Some(series), freshness);
    unless_current(headers, tag, || counted_json(memory, &HistoryBody::History(Box::new(answer))))
}

/// One history for each queue. Each is written before the next one is measured.
pub fn histories(
    api: &Api,
    memory: &AnswerMemory,
    query: &QueryString,
    headers: &HeaderMap,
    (request, past): (HistoryRequest, Option<Position>),
) -> Result<Response, Problem> {
    let question = request.question(past);
    let values_max = api.limits.history_values_max;
    let series_max = values_max / values_of(&question).max(1);
    let part = queue_part(&request)?;
    let buckets: Arc<[Bucket]> = request.buckets.clone().into();
    let mut text = CountedBytes::new(memory);
    let (mut parameters, mut fault) = (Vec::new(), None);
    let end = api.ask(|questions| {
        questions.histories(&question, part, series_max, &mut |group, history| {
            let series = SeriesAnswer::of(Arc::clone(&buckets), history, true);
            parameters.push(question_hash(&series.parameters));
            let series = QueueSeriesAnswer { queue_id: number_of(group), series };
            fault = text.write_json_of_list(&series).err();
            fault.is_none()
        })
    })?;
    if let Some(problem) = fault {
        return Err(problem);
    }
    let HistoriesEnd { next, freshness } = end.ok_or_else(|| too_many_values(values_max))?;
    request.consistency.check(&freshness)?;
    let freshness = FreshnessAnswer::of(freshness);
    let mut answer = history_answer(&request, None, freshness.clone());
    answer.next_cursor = next.map(|queue_id| {
        let after = After { started_at: UnixMillis(0), attempt_id: AttemptId(queue_id.0), leg: 0 };
        Cursor { after, now: request.now }.write(&request.key())
    });
    let link = answer.next_cursor.as_deref().map(|cursor| [(header::LINK, query.link_to_next(cursor))]);
    let tag = match part {
        QueuePart { after, limit: Some(limit) } => {
            entity_tag(request.name(), &freshness, &(request.key(), parameters, after, limit))
        }
        _ => entity_tag(request.name(), &freshness, &(request.key(), parameters)),
    };
    let response = unless_current(headers, tag, || {
        let (before, after) = around_queues(&answer)?;
        text.put_around(before, after);
        Ok(text.into_response())
    })?;
    Ok((link, response).into_response())
}

/// The text of an answer up to its list of queues, which is empty, and from there on.
fn around_queues(answer: &HistoryAnswer) -> Result<(Vec<u8>, Vec<u8>), Problem> {
    let mut before = serde_json::to_string(answer).map_err(|_| Problem::internal())?;
    // Within a value, quotes are escaped.
    let name = "\"queues\":[";
    let place = before.find(name).ok_or_else(Problem::internal)? + name.len();
    let after = before.split_off(place);
    Ok((before.into_bytes(), after.into_bytes()))
}

/// Which queues have a history each.
fn queue_part(request: &HistoryRequest) -> Result<QueuePart, Problem> {
    let after = match &request.cursor {
        Some(text) => Some(QueueId(Cursor::read(text, &request.key())?.after.attempt_id.0)),
        None => None,
    };
    Ok(QueuePart { after, limit: request.size.limit })
}

/// The answer with one series, or with a list of queues that is written apart.
fn history_answer(
    request: &HistoryRequest,
    series: Option<SeriesAnswer>,
    freshness: FreshnessAnswer,
) -> HistoryAnswer {
    let (group, agent_id) = request.ids();
    HistoryAnswer {
        queue_id: group.map(GroupAnswer::of),
        agent_id,
        from: request.range.from().0,
        to: request.range.to().0,
        interval: request.query.interval.to_string(),
        timezone: request.time_range.timezone.name(),
        attribution: request.query.attribution.name(),
        series,
        queues: request.is_grouped.then(Vec::new),
        next_cursor: None,
        freshness,
    }
}

/// A group's number; `None` for what stands in no queue.
pub fn number_of(group: QueueGroup) -> Option<i64> {
    group.queue_id().map(|queue_id| queue_id.0)
}
