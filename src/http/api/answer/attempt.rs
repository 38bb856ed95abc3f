//! What happened in one attempt.

use attempt_ledger_domain::QueueType;
use attempt_ledger_domain::timeline::{AttemptState, DeliveryOutcome, Timeline};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::EventAnswer;
use super::links::LinksAnswer;
use super::timeline_schema::TimelineSchema;

/// Everything recorded about an attempt.
#[derive(Serialize, ToSchema)]
pub struct AttemptEventsAnswer {
    pub attempt_id: i64,
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    /// Events, refused siblings and decisions, in the order of the log.
    pub events: Vec<EventAnswer>,
    /// Pass it as `after` for the next part; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<u64>,
}

/// The story of an attempt.
#[derive(Serialize, ToSchema)]
pub struct TimelineAnswer {
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    /// Durations, lanes with phases, and every delivery in time order.
    #[serde(flatten)]
    #[schema(value_type = TimelineSchema)]
    pub timeline: Timeline,
    #[serde(flatten)]
    pub links: LinksAnswer,
    /// Pass it as `after` for the next part; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<usize>,
}

/// An attempt in short.
#[derive(Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// The log position up to which the answer speaks.
    pub as_of: u64,
    pub attempt_id: i64,
    /// The number of recorded events.
    pub revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// `waiting`, `ringing`, `answered`, `talking`, `wrap_up`, `left` or `unknown`.
    #[schema(value_type = String)]
    pub state: AttemptState,
    /// The result stated at Leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// How many offers were missed.
    pub missed: u32,
    pub offered_agents: Vec<i64>,
    pub answered_agents: Vec<i64>,
    /// How many deliveries about this attempt are refused and not collapsed into recorded ones.
    pub refused: usize,
    pub flags: Vec<String>,
    #[serde(flatten)]
    pub links: LinksAnswer,
}

impl AttemptAnswer {
    /// The short form of a timeline.
    pub fn of(timeline: Timeline, links: LinksAnswer, as_of: u64) -> Self {
        let revisions = timeline.entries.iter().filter_map(|entry| match entry.arrival {
            DeliveryOutcome::Recorded { revision } => Some(revision.0),
            DeliveryOutcome::Refused { .. } => None,
        });
        let revision = revisions.max().unwrap_or_default();
        let recorded = timeline
            .entries
            .iter()
            .filter(|entry| matches!(entry.arrival, DeliveryOutcome::Recorded { .. }))
            .count();
        Self {
            as_of,
            attempt_id: timeline.attempt_id.0,
            revision,
            queue_type: timeline.queue_type.map(QueueType::name),
            queue_id: timeline.queue_id.map(|id| id.0),
            channel: timeline.channel,
            state: timeline.state,
            result: timeline.result,
            joined_at: timeline.joined_at.map(|at| at.0),
            bridged_at: timeline.bridged_at.map(|at| at.0),
            left_at: timeline.left_at.map(|at| at.0),
            wait_ms: timeline.wait_ms,
            talk_ms: timeline.talk_ms,
            wrap_ms: timeline.wrap_ms,
            missed: timeline.missed,
            offered_agents: timeline.offered_agents.iter().map(|id| id.0).collect(),
            answered_agents: timeline.answered_agents.iter().map(|id| id.0).collect(),
            refused: timeline.entries.len() - recorded,
            flags: timeline.flags,
            links,
        }
    }
}
