//! Hooks of the dialer that are no step of an attempt's lifecycle.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the dialer reports beside the eight events. Kept with its attempt where it names one, judged by no
/// rule, and in no number but those whose formula names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// The attempt waits for an agent; in a predictive queue, because its member answered.
    WaitAgent,
    /// An agent changed status.
    AgentStatus,
    /// A member was added to a queue.
    AddMember,
}

impl Observation {
    /// Every observation.
    pub const ALL: [Self; 3] = [Self::WaitAgent, Self::AgentStatus, Self::AddMember];

    /// The name in hooks, answers and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaitAgent => "wait_agent",
            Self::AgentStatus => "agent_status",
            Self::AddMember => "add_member",
        }
    }

    /// Reads a name in any case; `None` for anything that is no observation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
