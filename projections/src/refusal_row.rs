//! Refusals: one row for each delivery that a rule did not let in.

use attempt_ledger_domain::{AttemptId, EventKind, Position, QueueId, Rule, UnixMillis};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::table::{kept_as_name, table_row};

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

kept_as_name! {
    RefusalState, RefusalState::name;
}

table_row! {
    /// One refusal.
    pub struct RefusalRow: "refusals" {
        refusal_id: Uuid, since 1, "the key";
        position: Position, since 1, "its place in the log";
        recorded_at: UnixMillis, since 1, "when the ledger took it";
        rule: Rule, since 1, "the code of the rule";
        attempt_id: Option<AttemptId>, since 1, "the attempt, if the body names one";
        event: Option<EventKind>, since 1, "the event, if it is one of the eight";
        queue_id: Option<QueueId>, since 1, "the queue, if the body names one";
        state: RefusalState, since 1, "`open`, `replayed` or `dismissed`";
        settled_at: Option<UnixMillis>, since 1, "when that was decided";
    }
}
