//! Attempt history: one row for each attempt.

use attempt_ledger_domain::timeline::{AGENT_CHANGED, AttemptState, EndedBy, NEVER_LEFT, TIME_OF_RECEIPT};
use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueId, QueueType, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::LiveAnswer;
use crate::seconds::Seconds;
use crate::table::{kept_as_integer, kept_as_name, table_row};
use crate::variables::Variables;

/// What became of an attempt, in the words of the identity
/// offered = answered + abandoned + flowed out + cancelled + not reached + dropped + other + open.
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
    /// Left unanswered with result `abandoned` or `failed` in a queue that nobody enters: the member was not
    /// reached.
    NotReached,
    /// A dialled member answered and left without an agent, whatever the result.
    Dropped,
    /// Left unanswered with any other result, or none.
    Other,
    /// Neither answered nor left, as far as the ledger knows.
    Open,
}

impl AttemptClass {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Answered,
        Self::Abandoned,
        Self::FlowedOut,
        Self::Cancelled,
        Self::NotReached,
        Self::Dropped,
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
            Self::Dropped => "dropped",
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

/// A step, or the time of one, that was not reported. Whether that is a fault depends on the hooks that the
/// queue is defined to send, so rows keep what is missing and readers compare it with the definition in
/// force.
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
    /// A step states no time that can be true: durations that rest on the time of its receipt are not known.
    TimeOfReceipt,
    /// After-call work of an agent who was never connected: a change of agents that no event reports.
    AgentChanged,
    /// No Leaving, of an attempt that has been silent for longer than its queue waits. Time alone makes it:
    /// rows do not keep it, and a list that asks for it says so.
    NeverLeft,
}

impl Gap {
    /// Every gap; the place in this list is the bit in [`Gaps`].
    pub const ALL: [Self; 7] = [
        Self::MissedWithoutOffering,
        Self::BridgedWithoutOffering,
        Self::JoinedInferred,
        Self::BridgedInferred,
        Self::TimeOfReceipt,
        Self::AgentChanged,
        Self::NeverLeft,
    ];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissedWithoutOffering => "missed_without_offering",
            Self::BridgedWithoutOffering => "bridged_without_offering",
            Self::JoinedInferred => "joined_inferred",
            Self::BridgedInferred => "bridged_inferred",
            Self::TimeOfReceipt => TIME_OF_RECEIPT,
            Self::AgentChanged => AGENT_CHANGED,
            Self::NeverLeft => NEVER_LEFT,
        }
    }
}

/// A set of gaps, one bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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

kept_as_name! {
    AttemptClass, AttemptClass::name;
}

kept_as_integer! {
    Gaps, Gaps, |gaps| i64::from(gaps.0), |number| u8::try_from(number).ok().map(Gaps);
}

table_row! {
    /// One attempt, told by the longest legal run of everything delivered about it.
    ///
    /// Every column but those of positions and of the last record's time is a function of the *set* of
    /// deliveries: the order of their arrival does not matter. Durations are in milliseconds and absent while
    /// not known or not over.
    pub struct AttemptRow: "attempts" {
        attempt_id: AttemptId, since 1, "the producer's number; the key";
        queue_id: Option<QueueId>, since 1, "its queue";
        queue_type: Option<QueueType>, since 1,
            "`offline_queue`, `inbound_queue`, `outbound_ivr`, `preview_dialer`, `progressive_dialer`, \
             `predictive_dialer`, `chat_inbound_queue` or `task_queue`";
        channel: Option<String>, since 1, "`call`, `chat`, `task`, `im` …";
        destination: Option<String>, since 1,
            "the number or address that was called or that calls; personal data",
            answer "The number or address that was called or that calls.";
        member_id: Option<i64>, since 1, "the member of the dialer's list";
        /// Which try at this member it is (`cc_attempt_seq`).
        attempt_seq: Option<i64>, since 1, "which try at this member it is",
            answer "Which try at this member it is.";
        state: AttemptState, since 1,
            "`unknown`, `waiting`, `ringing`, `answered`, `talking`, `talk_ended`, `wrap_up` or `left`",
            answer "`waiting`, `ringing`, `answered`, `talking`, `talk_ended`, `wrap_up`, `left` or \
                    `unknown`.";
        class: AttemptClass, since 1,
            "`answered`, `abandoned`, `flowed_out`, `cancelled`, `not_reached`, `dropped`, `other` or \
             `open`",
            answer "`answered`, `abandoned`, `flowed_out`, `cancelled`, `not_reached`, `dropped`, \
                    `other` or `open`.";
        result: Option<String>, since 1, "`cc_result` stated at Leaving",
            answer "The result stated at Leaving.";
        call_cause: Option<String>, since 1, "as last reported";
        call_sip_code: Option<i64>, since 1, "as last reported; NULL where it is no whole number";
        amd_result: Option<String>, since 1, "what answering machine detection said last",
            answer "What answering machine detection said.";
        started_at: UnixMillis, since 1, "joining where known, else the first event",
            answer "Joining where known, else the first event.";
        joined_at: Option<UnixMillis>, since 1, "joining, by event or as carried by later ones";
        first_offered_at: Option<UnixMillis>, since 1, "the first offer";
        first_answered_at: Option<UnixMillis>, since 1, "the first Answered or Active";
        bridged_at: Option<UnixMillis>, since 1, "the first connection";
        processing_at: Option<UnixMillis>, since 1, "the agent entered after-call work";
        left_at: Option<UnixMillis>, since 1, "the subscriber left the queue; NULL while the attempt is open";
        last_event_at: UnixMillis, since 1, "the last event of the run";
        /// B − J, else L − J where there is no P.
        wait_ms: Option<u64>, since 1,
            "from joining to the connection, else to leaving; NULL for after-call work without a connection";
        /// E − B, where E is the Missed that ended the talk, else P, else L. Includes hold, which no event
        /// reports.
        talk_ms: Option<u64>, since 1,
            "from the connection to the Missed that ended the talk, else to after-call work, else to \
             leaving; includes hold",
            answer "Includes hold, which no event reports.";
        /// L − P.
        wrap_ms: Option<u64>, since 1, "after-call work";
        /// L − B, without what lies between the talk and after-call work, or leaving.
        handle_ms: Option<u64>, since 1, "talk and after-call work",
            answer "Talk and after-call work.";
        offers: u32, since 1, "offers that were reported";
        bridges: u32, since 1, "agents' legs that were connected";
        missed_by_agent: u32, since 1, "missed because the agent did not answer";
        missed_by_caller: u32, since 1, "missed because the caller was gone";
        gaps: Gaps, since 1,
            "steps that were not reported, a bit for each: 1 `missed_without_offering`, 2 \
             `bridged_without_offering`, 4 `joined_inferred`, 8 `bridged_inferred`, 16 \
             `time_of_receipt`, 32 `agent_changed`; the view `gaps` has them by name",
            answer "Steps that were not reported; `never_left` where it is asked for.";
        is_late: bool, since 1, "whether a delivery that counts came more than a day after what it reports",
            answer "Whether a delivery came more than a day after what it reports.";
        events: u32, since 1, "deliveries that count",
            answer "Deliveries that count.";
        conflicts: u32, since 1, "deliveries that contradict those and are set aside",
            answer "Deliveries that contradict those and are set aside by a rule.";
        first_position: Position, since 1, "the first record about the attempt",
            answer "The log position of the first record about the attempt.";
        last_position: Position, since 1, "the last record that bears on it",
            answer "The log position of the last record that bears on it.";
        last_recorded_at: UnixMillis, since 1, "when the ledger took that one",
            answer "When the ledger took that last record.";
        live_answer: Option<LiveAnswer>, since 5,
            "what says that a dialled member answered: `human` (detection), `wait_agent`, `voice`, or \
             only the `connection`; `nobody` where that is said; NULL where nothing says it, and in \
             queues that do not dial for agents",
            answer "What says that a dialled member answered: `human`, `wait_agent`, `voice` or \
                    `connection`; `nobody` where that is said. Absent where nothing says it.";
        member_answered_at: Option<UnixMillis>, since 5,
            "when the dialled member had answered: what the first `wait_agent` states",
            answer "When the dialled member had answered: what the first `wait_agent` states.";
        use_processing: Option<bool>, since 6,
            "whether after-call work follows, as last reported; Webitel sends `true` or nothing, so that \
             NULL is `false` or not reported",
            answer "Whether after-call work follows, as last reported. Webitel sends `true` or nothing: \
                    absent is `false` or not reported.";
        member_name: Option<String>, since 6,
            "the member's or caller's name, as first reported; personal data",
            answer "The member's or caller's name, as first reported.";
        member_channel_id: Option<String>, since 6, "the subscriber's leg of the call, as first reported",
            answer "The subscriber's leg of the call at the dialer, as first reported.";
        agent_id: Option<AgentId>, since 6, "the agent that was named last",
            answer "The agent that was named last.";
        agent_name: Option<String>, since 6, "that agent's name, as last reported; personal data",
            answer "That agent's name, as last reported.";
        user_id: Option<i64>, since 6, "that agent's user at the dialer, as last reported";
        agent_extension: Option<String>, since 6, "that agent's extension, as last reported";
        agent_channel_id: Option<String>, since 6,
            "that agent's leg of the call, as last reported; NULL where it was reported with another agent \
             before",
            answer "That agent's leg of the call at the dialer, as last reported; absent where another agent \
                    had it first.";
        call_bill_sec: Option<Seconds>, since 6,
            "seconds from the connection, as last reported by the dialer; NULL where no delivery states a \
             length: a number that is not less than 0 and less than 946,684,800, from which on it is an \
             instant",
            answer "Seconds from the connection, as last reported by the dialer; absent where no delivery \
                    states a length.";
        call_duration: Option<Seconds>, since 6,
            "seconds of the call, as last reported by the dialer; NULL where no delivery states a length, as \
             above: of a call that never rang the dialer states an instant",
            answer "Seconds of the call, as last reported by the dialer; absent where no delivery states a \
                    length.";
        call_voice_sec: Option<Seconds>, since 6,
            "seconds from the answer, as last reported by the dialer; NULL where no delivery states a \
             length, as above",
            answer "Seconds from the answer, as last reported by the dialer; absent where no delivery states \
                    a length.";
        ended_by: Option<EndedBy>, since 6, "`caller`, `agent` or `dialer`; NULL when the hooks do not tell",
            answer "`caller`, `agent` or `dialer`; absent when the hooks do not tell.";
        variables: Option<Variables>, since 6,
            "the users' own fields by name, each as last reported, as a JSON object of texts; NULL where \
             there are none, and where they are longer than 8 KiB together or in one delivery: the events \
             have them",
            answer "The variables that the queue's definition declares, each as last reported. Absent where \
                    there are none, and where all that were sent are longer than 8 KiB together or in one \
                    delivery: the events have them.";
        is_start_untimed: bool, since 7,
            "whether `started_at` is the time of a receipt: nothing says how long it has gone on since",
            answer "Whether `started_at` is the time of a receipt: nothing says how long it has gone on \
                    since.";
        is_last_event_untimed: bool, since 7, "whether `last_event_at` is the time of a receipt",
            answer "Whether `last_event_at` is the time of a receipt.";
    }
}

impl AttemptRow {
    /// Whether nothing is known to end it: no Leaving.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.left_at.is_none()
    }

    /// Whether there was a talk that has ended, or could not go on.
    #[must_use]
    pub fn is_talk_over(&self) -> bool {
        self.processing_at.or(self.left_at).is_some() || self.state == AttemptState::TalkEnded
    }

    /// When the talk ended, where its length is known.
    #[must_use]
    pub fn talk_ended_at(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.bridged_at?.0.saturating_add_unsigned(self.talk_ms?)))
    }
}
