//! An instant of an attempt, and who says so.

use super::run_step::RunStep;
use crate::UnixMillis;

/// Who says when something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundSource {
    /// An event, by a sender's clock.
    Event,
    /// Other events carry it.
    Carried,
    /// An event, by the time of its receipt: it may have happened long before.
    Receipt,
}

/// An instant and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// When.
    pub at: UnixMillis,
    /// Who says so.
    pub source: BoundSource,
}

impl Bound {
    /// The instant of an event.
    #[must_use]
    pub fn of(step: &impl RunStep) -> Self {
        let source = if step.has_stated_time() { BoundSource::Event } else { BoundSource::Receipt };
        Self { at: step.occurred_at(), source }
    }

    /// An instant that other events carry.
    pub(super) const fn carried(at: UnixMillis) -> Self {
        Self { at, source: BoundSource::Carried }
    }

    /// Whether only other events carry it.
    #[must_use]
    pub fn is_carried(self) -> bool {
        self.source == BoundSource::Carried
    }

    /// Whether it is the time of a receipt: nothing is measured from it, or to it.
    #[must_use]
    pub fn is_receipt(self) -> bool {
        self.source == BoundSource::Receipt
    }

    /// The time between two instants; `None` where either is a receipt's.
    #[must_use]
    pub fn ms_until(self, end: Self) -> Option<u64> {
        let is_known = !self.is_receipt() && !end.is_receipt();
        is_known.then(|| end.at.since(self.at))
    }
}
