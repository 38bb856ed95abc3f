//! What an agent does in an attempt.

use attempt_ledger_domain::{AttemptId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::table::kept_as_integer;

/// What an agent does in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// An offer rings.
    Ringing,
    /// Answered, and waiting for the member.
    Connecting,
    /// Connected.
    Talking,
    /// In after-call work.
    WrapUp,
}

impl AgentState {
    /// Every state; the place in this list is the bit in [`StateSet`].
    pub const ALL: [Self; 4] = [Self::Ringing, Self::Connecting, Self::Talking, Self::WrapUp];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Connecting => "connecting",
            Self::Talking => "talking",
            Self::WrapUp => "wrap_up",
        }
    }
}

/// A set of states, one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StateSet(pub u8);

impl StateSet {
    /// The set with one more.
    #[must_use]
    pub const fn with(self, state: AgentState) -> Self {
        Self(self.0 | 1 << state as u8)
    }

    /// Whether a state is in the set.
    #[must_use]
    pub const fn has(self, state: AgentState) -> bool {
        self.0 & 1 << state as u8 != 0
    }

    /// The states in the set.
    pub fn iter(self) -> impl Iterator<Item = AgentState> {
        AgentState::ALL.into_iter().filter(move |state| self.has(*state))
    }
}

kept_as_integer! {
    StateSet, StateSet, |set| i64::from(set.0), |number| u8::try_from(number).ok().map(StateSet);
}

/// A stretch of time in which an agent was in one state in one attempt; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStateInterval {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Which leg of it.
    pub leg: u32,
    /// The state.
    pub state: AgentState,
    /// When it began.
    pub start: UnixMillis,
    /// When it ended; absent while it goes on.
    pub end: Option<UnixMillis>,
    /// Whether it is known how long it took: an end that is the time of a receipt says nothing of that.
    pub is_measured: bool,
}
