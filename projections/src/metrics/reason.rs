//! Why a metric has no value.

use attempt_ledger_domain::EventKind;
use serde::{Serialize, Serializer};

/// Why a metric has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A ratio over nothing.
    NothingToDivideBy,
    /// A mean or a maximum of nothing.
    NoValue,
    /// A threshold cannot be counted, or a maximum found, without the values.
    ValuesNotRead,
    /// Nothing says which abandons are short.
    NoShortAbandonThreshold,
    /// Each threshold has a value of its own.
    SeeParts,
    /// The events cannot give it.
    Unknowable(&'static str),
    /// No attempt of a queue that dials members for agents is there.
    NotDialled,
    /// Nothing says which dialled members answered.
    AnswerNotTold,
    /// Not every live answer says when it was.
    AnswerNotTimed,
    /// More is above than below, or one side is less than nothing: they are about different attempts.
    CohortsDiffer,
    /// The definitions of the queues say that this hook is not sent.
    HookNotSent(EventKind),
}

impl Reason {
    /// The reason as a stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingToDivideBy => "nothing_to_divide_by",
            Self::NoValue => "no_value",
            Self::ValuesNotRead => "values_not_read",
            Self::NoShortAbandonThreshold => "no_threshold",
            Self::SeeParts => "see_parts",
            Self::Unknowable(_) => "unknowable",
            Self::NotDialled => "not_dialled",
            Self::AnswerNotTold => "answer_not_told",
            Self::AnswerNotTimed => "answer_not_timed",
            Self::CohortsDiffer => "cohorts_differ",
            Self::HookNotSent(_) => "hook_not_sent",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::NothingToDivideBy => "nothing to divide by".to_owned(),
            Self::NoValue => "no value".to_owned(),
            Self::ValuesNotRead => "the sums were read without the values behind them".to_owned(),
            Self::NoShortAbandonThreshold => {
                "nothing says which abandons of a queue are short: define its short_abandon_threshold_ms, or \
                 give short_abandon_ms"
                    .to_owned()
            }
            Self::SeeParts => "see its parts".to_owned(),
            Self::Unknowable(reason) => reason.to_owned(),
            Self::NotDialled => format!("nobody was dialled: {NOT_DIALLED}"),
            Self::AnswerNotTold => ANSWER_NOT_TOLD.to_owned(),
            Self::AnswerNotTimed => format!("not known of every live answer: {ANSWER_NOT_TIMED}"),
            Self::CohortsDiffer => {
                "the two sides are about different attempts: attributed by the event, they may fall into \
                 different intervals"
                    .to_owned()
            }
            Self::HookNotSent(kind) => not_sent(kind),
        }
    }
}

/// Why there are no dropped calls.
pub(super) const NOT_DIALLED: &str = "only preview, progressive and predictive queues dial members for \
                                      agents, and can drop them";

/// Why dropped calls are not known.
pub(super) const ANSWER_NOT_TOLD: &str = "not known: no hook states whether the dialled member answered \
                                          (amd_result, call_voice_sec, or wait_agent in predictive queues)";

/// Why the two seconds are not known.
pub(super) const ANSWER_NOT_TIMED: &str = "no wait_agent states when the member answered, or the connection \
                                           has the time of its receipt";

/// What a queue's definition says of a hook.
pub(super) fn not_sent(kind: EventKind) -> String {
    format!("not known: the queue's definition says that it does not send {}", kind.wire_name())
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sentence())
    }
}
