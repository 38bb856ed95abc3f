//! Base intervals: quarters of an hour of UTC, by whose history they belong to.

use attempt_ledger_domain::{AgentId, QueueId, UnixMillis};
use serde::{Deserialize, Serialize};

use super::attribution::Attribution;

/// The length of a base interval.
pub const INTERVAL_MS: i64 = 15 * 60 * 1_000;

/// The beginning of the base interval that an instant lies in.
#[must_use]
pub const fn interval_of(at: UnixMillis) -> UnixMillis {
    UnixMillis(at.0 - at.0.rem_euclid(INTERVAL_MS))
}

/// Whose history a contribution belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A queue's; `None` gathers attempts whose queue is not known.
    Queue(Option<QueueId>),
    /// An agent's, in one queue.
    Agent(AgentId, Option<QueueId>),
}

impl Scope {
    /// The queue.
    #[must_use]
    pub const fn queue_id(self) -> Option<QueueId> {
        match self {
            Self::Queue(queue_id) | Self::Agent(_, queue_id) => queue_id,
        }
    }
}

/// One interval of one history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntervalKey {
    /// Whose.
    pub scope: Scope,
    /// By which attribution.
    pub attribution: Attribution,
    /// Its beginning: a multiple of [`INTERVAL_MS`].
    pub start: UnixMillis,
}
