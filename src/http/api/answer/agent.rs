//! Who the agents are, and what each did when.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::{AgentRow, AgentStateInterval};
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::{RowColumn, duration, number, text, time};
use super::freshness::FreshnessAnswer;
use crate::files::{Cell, ColumnKind};

/// Agents that a hook named.
#[derive(Serialize, ToSchema)]
pub struct AgentsAnswer {
    /// By number.
    pub agents: Vec<AgentAnswer>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

#[doc = "One agent, under the name that the latest event tells."]
#[derive(Serialize, ToSchema)]
pub struct AgentAnswer {
    pub agent_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    #[doc = "The latest event that tells the agent's name, in milliseconds since 1970; absent when none \
             does."]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<i64>,
}

impl AgentAnswer {
    pub fn of(agent: AgentRow) -> Self {
        let AgentRow { agent_id, agent_name, last_seen_at } = agent;
        Self { agent_id: agent_id.0, agent_name, last_seen_at: Some(last_seen_at.0).filter(|at| *at != 0) }
    }
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
    /// How long the agent was busy with attempts: the union of the states whose length is known, on the wall
    /// clock.
    pub occupied_ms: u64,
    /// The most of these at once.
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
    /// `null` where an event states no time that can be true, so that an end is that of a receipt.
    pub duration_ms: Option<u64>,
    /// Whether it goes on, as far as the ledger knows.
    pub open: bool,
}

impl IntervalAnswer {
    pub fn of((state, open): (AgentStateInterval, bool)) -> Self {
        let end = end_of(&state);
        Self {
            attempt_id: state.attempt_id.0,
            leg: state.leg,
            state: state.state.name(),
            start: state.start.0,
            end: end.0,
            duration_ms: measured_ms(&state),
            open,
        }
    }
}

/// The end that a state was cut to.
fn end_of(state: &AgentStateInterval) -> UnixMillis {
    state.end.unwrap_or(state.start)
}

/// How long it took within the range, where that is known.
fn measured_ms(state: &AgentStateInterval) -> Option<u64> {
    state.is_measured.then(|| end_of(state).since(state.start))
}

/// The columns of a file of states, named as the members of an answer.
pub const INTERVAL_COLUMNS: [RowColumn<(AgentStateInterval, bool)>; 7] = [
    ("attempt_id", ColumnKind::Integer, |row| number(row.0.attempt_id.0)),
    ("leg", ColumnKind::Integer, |row| number(row.0.leg)),
    ("state", ColumnKind::Text, |row| text(row.0.state.name())),
    ("start", ColumnKind::Time, |row| time(row.0.start)),
    ("end", ColumnKind::Time, |row| time(end_of(&row.0))),
    ("duration_ms", ColumnKind::Duration, |row| duration(measured_ms(&row.0))),
    ("open", ColumnKind::Boolean, |row| Cell::Boolean(row.1)),
];
