//! The conservation law: every attempt that was offered is in exactly one class.

use serde::Serialize;

use crate::history::{Count, Totals};

/// offered = answered + abandoned + flowed out + cancelled + not reached + dropped + other
/// + open, each without the attempts whose joining is not known.
///
/// It holds by cohort, so only when every value is attributed to the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Attempts whose joining is known.
    pub offered: i64,
    /// Connected at least once.
    pub answered: i64,
    /// The caller gave up.
    pub abandoned: i64,
    /// Left by transfer, time-out, full queue or block.
    pub flowed_out: i64,
    /// Cancelled by somebody.
    pub cancelled: i64,
    /// The member was not reached.
    pub not_reached: i64,
    /// A dialled member answered and got no agent.
    pub dropped: i64,
    /// Left unanswered otherwise.
    pub other: i64,
    /// Neither answered nor left.
    pub open: i64,
    /// Of all these, attempts whose joining is not known: they are in no cohort.
    pub join_unknown: i64,
    /// Whether offered = the sum of the classes − join_unknown.
    pub holds: bool,
}

impl Identity {
    /// The law over the sums of an interval, attributed to the start.
    #[must_use]
    pub fn of(totals: &Totals) -> Self {
        let count = |count| totals.count(count);
        let classes = [
            Count::Answered,
            Count::Abandoned,
            Count::FlowedOut,
            Count::Cancelled,
            Count::NotReached,
            Count::Dropped,
            Count::Other,
            Count::Open,
        ];
        let [answered, abandoned, flowed_out, cancelled, not_reached, dropped, other, open] =
            classes.map(count);
        let join_unknown = count(Count::AnsweredJoinUnknown) + count(Count::UnansweredJoinUnknown);
        let offered = count(Count::Offered);
        let classed = answered + abandoned + flowed_out + cancelled + not_reached + dropped + other + open;
        Self {
            offered,
            answered,
            abandoned,
            flowed_out,
            cancelled,
            not_reached,
            dropped,
            other,
            open,
            join_unknown,
            holds: offered == classed - join_unknown && join_unknown == count(Count::JoinUnknown),
        }
    }
}
