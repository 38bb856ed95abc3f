//! What happened in an attempt, told from everything that was delivered about it.
//!
//! A timeline is a function of the *set* of deliveries. Which of two contradicting deliveries was recorded and
//! which refused depends on the order of their arrival; the timeline does not: it takes the longest legal run
//! hidden in the set (see [`crate::lifecycle::longest_run`]) and shows the others beside it, set aside by rule.

mod build;
mod details;
mod flags;
mod gaps;
mod instants;
mod phases;
mod standing;
mod told;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use build::build;
pub use details::Details;
pub use flags::{LATE_AFTER_MS, payload_flags};
pub use gaps::{bridged_without_offering, missed_without_offering};
pub use instants::{Bound, Instants};
pub use standing::RunSelection;
pub use told::RunStep;

use crate::delivery::TimeSource;
use crate::{
    AgentId, AttemptId, ContentHash, EventKind, Position, QueueId, QueueType, Revision, Rule, SenderId,
    UnixMillis,
};

/// What became of a delivery when it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The guard accepted it.
    Recorded {
        /// Its place in the attempt.
        revision: Revision,
    },
    /// A rule refused it, and it is kept.
    Refused {
        /// The rule.
        rule: Rule,
        /// Whether an operator decided that it stays out for good.
        dismissed: bool,
    },
}

/// One delivery about the attempt, as it lies in the log.
#[derive(Clone, Debug)]
pub struct LoggedDelivery {
    /// The record's id; for refusals, the refusal's id.
    pub id: Uuid,
    /// The record's place in the log.
    pub position: Position,
    /// What became of it.
    pub arrival: DeliveryOutcome,
    /// Which event it is.
    pub event: EventKind,
    /// The queue type that it states or was judged under.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whose clock says so.
    pub time_source: TimeSource,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What it says, as a hash.
    pub content: ContentHash,
    /// The sender's own id for it.
    pub sender_id: Option<SenderId>,
    /// What it says, as far as timelines use it.
    pub details: Details,
    /// What is odd about it by itself: `late`, `clock_implausible`, `unparsable:…`, `shadowed:…`.
    pub flags: Vec<String>,
}

impl LoggedDelivery {
    /// Whether an operator decided that it stays out for good.
    #[must_use]
    pub const fn is_dismissed(&self) -> bool {
        matches!(self.arrival, DeliveryOutcome::Refused { dismissed: true, .. })
    }
}

impl RunStep for LoggedDelivery {
    fn event(&self) -> EventKind {
        self.event
    }

    fn occurred_at(&self) -> UnixMillis {
        self.occurred_at
    }

    fn recorded_at(&self) -> UnixMillis {
        self.recorded_at
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.details.agent_id
    }

    fn joined_at(&self) -> Option<UnixMillis> {
        self.details.joined_at
    }

    fn bridged_at(&self) -> Option<UnixMillis> {
        self.details.bridged_at
    }
}

/// How sure the bounds of a phase are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Both bounds are events.
    Observed,
    /// A bound was concluded from another event.
    Inferred,
    /// Not ended yet, as far as the ledger knows.
    Open,
    /// Another delivery says otherwise.
    Contradicted,
}

/// What goes on in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Waiting: the subscriber for an agent, or an agent who answered for the member.
    Wait,
    /// An offer rings.
    Ring,
    /// Connected. Hold is not among the eight events, so talk includes it.
    Talk,
    /// After-call work.
    Wrap,
}

/// A stretch of time in one lane; the end is exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// What goes on.
    pub kind: PhaseKind,
    /// When it begins.
    pub start: UnixMillis,
    /// When it ends; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<UnixMillis>,
    /// Its length; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How sure its bounds are.
    pub certainty: Certainty,
    /// What began it.
    pub started_by: String,
    /// What ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

/// Whose lane it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "lane", rename_all = "snake_case")]
pub enum LaneOwner {
    /// The caller or member.
    Subscriber,
    /// The queue: time in which nobody is being offered the attempt.
    Queue,
    /// One agent.
    Agent {
        /// The agent's number; absent when the hooks do not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<AgentId>,
        /// The agent's name as last reported.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_name: Option<String>,
    },
}

/// One lane of the swimlane picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Whose.
    #[serde(flatten)]
    pub owner: LaneOwner,
    /// Its phases in time order.
    pub phases: Vec<Phase>,
}

/// One delivery in its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The record's id; for refusals, the refusal's id.
    pub id: Uuid,
    /// The record's place in the log.
    pub position: Position,
    /// The event.
    pub event: EventKind,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What became of it on arrival.
    #[serde(flatten)]
    pub arrival: DeliveryOutcome,
    /// Whether it is part of the run that the timeline tells.
    pub counted: bool,
    /// The rule that sets it aside, when it is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside_by: Option<Rule>,
    /// The agent that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The result that it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc_result: Option<String>,
    /// What is odd about it.
    pub flags: Vec<String>,
}

/// Where the attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Nothing is known to have happened.
    Unknown,
    /// In the queue, offered to nobody.
    Waiting,
    /// An offer rings.
    Ringing,
    /// An agent answered and waits for the member.
    Answered,
    /// Connected.
    Talking,
    /// The agent is in after-call work.
    WrapUp,
    /// Left the queue.
    Left,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Waiting,
        Self::Ringing,
        Self::Answered,
        Self::Talking,
        Self::WrapUp,
        Self::Left,
    ];

    /// The state after the last event of a run, given whether an offer rings.
    #[must_use]
    pub const fn of(last: Option<EventKind>, ringing: bool) -> Self {
        match last {
            None => Self::Unknown,
            Some(EventKind::Leaving) => Self::Left,
            Some(EventKind::Processing) => Self::WrapUp,
            Some(EventKind::Bridged) => Self::Talking,
            Some(EventKind::Answered | EventKind::Active) => Self::Answered,
            Some(EventKind::Joined | EventKind::Offering | EventKind::Missed) if ringing => Self::Ringing,
            Some(EventKind::Joined | EventKind::Offering | EventKind::Missed) => Self::Waiting,
        }
    }

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Talking => "talking",
            Self::WrapUp => "wrap_up",
            Self::Left => "left",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}

/// The whole story of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// The type of its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<QueueType>,
    /// Its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<QueueId>,
    /// Its channel: `call`, `chat`, `task`, `im` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// The result stated at Leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// When the subscriber joined: by event, else as carried by later events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<UnixMillis>,
    /// When agent and subscriber were first connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<UnixMillis>,
    /// When the subscriber left the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<UnixMillis>,
    /// From joining to the first talk, else to leaving; absent when not known or not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// From the first talk to after-call work, else to leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    /// From the start of after-call work to leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// How many offers were missed.
    pub missed: u32,
    /// Who was offered the attempt, in order, each once.
    pub offered_agents: Vec<AgentId>,
    /// Who was connected, in order, each once.
    pub answered_agents: Vec<AgentId>,
    /// What is missing or contradictory: gaps, `conflict`, `channel_ids_contradict` …
    pub flags: Vec<String>,
    /// Subscriber, queue, then each agent in order of appearance.
    pub lanes: Vec<Lane>,
    /// Every delivery, in time order.
    pub entries: Vec<TimelineEntry>,
}
