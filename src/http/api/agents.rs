//! Who the agents are, and what each did when.

use attempt_ledger_domain::{AgentId, UnixMillis};
use attempt_ledger_projections::{AgentRow, AgentStateInterval};
use axum::Extension;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::columns::{RowColumn, cells, duration, number, table, text, time};
use super::common::{KnownAt, Within};
use super::file_answers::{FileTurns, file};
use super::form::Form;
use super::freshness::{FreshnessAnswer, tagged};
use super::parameters::whole_number;
use crate::files::{Cell, ColumnKind, FileFormat};
use crate::http::problem::Problem;
use crate::queries::Questions;

/// Agents that a hook named.
#[derive(Serialize, ToSchema)]
pub struct AgentsAnswer {
    /// By number.
    pub agents: Vec<AgentAnswer>,
    pub freshness: FreshnessAnswer,
}

/// One agent, under the name that the latest event tells.
#[derive(Serialize, ToSchema)]
pub struct AgentAnswer {
    pub agent_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// The latest event that tells the agent's name, in milliseconds since 1970; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<i64>,
}

/// What an agent did within a range.
#[derive(Serialize, ToSchema)]
pub struct IntervalsAnswer {
    pub agent_id: i64,
    /// The range, in milliseconds since 1970; `to` does not belong to it.
    pub from: i64,
    pub to: i64,
    /// States by beginning, cut to the range. An agent can be in several attempts at once.
    pub intervals: Vec<IntervalAnswer>,
    /// How long the agent was busy with attempts: the union of the states, on the wall clock.
    pub occupied_ms: u64,
    /// The most attempts at once.
    pub concurrency_max: u64,
    pub freshness: FreshnessAnswer,
}

/// A stretch of time in which an agent was in one state in one attempt.
#[derive(Serialize, ToSchema)]
pub struct IntervalAnswer {
    pub attempt_id: i64,
    /// Which leg of the attempt.
    pub leg: u32,
    /// `ringing`, `connecting`, `talking` or `wrap_up`.
    pub state: &'static str,
    pub start: i64,
    /// Does not belong to it; of an open one, up to when it is known.
    pub end: i64,
    pub duration_ms: u64,
    /// Whether it goes on, as far as the ledger knows.
    pub open: bool,
}

/// The part of a path that names an agent.
pub type AgentPath = Result<Path<String>, PathRejection>;

/// The agent that a path names.
///
/// # Errors
/// A 400 problem that names the parameter.
pub fn agent_id(path: AgentPath) -> Result<AgentId, Problem> {
    let Path(text) = path?;
    whole_number("agent_id", &text).map(AgentId)
}

/// Every agent that a hook named, or those last seen in a range.
#[utoipa::path(
    get, path = "/v1/agents", tag = "agents",
    params(
        Within,
        ("min_position" = Option<u64>, Query,
         description = "A log position that the answer has to contain; see GET /v1/attempts"),
    ),
    responses(
        (status = 200, body = AgentsAnswer),
        (status = 304, description = "Not changed since the entity tag in If-None-Match"),
        (status = 400, body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn list(State(api): State<Api>, mut asked: Asked, headers: HeaderMap) -> Result<Response, Problem> {
    let within = Within::take(&mut asked, api.ledger.environment().now())?;
    let known_at = KnownAt { as_of: None, min_position: asked.number("min_position")? };
    asked.done()?;
    known_at.reached(&api).await?;
    let (mut agents, freshness) = ask(&api, Questions::agents).await?;
    if let Some(range) = within.open_ended() {
        agents.retain(|agent| range.contains(&agent.last_seen_at));
    }
    let answer = |AgentRow { agent_id, agent_name, last_seen_at }| AgentAnswer {
        agent_id: agent_id.0,
        agent_name,
        last_seen_at: Some(last_seen_at.0).filter(|at| *at != 0),
    };
    let freshness = FreshnessAnswer::of(freshness);
    known_at.is_in(&freshness)?;
    let answer =
        AgentsAnswer { agents: agents.into_iter().map(answer).collect(), freshness: freshness.clone() };
    Ok(tagged(&headers, "agents", &freshness, &within, &answer))
}

/// What an agent did when: every state in every attempt, and how long the agent was busy at all.
///
/// Both ends of the range are needed. There is no entity tag: open states grow with time alone.
#[utoipa::path(
    get, path = "/v1/agents/{agent_id}/intervals", tag = "agents",
    params(("agent_id" = i64, Path), Within, KnownAt, Form),
    responses(
        (status = 200, body = IntervalsAnswer),
        (status = 400, body = Problem),
        (status = 422, description = "Too much has changed since `as_of`", body = Problem),
        (status = 503, description = "The read models do not contain `min_position` yet", body = Problem),
    )
)]
pub async fn intervals(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    path: AgentPath,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let agent_id = agent_id(path)?;
    let within = Within::take(&mut asked, api.ledger.environment().now())?;
    let (known_at, form) = (KnownAt::take(&mut asked)?, Form::take(&mut asked)?);
    asked.done()?;
    let range = within.both()?;
    let (from, to) = (range.from(), range.to());
    let as_of = known_at.reached(&api).await?;
    if let Some(format) = form.format {
        return intervals_as_file(&api, &turns, (form, format), agent_id, from..to, as_of).await;
    }
    let day = ask(&api, move |questions| questions.agent_intervals(agent_id, &(from..to), as_of)).await?;
    let freshness = FreshnessAnswer::of(day.freshness);
    known_at.is_in(&freshness)?;
    let intervals = day.intervals.into_iter().map(|(state, open)| IntervalAnswer {
        attempt_id: state.attempt_id.0,
        leg: state.leg,
        state: state.state.name(),
        start: state.start.0,
        end: end_of(&state).0,
        duration_ms: end_of(&state).since(state.start),
        open,
    });
    Ok(Json(IntervalsAnswer {
        agent_id: agent_id.0,
        from: from.0,
        to: to.0,
        intervals: intervals.collect(),
        occupied_ms: day.occupied_ms,
        concurrency_max: day.concurrency_max,
        freshness,
    })
    .into_response())
}

/// The end that a state was cut to.
fn end_of(state: &AgentStateInterval) -> UnixMillis {
    state.end.unwrap_or(state.start)
}

const INTERVAL_COLUMNS: [RowColumn<(AgentStateInterval, bool)>; 7] = [
    ("attempt_id", ColumnKind::Integer, |row| number(row.0.attempt_id.0)),
    ("leg", ColumnKind::Integer, |row| number(row.0.leg)),
    ("state", ColumnKind::Text, |row| text(row.0.state.name())),
    ("start", ColumnKind::Time, |row| time(row.0.start)),
    ("end", ColumnKind::Time, |row| time(end_of(&row.0))),
    ("duration_ms", ColumnKind::Duration, |row| duration(end_of(&row.0).since(row.0.start))),
    ("open", ColumnKind::Boolean, |row| Cell::Boolean(row.1)),
];

async fn intervals_as_file(
    api: &Api,
    turns: &FileTurns,
    form: (Form, FileFormat),
    agent_id: AgentId,
    range: std::ops::Range<UnixMillis>,
    as_of: Option<attempt_ledger_domain::Position>,
) -> Result<Response, Problem> {
    file(api, turns, form, table("intervals", &INTERVAL_COLUMNS), move |questions, take| {
        let day = questions.agent_intervals(agent_id, &range, as_of)?;
        // What breaks here has no more rows.
        let _ = day.intervals.iter().try_for_each(|row| take(&cells(&INTERVAL_COLUMNS, row)));
        Ok(())
    })
    .await
}
