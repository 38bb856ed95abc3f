//! Who the agents are, and what each did when.

use attempt_ledger_domain::{AgentId, Position, UnixMillis};
use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::files::FileFormat;
use crate::http::api::answer::{
    AgentAnswer, AgentsAnswer, FilePermits, FreshnessAnswer, INTERVAL_COLUMNS, IntervalAnswer,
    IntervalsAnswer, PastResponses, TaggedPresentResponses, TakeRow, cells, file, table, tagged,
};
use crate::http::api::request::{
    Consistency, IdPath, NumberedPart, QueryString, RowFormat, TimeRange, agent_id,
};
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::queries::Questions;
use crate::read_store::AgentFilter;

/// Every agent that a hook named, or those last seen in a range, by number and page by page.
#[utoipa::path(
    get, path = "/v1/agents", tag = "agents",
    params(
        TimeRange, NumberedPart,
        ("min_position" = Option<u64>, Query,
         description = "A log position that the answer has to contain; see GET /v1/attempts"),
    ),
    responses(
        (status = 200, body = AgentsAnswer),
        TaggedPresentResponses,
    )
)]
pub async fn list(
    State(api): State<Api>,
    mut query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let time_range = TimeRange::read(&mut query, api.ledger.environment().now())?;
    let part = NumberedPart::read(&mut query)?;
    let consistency = Consistency::read_min_position(&mut query)?;
    query.end()?;
    consistency.wait(&api).await?;
    let limit = part.limit()?;
    let filter = AgentFilter { seen_in: time_range.open_ended(), after: part.cursor.map(AgentId) };
    let page = api.ask(move |questions| questions.agents(&filter, limit))?;
    consistency.check(&page.freshness)?;
    let freshness = FreshnessAnswer::of(page.freshness);
    let agents = page.rows.into_iter().map(AgentAnswer::of).collect();
    let next_cursor = page.next.map(|number| number.to_string());
    let link = next_cursor.as_deref().map(|cursor| [(header::LINK, query.link_to_next(cursor))]);
    let answer = AgentsAnswer { agents, next_cursor, freshness: freshness.clone() };
    let response = match part.cursor {
        None if part.limit.is_none() => tagged(&headers, "agents", &freshness, &time_range, &answer),
        cursor => tagged(&headers, "agents", &freshness, &(time_range, cursor, limit), &answer),
    };
    Ok((link, response).into_response())
}

/// What an agent did when: every state in every attempt, and how long the agent was busy at all.
///
/// Both ends of the range are needed. There is no entity tag: open states grow with time alone.
#[utoipa::path(
    get, path = "/v1/agents/{agent_id}/intervals", tag = "agents",
    params(("agent_id" = i64, Path), TimeRange, Consistency, RowFormat),
    responses(
        (status = 200, body = IntervalsAnswer),
        PastResponses,
    )
)]
pub async fn intervals(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    path: IdPath,
    mut query: QueryString,
) -> Result<Response, Problem> {
    let agent_id = agent_id(path)?;
    let time_range = TimeRange::read(&mut query, api.ledger.environment().now())?;
    let (consistency, format) = (Consistency::read(&mut query)?, RowFormat::read(&mut query)?);
    query.end()?;
    let range = time_range.bounded()?;
    let (from, to) = (range.from(), range.to());
    let as_of = consistency.wait(&api).await?;
    if let Some(file_format) = format.format {
        return intervals_as_file(&api, &permits, (format, file_format), agent_id, from..to, as_of).await;
    }
    let day = api.ask(move |questions| questions.agent_intervals(agent_id, &(from..to), as_of))?;
    consistency.check(&day.freshness)?;
    let intervals = day.intervals.into_iter().map(IntervalAnswer::of);
    Ok(Json(IntervalsAnswer {
        agent_id: agent_id.0,
        from: from.0,
        to: to.0,
        intervals: intervals.collect(),
        occupied_ms: day.occupied_ms,
        concurrency_max: day.concurrency_max,
        freshness: FreshnessAnswer::of(day.freshness),
    })
    .into_response())
}

async fn intervals_as_file(
    api: &Api,
    permits: &FilePermits,
    format: (RowFormat, FileFormat),
    agent_id: AgentId,
    range: std::ops::Range<UnixMillis>,
    as_of: Option<Position>,
) -> Result<Response, Problem> {
    file(
        api,
        permits,
        format,
        table("intervals", &INTERVAL_COLUMNS),
        Box::new(move |questions: &Questions, take: TakeRow<'_>| {
            let day = questions.agent_intervals(agent_id, &range, as_of)?;
            // What breaks here has no more rows.
            let _ = day.intervals.iter().try_for_each(|row| take(&cells(&INTERVAL_COLUMNS, row)));
            Ok(())
        }),
    )
    .await
}
