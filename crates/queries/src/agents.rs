//! Agents, and the states of one agent.

use std::ops::Range;

use attempt_ledger_domain::{AgentId, Position, UnixMillis};
use attempt_ledger_projections::{AgentRow, AgentStateInterval, OfferRow};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::questions::Questions;
use super::sums::legs_of;
use attempt_ledger_read_store::{AgentFilter, OfferFilter, Projection};

/// An agent's states over a stretch of time.
#[derive(Clone, Debug)]
pub struct AgentStates {
    /// The states, by beginning, cut to the range, each with whether it goes on, as far as is known.
    pub intervals: Vec<(AgentStateInterval, bool)>,
    /// How long the agent was busy with attempts: the union of the states whose length is known, on the wall
    /// clock.
    pub occupied_ms: u64,
    /// The most attempts at once.
    pub concurrency_max: u64,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl Questions {
    /// One page of the agents that a hook named, by number.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn agents(
        &self,
        filter: &AgentFilter,
        limit: usize,
    ) -> Result<NumberedPage<AgentRow>, QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness = self.freshness(reader.as_ref(), &[Projection::Agents], None)?;
        let mut page = PageRows::new(limit);
        reader.agents(filter, &mut |agent| {
            let bytes = agent.agent_name.as_ref().map_or(0, String::len);
            page.take(agent, bytes)
        })?;
        let (rows, next) = page.finish(|agent| agent.agent_id.0);
        Ok(NumberedPage { rows, next, freshness })
    }

    /// The states of an agent within a half-open range of time, cut to it, now or as the ledger knew them.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn agent_intervals(
        &self,
        agent_id: AgentId,
        range: &Range<UnixMillis>,
        as_of: Option<Position>,
    ) -> Result<AgentStates, QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness =
            self.freshness(reader.as_ref(), &[Projection::Offers, Projection::Attempts], as_of)?;
        let filter =
            OfferFilter { agent_id: Some(agent_id), overlaps: Some(range.clone()), ..OfferFilter::default() };
        let legs = legs_of(reader.as_ref(), self.ledger.log().as_ref(), &filter, as_of)?;
        let now = match as_of {
            Some(_) => freshness.recorded_at,
            None => self.ledger.environment().now(),
        };
        let mut intervals: Vec<(AgentStateInterval, bool)> =
            legs.iter().flat_map(OfferRow::states).filter_map(|state| cut(state, range, now)).collect();
        intervals.sort_by_key(|(state, _)| (state.start, state.attempt_id, state.leg));
        let (occupied_ms, concurrency_max) = occupied(&intervals);
        Ok(AgentStates { intervals, occupied_ms, concurrency_max, freshness })
    }
}

/// A state cut to the range, and whether it goes on as far as is known; `None` when it lies outside.
fn cut(
    state: AgentStateInterval,
    range: &Range<UnixMillis>,
    now: UnixMillis,
) -> Option<(AgentStateInterval, bool)> {
    let is_open = state.end.is_none();
    let known_end = state.end.unwrap_or(now.max(state.start));
    let (start, end) = (state.start.max(range.start), known_end.min(range.end));
    let is_outside =
        state.start >= range.end || known_end < range.start || (end <= start && state.start != start);
    (!is_outside && start <= end).then_some((AgentStateInterval { start, end: Some(end), ..state }, is_open))
}

/// The union of the states whose length is known, and the most attempts at once.
fn occupied(intervals: &[(AgentStateInterval, bool)]) -> (u64, u64) {
    let mut edges: Vec<(UnixMillis, i64)> = intervals
        .iter()
        .filter(|(state, _)| state.is_measured)
        .filter_map(|(state, _)| Some((state.start, state.end?)))
        .filter(|(start, end)| end > start)
        .flat_map(|(start, end)| [(start, 1), (end, -1)])
        .collect();
    // Ends come before beginnings: what ends where the next begins is not at once.
    edges.sort_unstable();
    let (mut open, mut most, mut busy_ms, mut since) = (0_i64, 0_i64, 0_u64, UnixMillis(0));
    for (at, step) in edges {
        if open == 0 {
            since = at;
        }
        open += step;
        most = most.max(open);
        if open == 0 {
            busy_ms += at.since(since);
        }
    }
    (busy_ms, u64::try_from(most).unwrap_or_default())
}
