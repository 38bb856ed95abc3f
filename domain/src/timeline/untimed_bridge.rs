//! The first Bridged, where it states no time: then it happened when others carry that it did.

use super::bound::Bound;
use super::carried::{carried_bridges, commonest, plausible_for, stated_between};
use super::run_step::RunStep;
use crate::{CoarseTime, EventKind};

/// The first connection of a run, told by an event without a time of its own.
pub(super) struct UntimedBridge<'r, 's, T> {
    run: &'r [&'s T],
    joined: Option<Bound>,
    /// Its index in the run.
    pub(super) index: usize,
}

impl<'r, 's, T: RunStep> UntimedBridge<'r, 's, T> {
    /// Looks for it.
    pub(super) fn of(run: &'r [&'s T], joined: Option<Bound>) -> Option<Self> {
        let index = run.iter().position(|step| step.event() == EventKind::Bridged)?;
        (!run[index].has_stated_time()).then_some(Self { run, joined, index })
    }

    /// When it was: as most of those that can say so carry it, of the times that keep the order of the run.
    pub(super) fn at(&self) -> Option<Bound> {
        self.placed(commonest(self.carried().filter(|at| self.placed(*at).is_some()))?)
    }

    /// Whether a time is carried that it cannot have had.
    pub(super) fn is_contradicted(&self) -> bool {
        self.carried().any(|at| self.placed(at).is_none())
    }

    /// What the events after the talk carry, and the event itself.
    fn carried(&self) -> impl Iterator<Item = CoarseTime> {
        let own = self.run[self.index];
        carried_bridges(self.run).chain(plausible_for(own, own.bridged_at()))
    }

    /// A time in the place of the event; `None` where it is before what the event follows or after what
    /// follows it.
    fn placed(&self, stated: CoarseTime) -> Option<Bound> {
        let follows = self.run[..self.index].iter().rfind(|step| step.event() != EventKind::Joined);
        let earliest = self.joined.into_iter().chain(follows.map(|step| Bound::of(*step)));
        let earliest = earliest.max_by_key(|bound| bound.at);
        let next = self.run.get(self.index + 1);
        let is_in_order = earliest.is_none_or(|bound| bound.at <= stated.latest())
            && next.is_none_or(|next| stated.can_precede(next.occurred()));
        is_in_order.then(|| stated_between(stated, earliest, next.map(|next| next.occurred_at())))
    }
}
