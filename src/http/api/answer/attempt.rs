//! What happened in one attempt.

use attempt_ledger_domain::QueueType;
use attempt_ledger_domain::timeline::{AttemptState, DeliveryOutcome, EndedBy, Timeline, TimelineEntry};
use attempt_ledger_projections::fold::Rows;
use serde::Serialize;
use utoipa::ToSchema;

use super::attempt_outcome::AttemptOutcome;
use super::event::EventAnswer;
use super::lapse::LapsesAnswer;
use super::links::LinksAnswer;
use super::row::{OfferRowAnswer, RowAnswer};
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
    /// What became of it: `answered`, `abandoned` … as in lists; absent while no delivery counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    #[serde(flatten)]
    pub links: LinksAnswer,
    /// Pass it as `after` for the next part; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<usize>,
}

/// An attempt in short: its course, what lists say of it, and its legs.
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
    #[serde(flatten)]
    pub lapses: LapsesAnswer,
    /// `caller`, `agent` or `dialer`; absent when the hooks do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ended_by: Option<EndedBy>,
    /// Why the call was hung up, as last reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_cause: Option<String>,
    /// The SIP code as last reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_sip_code: Option<i64>,
    /// Offers missed because the agent did not answer.
    pub missed_by_agent: u32,
    /// Offers missed because the caller was gone.
    pub missed_by_caller: u32,
    pub offered_agents: Vec<i64>,
    pub answered_agents: Vec<i64>,
    /// How many deliveries about this attempt are refused and not collapsed into recorded ones.
    pub refused: usize,
    pub flags: Vec<String>,
    /// The agents' legs, in the order of their beginning.
    pub legs: Vec<OfferRowAnswer>,
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
    #[serde(flatten)]
    pub links: LinksAnswer,
}

impl AttemptAnswer {
    /// The short form of a timeline, with the rows that the same deliveries make.
    /// `timeline` says what there is to say about the attempt as a whole, `entries` are its deliveries.
    pub fn of(
        timeline: Timeline,
        entries: &[TimelineEntry],
        rows: Option<Rows>,
        links: LinksAnswer,
        as_of: u64,
    ) -> Self {
        let (row, legs) = rows.map(|rows| (rows.attempt, rows.offers)).unzip();
        let revisions = entries.iter().filter_map(|entry| match entry.arrival {
            DeliveryOutcome::Recorded { revision } => Some(revision.0),
            DeliveryOutcome::Refused { .. } => None,
        });
        let revision = revisions.max().unwrap_or_default();
        let recorded =
            entries.iter().filter(|entry| matches!(entry.arrival, DeliveryOutcome::Recorded { .. })).count();
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
            lapses: LapsesAnswer::of(timeline.lapses),
            ended_by: timeline.ended_by,
            call_cause: timeline.call_cause,
            call_sip_code: timeline.call_sip_code,
            missed_by_agent: timeline.missed_by_agent,
            missed_by_caller: timeline.missed_by_caller,
            offered_agents: timeline.offered_agents.iter().map(|id| id.0).collect(),
            answered_agents: timeline.answered_agents.iter().map(|id| id.0).collect(),
            refused: entries.len() - recorded + timeline.refusals_without_event,
            flags: timeline.flags,
            legs: legs.unwrap_or_default().into_iter().map(RowAnswer).collect(),
            outcome: AttemptOutcome(row),
            links,
        }
    }
}
