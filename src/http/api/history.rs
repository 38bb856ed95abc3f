//! Histories of queues and agents: metrics bucket by bucket, why each is what it is, and why it changed.

use attempt_ledger_domain::{AgentId, Position, QueueId};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Api;
use super::agents::{AgentPath, agent_id};
use super::asked::Asked;
use super::asking::ask;
use super::common::{KnownAt, PageSize, Within};
use super::file_answers::{FileTurns, file};
use super::form::Form;
use super::freshness::{FreshnessAnswer, hash, tagged};
use super::history_answers::{HistoryAnswer, HistoryBody, QueueSeriesAnswer, SeriesAnswer};
use super::history_file::{history_cells, history_table};
use super::history_query::{ExplainQuery, HistoryQuery};
use super::history_reasons::{changes, explanation};
use super::history_request::HistoryRequest;
use super::parameters::invalid;
use super::queues::{QueuePath, queue_id};
use crate::files::FileFormat;
use crate::http::problem::Problem;
use crate::queries::{HistoryQuestion, HistorySubject, QuestionError, Questions};

/// A queue's history: every metric of the catalogue, bucket by bucket, with what it was computed from.
///
/// The range is widened to quarters of an hour. With `explain`, the answer is which attempts make up one metric's
/// value over the whole range, page by page; with `changed_since` besides, why the value is not what it was there.
#[utoipa::path(
    get, path = "/v1/queues/{queue_id}/history", tag = "queues",
    params(
        ("queue_id" = i64, Path), Within, HistoryQuery, ExplainQuery, PageSize, KnownAt, Form,
        ("cursor" = Option<String>, Query, description = "With `explain`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 400, body = Problem),
        (status = 422, description = "Too much has changed since `as_of`", body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn of_queue(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    path: QueuePath,
    mut asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Queue(queue_id(path)?);
    let request = HistoryRequest::take(&api, &mut asked, whose)?;
    answer(&api, &turns, &asked, &headers, request).await
}

/// The history of all queues together, or with `group_by=queue` of each.
///
/// The same as a queue's history otherwise. Definitions of queues give no thresholds here unless grouped. Attempts
/// whose queue is not known are in the history of all queues together only.
#[utoipa::path(
    get, path = "/v1/queues/history", tag = "queues",
    params(
        Within, HistoryQuery, ExplainQuery, PageSize, KnownAt, Form,
        ("group_by" = Option<String>, Query, description = "`queue` gives one series for each queue"),
        ("cursor" = Option<String>, Query, description = "With `explain`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 400, body = Problem),
        (status = 422, description = "Too much has changed since `as_of`", body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn of_queues(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    mut asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_grouped = asked.one_of("group_by", &["queue"], |name| name)?.is_some();
    let mut request = HistoryRequest::take(&api, &mut asked, HistorySubject::Queues)?;
    if is_grouped && request.explain.explain.is_some() {
        return Err(invalid("group_by", "an explanation is of one number"));
    }
    request.is_grouped = is_grouped;
    answer(&api, &turns, &asked, &headers, request).await
}

/// An agent's history, in all queues or in one.
///
/// The same as a queue's history otherwise, over the agent's legs.
#[utoipa::path(
    get, path = "/v1/agents/{agent_id}/history", tag = "agents",
    params(
        ("agent_id" = i64, Path), Within, HistoryQuery, ExplainQuery, PageSize, KnownAt, Form,
        ("queue_id" = Option<i64>, Query, description = "Only what the agent did in this queue"),
        ("cursor" = Option<String>, Query, description = "With `explain`: from an earlier page's `next_cursor`"),
    ),
    responses(
        (status = 200, body = HistoryBody),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 400, body = Problem),
        (status = 422, description = "Too much has changed since `as_of`", body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn of_agent(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    path: AgentPath,
    mut asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let whose = HistorySubject::Agent(agent_id(path)?, asked.number("queue_id")?.map(QueueId));
    let request = HistoryRequest::take(&api, &mut asked, whose)?;
    answer(&api, &turns, &asked, &headers, request).await
}

async fn answer(
    api: &Api,
    turns: &FileTurns,
    asked: &Asked,
    headers: &HeaderMap,
    request: HistoryRequest,
) -> Result<Response, Problem> {
    let values_max = api.limits.history_values_max;
    if request.explain.explain.is_none() && values_of(&request.question(None)) > values_max {
        return Err(too_many_values(values_max));
    }
    let past = request.known_at.reached(api).await?;
    match (request.explain.explain, request.explain.changed_since) {
        (Some(metric), Some(since)) => changes(api, headers, request, metric, (since, past)).await,
        (Some(metric), None) => explanation(api, asked, headers, request, metric, past).await,
        (None, _) => match request.form.format {
            Some(format) => history_as_file(api, turns, format, request, past).await,
            None => history(api, headers, request, past).await,
        },
    }
}

/// The values of one series.
fn values_of(question: &HistoryQuestion) -> usize {
    question.buckets.len().saturating_mul(question.metrics.len())
}

fn too_many_values(values_max: usize) -> Problem {
    invalid("metrics", &format!("the answer would hold more than {values_max} values"))
        .with_hint("Ask for fewer metrics, a shorter range or a longer interval.")
}

/// The histories that a request means, one after the other.
fn each_history(
    questions: &Questions,
    question: &HistoryQuestion,
    is_grouped: bool,
    visit: &mut dyn FnMut(Option<QueueId>, crate::queries::MeasuredHistory) -> bool,
) -> Result<(), QuestionError> {
    if !is_grouped {
        visit(None, questions.history(question)?);
        return Ok(());
    }
    for queue_id in questions.queue_ids()?.0 {
        let question = HistoryQuestion { whose: HistorySubject::Queue(queue_id), ..question.clone() };
        if !visit(Some(queue_id), questions.history(&question)?) {
            break;
        }
    }
    Ok(())
}

async fn history(
    api: &Api,
    headers: &HeaderMap,
    request: HistoryRequest,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let question = request.question(past);
    let (is_grouped, is_queue) = (request.is_grouped, request.is_queue());
    let values_max = api.limits.history_values_max;
    let values_each = values_of(&question);
    let (series, freshness, too_many) = ask(api, move |questions| {
        let (mut series, mut oldest, mut too_many) = (Vec::new(), None::<FreshnessAnswer>, false);
        each_history(questions, &question, is_grouped, &mut |queue_id, history| {
            too_many = values_each.saturating_mul(series.len() + 1) > values_max;
            let freshness = FreshnessAnswer::of(history.freshness.clone());
            if oldest.as_ref().is_none_or(|oldest| freshness.position < oldest.position) {
                oldest = Some(freshness);
            }
            series.push((queue_id, SeriesAnswer::of(&question.buckets, history, is_queue)));
            !too_many
        })?;
        let freshness = match oldest {
            Some(freshness) => freshness,
            // No queue was heard of yet.
            None => FreshnessAnswer::of(questions.history(&question)?.freshness),
        };
        Ok((series, freshness, too_many))
    })
    .await?;
    if too_many {
        return Err(too_many_values(values_max));
    }
    request.known_at.is_in(&freshness)?;
    let parameters: Vec<_> = series.iter().map(|(_, one)| hash(&one.parameters)).collect();
    let answer = history_answer(&request, series, freshness.clone());
    let bound = (request.bound(), parameters);
    Ok(tagged(headers, request.name(), &freshness, &bound, &HistoryBody::History(Box::new(answer))))
}

fn history_answer(
    request: &HistoryRequest,
    mut series: Vec<(Option<QueueId>, SeriesAnswer)>,
    freshness: FreshnessAnswer,
) -> HistoryAnswer {
    let (single, queues) = if request.is_grouped {
        let series = series
            .into_iter()
            .filter_map(|(queue_id, series)| Some(QueueSeriesAnswer { queue_id: queue_id?.0, series }));
        (None, Some(series.collect()))
    } else {
        (series.pop().map(|(_, series)| series), None)
    };
    let (queue_id, agent_id) = request.ids();
    HistoryAnswer {
        queue_id,
        agent_id,
        from: request.range.from().0,
        to: request.range.to().0,
        interval: request.query.interval.to_string(),
        timezone: request.within.timezone.name(),
        attribution: request.query.attribution.name(),
        series: single,
        queues,
        freshness,
    }
}

async fn history_as_file(
    api: &Api,
    turns: &FileTurns,
    format: FileFormat,
    request: HistoryRequest,
    past: Option<Position>,
) -> Result<Response, Problem> {
    let question = request.question(past);
    let is_grouped = request.is_grouped;
    let (whose, id) = match question.whose {
        HistorySubject::Queue(QueueId(queue_id)) => ("queue_id", Some(queue_id)),
        HistorySubject::Queues => ("queue_id", None),
        HistorySubject::Agent(AgentId(agent_id), _) => ("agent_id", Some(agent_id)),
    };
    let table = history_table(whose, &question.metrics, &request.parameters());
    let mut left = request.size.limit.unwrap_or(usize::MAX);
    file(api, turns, (request.form, format), table, move |questions, take| {
        each_history(questions, &question, is_grouped, &mut |queue_id, history| {
            let id = queue_id.map(|queue_id| queue_id.0).or(id);
            for (bucket, measured) in question.buckets.iter().zip(&history.buckets) {
                if left == 0 || take(&history_cells(id, bucket, measured)).is_break() {
                    return false;
                }
                left -= 1;
            }
            true
        })
    })
    .await
}
