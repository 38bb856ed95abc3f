//! Whether a dialled member answered, and what says so.

use attempt_ledger_domain::QueueType;
use serde::{Deserialize, Serialize};

use crate::table::kept_as_name;

/// What says that a dialled member answered, or that nobody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveAnswer {
    /// Answering machine detection heard a human.
    Human,
    /// The dialer began to look for an agent, which it does when the member has answered.
    WaitAgent,
    /// Voice was on the member's leg, and detection heard no machine.
    Voice,
    /// An agent was connected: it says nothing of those who got no agent.
    Connection,
    /// Nobody: detection heard a machine.
    Nobody,
}

impl LiveAnswer {
    /// Everything that can say it.
    pub const ALL: [Self; 5] = [Self::Human, Self::WaitAgent, Self::Voice, Self::Connection, Self::Nobody];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::WaitAgent => "wait_agent",
            Self::Voice => "voice",
            Self::Connection => "connection",
            Self::Nobody => "nobody",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.name() == text)
    }

    /// Whether the member answered.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Whether the hooks would also have told it of a member who got no agent.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Connection)
    }
}

/// What an attempt's deliveries say of the member's answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AnswerSigns<'a> {
    /// What answering machine detection said.
    pub(crate) verdict: Option<&'a str>,
    /// Whether there was voice on the member's leg. That there was none says nothing: the producer leaves
    /// the length out until somebody answers.
    pub(crate) has_voice: bool,
    /// Whether an agent was connected.
    pub(crate) is_bridged: bool,
}

impl AnswerSigns<'_> {
    /// What says whether the dialled member answered; `None` where nothing does, and in queues that do not
    /// dial members for agents.
    pub(crate) fn live_answer(self, queue_type: Option<QueueType>) -> Option<LiveAnswer> {
        let queue_type = queue_type.filter(|queue_type| queue_type.dials_for_agents())?;
        let is_machine = self.verdict.is_some_and(is_machine);
        // In a preview dialer the lengths of the call are those of the agent's own leg.
        let has_voice = self.has_voice && queue_type != QueueType::PreviewDialer;
        let signs = [
            (self.verdict.is_some_and(is_human), LiveAnswer::Human),
            (has_voice && !is_machine, LiveAnswer::Voice),
            (self.is_bridged, LiveAnswer::Connection),
            (is_machine, LiveAnswer::Nobody),
        ];
        signs.into_iter().find(|(is_there, _)| *is_there).map(|(_, answer)| answer)
    }
}

/// Whether a verdict of answering machine detection is human.
pub(crate) fn is_human(verdict: &str) -> bool {
    verdict.eq_ignore_ascii_case("HUMAN")
}

/// Whether it is a machine, however spelled.
pub(crate) fn is_machine(verdict: &str) -> bool {
    ["MACHINE", "MASHINE", "VOICEMAIL"].iter().any(|one| verdict.eq_ignore_ascii_case(one))
}

kept_as_name! {
    LiveAnswer, LiveAnswer::name;
}
