//! Attempt history: one row for each attempt.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AttemptId, Position, QueueId, QueueType, UnixMillis};
use serde::{Deserialize, Serialize};

/// What became of an attempt, in the words of the identity
/// offered = answered + abandoned + flowed out + cancelled + other + open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptClass {
    /// Agent and subscriber were connected at least once.
    Answered,
    /// The caller gave up: left unanswered with result `abandoned`, in a queue that callers enter themselves.
    Abandoned,
    /// Left unanswered by transfer, a time-out, a full queue or a block.
    FlowedOut,
    /// Left unanswered because somebody cancelled it.
    Cancelled,
    /// Left unanswered with result `abandoned` in a queue that dials: the member was not reached.
    NotReached,
    /// Left unanswered with any other result, or none.
    Other,
    /// Neither answered nor left, as far as the ledger knows.
    Open,
}

impl AttemptClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Answered,
        Self::Abandoned,
        Self::FlowedOut,
        Self::Cancelled,
        Self::NotReached,
        Self::Other,
        Self::Open,
    ];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::FlowedOut => "flowed_out",
            Self::Cancelled => "cancelled",
            Self::NotReached => "not_reached",
            Self::Other => "other",
            Self::Open => "open",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == text)
    }
}

/// A step that was not reported. Whether that is a fault depends on the hooks that the queue is defined to send,
/// so rows keep what is missing and readers compare it with the definition in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// An agent missed an offer that was not reported.
    MissedWithoutOffering,
    /// A talk that nobody was offered.
    BridgedWithoutOffering,
    /// The time of joining is carried by later events only.
    JoinedInferred,
    /// The time of connection is carried by later events only.
    BridgedInferred,
}

impl Gap {
    /// Every gap; the place in this list is the bit in [`Gaps`].
    pub const ALL: [Self; 4] = [
        Self::MissedWithoutOffering,
        Self::BridgedWithoutOffering,
        Self::JoinedInferred,
        Self::BridgedInferred,
    ];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissedWithoutOffering => "missed_without_offering",
            Self::BridgedWithoutOffering => "bridged_without_offering",
            Self::JoinedInferred => "joined_inferred",
            Self::BridgedInferred => "bridged_inferred",
        }
    }
}

/// A set of gaps, one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gaps(pub u8);

impl Gaps {
    /// The set with one more.
    #[must_use]
    pub const fn with(self, gap: Gap) -> Self {
        Self(self.0 | 1 << gap as u8)
    }

    /// Whether a gap is in the set.
    #[must_use]
    pub const fn has(self, gap: Gap) -> bool {
        self.0 & 1 << gap as u8 != 0
    }

    /// The gaps in the set.
    pub fn iter(self) -> impl Iterator<Item = Gap> {
        Gap::ALL.into_iter().filter(move |gap| self.has(*gap))
    }
}

/// One attempt, told by the longest legal run of everything delivered about it.
///
/// Every column but the last four is a function of the *set* of deliveries: the order of their arrival does not
/// matter. Durations are in milliseconds and absent while not known or not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// The type of its queue.
    pub queue_type: Option<QueueType>,
    /// Its channel: `call`, `chat`, `task`, `im` …
    pub channel: Option<String>,
    /// The number or address that was called or that calls. Personal data.
    pub destination: Option<String>,
    /// The member of the dialer's list.
    pub member_id: Option<i64>,
    /// Which try at this member it is (`cc_attempt_seq`).
    pub attempt_seq: Option<i64>,
    /// Where it stands.
    pub state: AttemptState,
    /// What became of it.
    pub class: AttemptClass,
    /// `cc_result` stated at Leaving.
    pub result: Option<String>,
    /// `call_cause` as last reported.
    pub call_cause: Option<String>,
    /// `call_sip_code` as last reported.
    pub call_sip_code: Option<i64>,
    /// `amd_result`, else `amd_ai_result`, as last reported.
    pub amd_result: Option<String>,
    /// Joining where known, else the first event.
    pub started_at: UnixMillis,
    /// J: joining, by event or as carried by later ones.
    pub joined_at: Option<UnixMillis>,
    /// The first offer.
    pub first_offered_at: Option<UnixMillis>,
    /// The first Answered or Active.
    pub first_answered_at: Option<UnixMillis>,
    /// B: the first connection, by event or as carried by later ones.
    pub bridged_at: Option<UnixMillis>,
    /// P: the agent entered after-call work.
    pub processing_at: Option<UnixMillis>,
    /// L: the subscriber left the queue.
    pub left_at: Option<UnixMillis>,
    /// The last event of the run.
    pub last_event_at: UnixMillis,
    /// B − J, else L − J.
    pub wait_ms: Option<u64>,
    /// E − B, where E is P, else L. Includes hold, which no event reports.
    pub talk_ms: Option<u64>,
    /// L − P.
    pub wrap_ms: Option<u64>,
    /// L − B: talk and after-call work.
    pub handle_ms: Option<u64>,
    /// How many offers were made.
    pub offers: u32,
    /// How many agent legs were connected.
    pub bridges: u32,
    /// Missed because the agent did not answer.
    pub missed_by_agent: u32,
    /// Missed because the caller was gone before the agent could answer.
    pub missed_by_caller: u32,
    /// What was not reported.
    pub gaps: Gaps,
    /// Whether a delivery that counts came more than a day after what it reports.
    pub is_late: bool,
    /// Deliveries that count.
    pub events: u32,
    /// Deliveries that contradict those and are set aside by a rule.
    pub conflicts: u32,
    /// The log position of the first record about the attempt.
    pub first_position: Position,
    /// The log position of the last record that bears on it.
    pub last_position: Position,
    /// When the ledger took that last record.
    pub last_recorded_at: UnixMillis,
}

impl AttemptRow {
    /// Whether nothing is known to end it: no Leaving.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.left_at.is_none()
    }
}
