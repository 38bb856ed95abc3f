//! What metrics read, and which hooks report it: what is not sent is not known, and not zero.

use attempt_ledger_domain::{EventKind, QueueDefinition};

use crate::history::{Count, Totals};

/// Something that a metric reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// J: Joined reports it, and other events carry it.
    Join,
    /// O.
    Offer,
    /// A, where the queue's type has it.
    Accept,
    /// B: Bridged reports it, and Processing and Leaving carry it.
    Bridge,
    /// M.
    Miss,
    /// P.
    Processing,
    /// L.
    Leaving,
}

/// The hooks that a queue is known not to send, of those that its type has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnsentHooks(u8);

impl UnsentHooks {
    /// What a definition says is not sent; nothing, where it does not name hooks.
    #[must_use]
    pub fn of(definition: &QueueDefinition) -> Self {
        let is_unsent = |kind: &EventKind| definition.withholds(*kind);
        Self(EventKind::ALL.into_iter().filter(is_unsent).fold(0, |bits, kind| bits | 1 << kind as u8))
    }

    /// Whether a hook is known not to be sent.
    #[must_use]
    pub const fn has(self, kind: EventKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

impl Source {
    /// The letter that formulas use.
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Join => "J",
            Self::Offer => "O",
            Self::Accept => "A",
            Self::Bridge => "B",
            Self::Miss => "M",
            Self::Processing => "P",
            Self::Leaving => "L",
        }
    }

    /// The hook that is not sent, so that this is not known of what `totals` add up; `None` where it is.
    ///
    /// An instant that other events carry is known where any is: only nothing would be a false zero.
    pub(super) fn missing(self, unsent: UnsentHooks, totals: &Totals) -> Option<EventKind> {
        let if_unsent = |kind: EventKind| unsent.has(kind).then_some(kind);
        let unless_carried = |kind, counts: &[Count]| {
            if_unsent(kind).filter(|_| counts.iter().all(|count| totals.count(*count) == 0))
        };
        match self {
            Self::Join => unless_carried(EventKind::Joined, &[Count::Offered]),
            Self::Offer => if_unsent(EventKind::Offering),
            Self::Accept => if_unsent(EventKind::Answered).and(if_unsent(EventKind::Active)),
            Self::Bridge => unless_carried(EventKind::Bridged, &[Count::Answered, Count::Handled]),
            Self::Miss => if_unsent(EventKind::Missed),
            Self::Processing => if_unsent(EventKind::Processing),
            Self::Leaving => if_unsent(EventKind::Leaving),
        }
    }
}
