//! Refusals: one row for each delivery that a rule did not let in.

use attempt_ledger_domain::{AttemptId, EventKind, Position, QueueId, Rule, UnixMillis};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was decided about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalState {
    /// Nothing yet.
    Open,
    /// It was judged again, and is recorded now.
    Replayed,
    /// It stays out for good.
    Dismissed,
}

impl RefusalState {
    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Dismissed => "dismissed",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Replayed, Self::Dismissed].into_iter().find(|state| state.name() == text)
    }
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRow {
    /// The refusal.
    pub refusal_id: Uuid,
    /// Its place in the log.
    pub position: Position,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// The rule that refused.
    pub rule: Rule,
    /// The attempt, if the body names one.
    pub attempt_id: Option<AttemptId>,
    /// The event, if it is one of the eight.
    pub event: Option<EventKind>,
    /// The queue, if the body names one.
    pub queue_id: Option<QueueId>,
    /// What was decided.
    pub state: RefusalState,
    /// When.
    pub settled_at: Option<UnixMillis>,
}
