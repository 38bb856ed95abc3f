//! Why an attempt adds nothing to a number.

use attempt_ledger_domain::EventKind;
use attempt_ledger_domain::timeline::TIME_OF_RECEIPT;

use super::reason::{ANSWER_NOT_TIMED, ANSWER_NOT_TOLD, NOT_DIALLED, not_sent};
use super::unit::HistoryKind;
use crate::history::Attribution;
use crate::{AttemptClass, MissedBy, OfferOutcome};

/// How a leg can end; but for misses, one whose offer was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegEnd {
    /// As the outcome says.
    Outcome(OfferOutcome),
    /// Missed, and by whom.
    Missed(MissedBy),
}

/// Why an attempt adds nothing to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omission {
    /// It counts, in another interval.
    OtherInterval(Attribution),
    /// It counts in the interval of its end, which is not known.
    NotEnded,
    /// The events cannot give the metric.
    Unknowable(&'static str),
    /// Its queue is known not to send a hook that the metric needs.
    HookNotSent(EventKind),
    /// Its joining is not known.
    JoinUnknown,
    /// Its joining is known.
    JoinKnown,
    /// Its class is not one that the number is about.
    Class(AttemptClass),
    /// It has not left.
    NotLeft,
    /// It is a first try.
    NotRetry,
    /// Answering machine detection gave no verdict on it.
    NoVerdict,
    /// Each of its steps was reported.
    NoGap,
    /// Its deliveries agree.
    NoConflict,
    /// Its deliveries came in time.
    NotLate,
    /// Nothing says which abandons are short.
    NoThreshold,
    /// Its wait is longer than the threshold.
    LongerThan(u64),
    /// It was abandoned within the threshold.
    ShortAbandon(u64),
    /// Nobody accepted it.
    NotAccepted,
    /// No leg of it has a connection, in an agent's history none of the agent's.
    NotHandled(HistoryKind),
    /// Nobody was connected.
    NotBridged,
    /// It was connected, and nothing says when.
    ConnectionUnknown,
    /// The talk goes on.
    TalkOpen,
    /// Talk or after-call work goes on.
    HandlingOpen,
    /// After-call work was not reported, in an agent's history none of the agent's.
    NoProcessing(HistoryKind),
    /// No offer was reported, in an agent's history none to the agent.
    NotOffered(HistoryKind),
    /// No second offer was reported.
    NotOfferedTwice,
    /// The ringing goes on.
    RingingOpen,
    /// Nobody missed it.
    NotMissed,
    /// No leg of it, in an agent's history none of the agent's, ended in one of these ways.
    NoSuchLeg(&'static [LegEnd], HistoryKind),
    /// Its queue does not dial members for agents.
    NotDialled,
    /// Nothing says whether the dialled member answered.
    AnswerNotTold,
    /// The dialled member did not answer.
    NoLiveAnswer,
    /// Nothing says when the member answered.
    AnswerNotTimed,
    /// An agent was there within two seconds, or still may be.
    ConnectedInTime,
    /// An end of what is measured has the time of its receipt.
    TimeOfReceipt,
}

impl Omission {
    /// The reason, as a stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherInterval(_) => "other_interval",
            Self::NotEnded => "not_ended",
            Self::Unknowable(_) => "unknowable",
            Self::HookNotSent(_) => "hook_not_sent",
            Self::JoinUnknown => "join_unknown",
            Self::JoinKnown => "join_known",
            Self::Class(_) => "class",
            Self::NotLeft => "not_left",
            Self::NotRetry => "not_retry",
            Self::NoVerdict => "no_verdict",
            Self::NoGap => "no_gap",
            Self::NoConflict => "no_conflict",
            Self::NotLate => "not_late",
            Self::NoThreshold => "no_threshold",
            Self::LongerThan(_) => "longer_than",
            Self::ShortAbandon(_) => "short_abandon",
            Self::NotAccepted => "not_accepted",
            Self::NotHandled(_) => "not_handled",
            Self::NotBridged => "not_bridged",
            Self::ConnectionUnknown => "connection_unknown",
            Self::TalkOpen => "talk_open",
            Self::HandlingOpen => "handling_open",
            Self::NoProcessing(_) => "no_processing",
            Self::NotOffered(_) => "not_offered",
            Self::NotOfferedTwice => "not_offered_twice",
            Self::RingingOpen => "ringing_open",
            Self::NotMissed => "not_missed",
            Self::NoSuchLeg(..) => "no_such_leg",
            Self::NotDialled => "not_dialled",
            Self::AnswerNotTold => "answer_not_told",
            Self::NoLiveAnswer => "no_live_answer",
            Self::AnswerNotTimed => "answer_not_timed",
            Self::ConnectedInTime => "connected_in_time",
            Self::TimeOfReceipt => TIME_OF_RECEIPT,
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::OtherInterval(attribution) => {
                format!("attributed by {}, it falls into another interval", attribution.name())
            }
            Self::NotEnded => "attributed by end, it counts once its end is known".to_owned(),
            Self::Unknowable(reason) => reason.to_owned(),
            Self::HookNotSent(kind) => not_sent(kind),
            Self::JoinUnknown => "its joining is not known".to_owned(),
            Self::JoinKnown => "its joining is known".to_owned(),
            Self::Class(class) => format!("its class is {}", class.name()),
            Self::NotLeft => "it has not left".to_owned(),
            Self::NotRetry => "it is no retry: cc_attempt_seq is not above 1".to_owned(),
            Self::NoVerdict => "answering machine detection says neither human nor machine".to_owned(),
            Self::NoGap => "no event of it proves that another was lost".to_owned(),
            Self::NoConflict => "its deliveries do not contradict each other".to_owned(),
            Self::NotLate => "each of its deliveries came within a day".to_owned(),
            Self::NoThreshold => "nothing says which abandons are short".to_owned(),
            Self::LongerThan(threshold_ms) => format!("its wait is not within {threshold_ms} ms"),
            Self::ShortAbandon(threshold_ms) => format!("it was abandoned within {threshold_ms} ms"),
            Self::NotAccepted => "no agent accepted it".to_owned(),
            Self::NotHandled(history) => format!("no leg {} was connected", of_whom(history)),
            Self::NotBridged => "nobody was connected".to_owned(),
            Self::ConnectionUnknown => {
                "after-call work was reported and no connection, so the wait is not known".to_owned()
            }
            Self::TalkOpen => "the end of the talk is not known".to_owned(),
            Self::HandlingOpen => "the end of talk and after-call work is not known".to_owned(),
            Self::NoProcessing(HistoryKind::Queue) => "no after-call work was reported".to_owned(),
            Self::NoProcessing(HistoryKind::Agent) => {
                "no after-call work of this agent was reported".to_owned()
            }
            Self::NotOffered(HistoryKind::Queue) => "no offer was reported".to_owned(),
            Self::NotOffered(HistoryKind::Agent) => "no offer to this agent was reported".to_owned(),
            Self::NotOfferedTwice => "no second offer was reported".to_owned(),
            Self::RingingOpen => "the end of the ringing is not known".to_owned(),
            Self::NotMissed => "no agent missed it".to_owned(),
            Self::NotDialled => NOT_DIALLED.to_owned(),
            Self::AnswerNotTold => ANSWER_NOT_TOLD.to_owned(),
            Self::NoLiveAnswer => "the dialled member did not answer".to_owned(),
            Self::AnswerNotTimed => ANSWER_NOT_TIMED.to_owned(),
            Self::ConnectedInTime => {
                "within two seconds of the answer an agent was connected or the attempt left, or the member \
                 still waits"
                    .to_owned()
            }
            Self::TimeOfReceipt => {
                "an event of it states no time that can be true, so the length is not known".to_owned()
            }
            Self::NoSuchLeg(ends, history) => no_such_leg(ends, of_whom(history)),
        }
    }
}

/// Whose legs are meant.
const fn of_whom(history: HistoryKind) -> &'static str {
    match history {
        HistoryKind::Queue => "of it",
        HistoryKind::Agent => "of this agent's",
    }
}

/// That none ended so: a miss needs no offer that was reported, every other end does.
fn no_such_leg(ends: &[LegEnd], of_whom: &str) -> String {
    let legs = |is_offer: bool| {
        let ends = ends.iter().filter(|end| matches!(end, LegEnd::Outcome(_)) == is_offer);
        let words: Vec<_> = ends.map(|end| end.words()).collect();
        let noun = if is_offer { "reported offer" } else { "leg" };
        (!words.is_empty()).then(|| format!("no {noun} {of_whom} was {}", words.join(" or ")))
    };
    [legs(true), legs(false)].into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

impl LegEnd {
    /// The end in words, after "no leg of it was" or "no reported offer of it was".
    const fn words(self) -> &'static str {
        match self {
            Self::Outcome(OfferOutcome::Bridged) => "connected",
            Self::Outcome(OfferOutcome::Answered) => "accepted without a connection",
            Self::Outcome(OfferOutcome::Missed) => "missed",
            Self::Outcome(OfferOutcome::Withdrawn) => "withdrawn",
            Self::Outcome(OfferOutcome::Open) => "left open",
            Self::Missed(MissedBy::Agent) => "missed by the agent",
            Self::Missed(MissedBy::Caller) => "missed because the caller was gone",
        }
    }
}
