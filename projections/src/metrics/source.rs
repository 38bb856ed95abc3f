//! What metrics read, and which hooks report it: what is not sent is not known, and not zero.

use attempt_ledger_domain::{EventKind, QueueDefinition, QueueType};

use crate::history::{Count, Measure, Totals};

/// What only an attempt whose joining is known adds to, wherever each of it falls.
const JOIN_EVIDENCE: (&[Count], &[Measure]) = (
    &[Count::Offered, Count::AnsweredUntimed, Count::AbandonedUntimed],
    &[
        Measure::WaitAnswered,
        Measure::WaitAbandoned,
        Measure::WaitOther,
        Measure::WaitAccepted,
        Measure::WaitFirstOffer,
    ],
);

/// What only an attempt or a leg that was connected adds to.
const BRIDGE_EVIDENCE: (&[Count], &[Measure]) = (
    &[Count::Answered, Count::Handled, Count::Transferred],
    &[Measure::WaitAnswered, Measure::RingAnswered, Measure::Talk, Measure::Handle],
);

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
    /// That there is no B: what another attempt carries does not tell it.
    NoBridge,
    /// M.
    Miss,
    /// P.
    Processing,
    /// L.
    Leaving,
}

/// The hooks that a queue is known not to send, of those that its type has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnsentHooks(u16);

/// Stands for a queue in which Missed may end a talk that Bridged does not announce.
const MISS_MAY_END_TALK: u16 = 1 << EventKind::ALL.len();

impl UnsentHooks {
    /// What a definition says is not sent; nothing, where it does not name hooks.
    #[must_use]
    pub fn of(definition: &QueueDefinition) -> Self {
        let is_unsent = |kind: &EventKind| definition.withholds(*kind);
        let unsent =
            EventKind::ALL.into_iter().filter(is_unsent).fold(0, |bits, kind| bits | 1 << kind as u8);
        let hides_talks =
            definition.queue_type == QueueType::ChatInboundQueue && is_unsent(&EventKind::Bridged);
        Self(if hides_talks { unsent | MISS_MAY_END_TALK } else { unsent })
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
            Self::NoBridge => "no B",
            Self::Miss => "M",
            Self::Processing => "P",
            Self::Leaving => "L",
        }
    }

    /// The hook that is not sent, so that this is not known of what `totals` add up; `None` where it is.
    ///
    /// An instant that other events carry is known where any is: only nothing would be a false zero. That
    /// there is none is never known, whatever other attempts carry: so buckets add up.
    pub(super) fn missing(self, unsent: UnsentHooks, totals: &Totals) -> Option<EventKind> {
        let if_unsent = |kind: EventKind| unsent.has(kind).then_some(kind);
        let unless_carried = |kind, evidence: (&[Count], &[Measure])| {
            let has_count = evidence.0.iter().any(|count| totals.count(*count) != 0);
            let has_value = evidence.1.iter().any(|measure| totals.measure(*measure).count != 0);
            if_unsent(kind).filter(|_| !has_count && !has_value)
        };
        match self {
            Self::Join => unless_carried(EventKind::Joined, JOIN_EVIDENCE),
            Self::Offer => if_unsent(EventKind::Offering),
            Self::Accept => if_unsent(EventKind::Answered).and(if_unsent(EventKind::Active)),
            Self::Bridge => unless_carried(EventKind::Bridged, BRIDGE_EVIDENCE),
            Self::NoBridge => if_unsent(EventKind::Bridged),
            Self::Miss if unsent.0 & MISS_MAY_END_TALK != 0 => Some(EventKind::Bridged),
            Self::Miss => if_unsent(EventKind::Missed),
            Self::Processing => if_unsent(EventKind::Processing),
            Self::Leaving => if_unsent(EventKind::Leaving),
        }
    }
}
