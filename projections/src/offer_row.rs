//! Offers: one row for each agent's leg of an attempt.

use attempt_ledger_domain::timeline::MissedBy;
use attempt_ledger_domain::{AgentId, AttemptId, QueueId, QueueType, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::agent_state::{AgentState, AgentStateInterval, StateSet};
use crate::seconds::Seconds;
use crate::table::{kept_as_name, table_row};

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferOutcome {
    /// The agent was connected with the subscriber.
    Bridged,
    /// The agent answered, and the member was not reached or not connected.
    Answered,
    /// Missed closes it.
    Missed,
    /// Leaving, or an offer to somebody else, came first.
    Withdrawn,
    /// It goes on, as far as the ledger knows.
    Open,
}

impl OfferOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Bridged, Self::Answered, Self::Missed, Self::Withdrawn, Self::Open];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridged => "bridged",
            Self::Answered => "answered",
            Self::Missed => "missed",
            Self::Withdrawn => "withdrawn",
            Self::Open => "open",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text)
    }
}

kept_as_name! {
    OfferOutcome, OfferOutcome::name;
}

table_row! {
    /// One agent's part in an attempt, from the offer to the end of after-call work.
    ///
    /// Durations are in milliseconds and absent while not known or not over. A leg may begin without an
    /// offer: a miss or a connection whose offer was not reported, or a transfer, for which the producer has
    /// no event.
    pub struct OfferRow: "offers" {
        attempt_id: AttemptId, since 1, "the attempt; with `leg` the key";
        leg: u32, since 1, "1, 2, 3 … in the order of their beginning",
            answer "Which leg of the attempt: 1, 2, 3 … in the order of their beginning.";
        queue_id: Option<QueueId>, since 1, "its queue";
        queue_type: Option<QueueType>, since 1, "as in `attempts`";
        agent_id: Option<AgentId>, since 1, "the agent; NULL when no hook names it",
            answer "Absent when the hooks do not tell it.";
        outcome: OfferOutcome, since 1, "`bridged`, `answered`, `missed`, `withdrawn` or `open`",
            answer "`bridged`, `answered`, `missed`, `withdrawn` or `open`.";
        missed_by: Option<MissedBy>, since 1, "`agent` or `caller`, when it was missed",
            answer "`agent` or `caller`; only when it was missed.";
        started_at: UnixMillis, since 1, "the first thing known of it",
            answer "The first thing known of it.";
        offered_at: Option<UnixMillis>, since 1, "the offer; NULL when it was not reported",
            answer "Absent when the offer was not reported.";
        answered_at: Option<UnixMillis>, since 1, "the agent answered";
        bridged_at: Option<UnixMillis>, since 1, "connected with the subscriber";
        ring_ended_at: Option<UnixMillis>, since 1, "the ringing ended, whatever ended it";
        talk_ended_at: Option<UnixMillis>, since 1, "the talk ended";
        wrap_started_at: Option<UnixMillis>, since 1, "after-call work began";
        ended_at: Option<UnixMillis>, since 1, "the end; NULL until then",
            answer "Absent while the leg is open.";
        /// End of ringing − O.
        ring_ms: Option<u64>, since 1, "from the offer to the end of ringing";
        /// E − B.
        talk_ms: Option<u64>, since 1, "the talk";
        /// End of the leg − P.
        wrap_ms: Option<u64>, since 1, "after-call work";
        handle_ms: Option<u64>, since 1, "talk and after-call work; NULL until both are over",
            answer "Talk and after-call work.";
        /// B − O.
        answer_ms: Option<u64>, since 3, "from the offer to the connection";
        agent_name: Option<String>, since 6, "the agent's name as last reported; personal data",
            answer "The agent's name as last reported.";
        user_id: Option<i64>, since 6, "the agent's user at the dialer, as last reported";
        agent_extension: Option<String>, since 6, "the agent's extension, as last reported";
        agent_channel_id: Option<String>, since 6,
            "the agent's leg of the call, as first reported; NULL where it was reported with another agent \
             before",
            answer "The agent's leg of the call at the dialer, as first reported; absent where another agent \
                    had it first.";
        member_channel_id: Option<String>, since 6, "the subscriber's leg of the call, as first reported",
            answer "The subscriber's leg of the call at the dialer, as first reported.";
        use_processing: Option<bool>, since 6,
            "whether after-call work follows, as last reported; Webitel sends `true` or nothing, so that \
             NULL is `false` or not reported",
            answer "Whether after-call work follows, as last reported. Webitel sends `true` or nothing: \
                    absent is `false` or not reported.";
        member_name: Option<String>, since 6,
            "the member's or caller's name, as first reported; personal data",
            answer "The member's or caller's name, as first reported.";
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
        untimed_states: StateSet, since 7,
            "states of which an end has the time of a receipt, so that nothing says how long they took, a \
             bit for each: 1 `ringing`, 2 `connecting`, 4 `talking`, 8 `wrap_up`",
            answer "States of which an end has the time of a receipt, so that nothing says how long they \
                    took: `ringing`, `connecting`, `talking` or `wrap_up`.";
    }
}

impl OfferRow {
    /// The states that the agent went through in this leg, in time order.
    pub fn states(&self) -> impl Iterator<Item = AgentStateInterval> {
        let (attempt_id, leg, untimed) = (self.attempt_id, self.leg, self.untimed_states);
        let interval = |state, start: Option<UnixMillis>, end: Option<UnixMillis>| {
            let is_measured = !untimed.has(state);
            Some(AgentStateInterval { attempt_id, leg, state, start: start?, end, is_measured })
        };
        [
            interval(AgentState::Ringing, self.offered_at, self.ring_ended_at),
            interval(AgentState::Connecting, self.answered_at, self.bridged_at.or(self.ended_at)),
            interval(AgentState::Talking, self.bridged_at, self.talk_ended_at),
            interval(AgentState::WrapUp, self.wrap_started_at, self.ended_at),
        ]
        .into_iter()
        .flatten()
    }
}
