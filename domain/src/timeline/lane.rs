//! Lanes of phases: the picture of a timeline.

use serde::{Deserialize, Serialize};

use crate::{AgentId, UnixMillis};

/// How sure the bounds of a phase are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Both bounds are events.
    Observed,
    /// A bound was concluded from another event, or is the time of a receipt; without an end it goes on.
    Inferred,
    /// Not ended yet, as far as the ledger knows; its beginning is an event.
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
        /// The agent's number; absent when no hook reports it.
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

impl Lane {
    /// Whether the lane is drawn: the subscriber's and the queue's always are, an agent's only when something
    /// happened in it.
    pub(super) fn is_drawn(&self) -> bool {
        Self::is_drawn_with(&self.owner, &self.phases)
    }

    /// The same with these of its phases.
    pub(super) fn is_drawn_with(owner: &LaneOwner, phases: &[Phase]) -> bool {
        !matches!(owner, LaneOwner::Agent { .. }) || !phases.is_empty()
    }
}
