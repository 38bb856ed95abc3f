//! Dialled members who answered and got no agent: a number that is known only where hooks can tell it.

use super::measurement::{Measurement, Number};
use super::reason::Reason;
use crate::history::{Count, Totals};

/// What of dialled members is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct DroppedCalls {
    /// What is counted.
    pub(super) counted: Count,
    /// Whether it is divided by the live answers that are told.
    pub(super) is_rate: bool,
    /// What has to be known of them.
    pub(super) knowledge: Knowledge,
}

/// What has to be known before a number of dialled members is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Knowledge {
    /// Whether those who got no agent answered.
    Answer,
    /// When each live answer was.
    AnswerTime,
}

impl DroppedCalls {
    /// What some attempts add up to.
    pub(super) fn measure(self, blank: Measurement, totals: &Totals) -> Measurement {
        match self.unknown(totals) {
            // What is divided by is known all the same, so that groups add up to the whole.
            Some(reason) => Measurement { numerator: None, ..self.share(blank, totals).without(reason) },
            None => self.share(blank, totals),
        }
    }

    /// The same, whether the hooks can tell it of all of them or not.
    pub(super) fn share(self, blank: Measurement, totals: &Totals) -> Measurement {
        let counted = totals.count(self.counted);
        if self.is_rate {
            blank.ratio(counted, totals.count(Count::LiveTold), Reason::NothingToDivideBy)
        } else {
            Measurement { value: Some(Number::Whole(counted)), ..blank }
        }
    }

    /// How many live answers it cannot include: only a connection says so, and of those who got none nothing
    /// would.
    pub(super) fn excluded(totals: &Totals) -> i64 {
        totals.count(Count::LiveAnswers) - totals.count(Count::LiveTold)
    }

    /// Why it is not known: a zero that hooks cannot tell would be a false one.
    fn unknown(self, totals: &Totals) -> Option<Reason> {
        let is_none = |count| totals.count(count) == 0;
        if is_none(Count::Dialled) {
            return Some(Reason::NotDialled);
        }
        if is_none(Count::AnswerTold) {
            return Some(Reason::AnswerNotTold);
        }
        let is_untimed = totals.count(Count::LiveTimed) < totals.count(Count::LiveTold);
        (self.knowledge == Knowledge::AnswerTime && is_untimed).then_some(Reason::AnswerNotTimed)
    }
}
