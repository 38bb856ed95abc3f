//! The read models by name, and where each of them stands.

use std::fmt;

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::table::newest_column;
use attempt_ledger_projections::{AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The read models, each with tables and a checkpoint of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// One row for each attempt: table `attempts`.
    Attempts,
    /// One row for each agent's leg: table `offers`; agent state intervals are a view over it.
    Offers,
    /// Sums by queue and quarter of an hour: tables `queue_history`, `queue_history_values`,
    /// `queue_history_mix`.
    QueueHistory,
    /// Sums by agent, queue and quarter of an hour: table `agent_history`.
    AgentHistory,
    /// Agents and their names: table `agents`.
    Agents,
    /// Queue definitions in force: table `queues`.
    Queues,
    /// Refusals and what was decided about them: table `refusals`.
    Refusals,
    /// Attempts by the ids that their deliveries name: table `links`.
    Links,
    /// What arrives for each queue: table `hooks`.
    Hooks,
}

/// How often the fold of attempts has changed without a new column.
const ATTEMPT_FOLD_CHANGES: u32 = 7;

/// The same for the fold of agents.
const AGENT_FOLD_CHANGES: u32 = 1;

impl Projection {
    /// Every projection.
    pub const ALL: [Self; 9] = [
        Self::Attempts,
        Self::Offers,
        Self::QueueHistory,
        Self::AgentHistory,
        Self::Agents,
        Self::Queues,
        Self::Refusals,
        Self::Links,
        Self::Hooks,
    ];

    /// The name in URLs, on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Offers => "offers",
            Self::QueueHistory => "queue_history",
            Self::AgentHistory => "agent_history",
            Self::Agents => "agents",
            Self::Queues => "queues",
            Self::Refusals => "refusals",
            Self::Links => "links",
            Self::Hooks => "hooks",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == text)
    }

    /// Whether its rows are folded from whole attempts; others take each record by itself.
    #[must_use]
    pub const fn folds_attempts(self) -> bool {
        matches!(self, Self::Attempts | Self::Offers | Self::QueueHistory | Self::AgentHistory)
    }

    /// The version of the fold. A store that was filled by another one is rebuilt at start.
    ///
    /// A table that gains a column is folded again; whatever else changes a fold adds one here.
    #[must_use]
    pub const fn version(self) -> u32 {
        match self {
            Self::Attempts => newest_column::<AttemptRow>() + ATTEMPT_FOLD_CHANGES,
            Self::Offers => newest_column::<OfferRow>() + ATTEMPT_FOLD_CHANGES,
            Self::Agents => newest_column::<AgentRow>() + AGENT_FOLD_CHANGES,
            Self::Queues => newest_column::<QueueRow>(),
            Self::Refusals => newest_column::<RefusalRow>(),
            Self::Links => newest_column::<LinkRow>(),
            Self::Hooks => newest_column::<HookRow>(),
            Self::QueueHistory | Self::AgentHistory => 1 + ATTEMPT_FOLD_CHANGES,
        }
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How far a read model has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The log position of the last record that it contains.
    pub position: Position,
    /// When the ledger took that record.
    pub recorded_at: UnixMillis,
}

/// The event that stopped a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The record's place in the log.
    pub position: Position,
    /// The record.
    pub record_id: Uuid,
    /// What went wrong.
    pub reason: String,
}

/// A runaway attempt that a projection has passed without folding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfoldedAttempt {
    /// The projection.
    pub projection: Projection,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Up to where its rows are folded.
    pub folded: Position,
    /// The last record about it that the projection has passed.
    pub last: Position,
}

/// Where a projection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionStatus {
    /// Which.
    pub projection: Projection,
    /// The version of the fold that filled it.
    pub version: u32,
    /// How far it has come.
    pub checkpoint: Checkpoint,
    /// Why it stopped; `None` while it goes on.
    pub failure: Option<Failure>,
}
