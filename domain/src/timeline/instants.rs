//! From the run to the instants that every duration is measured between.

use super::run_step::RunStep;
use crate::delivery::plausible;
use crate::{EventKind, UnixMillis};

/// An instant and whether an event reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// When.
    pub at: UnixMillis,
    /// Whether an event says so; otherwise it is carried by others.
    pub observed: bool,
}

/// The instants of an attempt: J, B, P and L of the metric catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instants {
    /// J: the subscriber joined.
    pub joined: Option<Bound>,
    /// B: agent and subscriber were first connected.
    pub bridged: Option<Bound>,
    /// P: after-call work began.
    pub processing: Option<UnixMillis>,
    /// L: the subscriber left the queue.
    pub left: Option<UnixMillis>,
}

impl Instants {
    /// Reads the instants from a run, in time order.
    #[must_use]
    pub fn of<T: RunStep>(run: &[&T]) -> Self {
        let first = |kind| run.iter().find(|one| one.event() == kind).map(|one| one.occurred_at());
        let observed = |at| Bound { at, observed: true };
        let inferred = |at| Bound { at, observed: false };
        let joined = first(EventKind::Joined).map(observed);
        let bridged = first(EventKind::Bridged).map(observed);
        // What is carried matters only where an event is missing.
        let carried_join = if joined.is_some() && bridged.is_some() { None } else { carried_join(run) };
        Self {
            joined: joined.or(carried_join.map(inferred)),
            bridged: bridged.or_else(|| carried_bridge(run, carried_join).map(inferred)),
            processing: first(EventKind::Processing),
            left: first(EventKind::Leaving),
        }
    }

    /// B − J, else L − J.
    #[must_use]
    pub fn wait_ms(&self) -> Option<u64> {
        let end = self.bridged.map(|bound| bound.at).or(self.left)?;
        self.joined.map(|joined| end.since(joined.at))
    }

    /// E − B, where E is P, else L.
    #[must_use]
    pub fn talk_ms(&self) -> Option<u64> {
        let end = self.processing.or(self.left)?;
        self.bridged.map(|bridged| end.since(bridged.at))
    }

    /// L − P.
    #[must_use]
    pub fn wrap_ms(&self) -> Option<u64> {
        Some(self.left?.since(self.processing?))
    }
}

fn carried_join<T: RunStep>(run: &[&T]) -> Option<UnixMillis> {
    let first_event = run.first()?.occurred_at();
    carried(run, RunStep::joined_at).filter(|at| *at <= first_event)
}

/// A carried bridge must lie within the attempt; before the first bridge a variable may show through.
fn carried_bridge<T: RunStep>(run: &[&T], carried_join: Option<UnixMillis>) -> Option<UnixMillis> {
    let after_talk = |one: &T| {
        matches!(one.event(), EventKind::Processing | EventKind::Leaving)
            .then(|| one.bridged_at())
            .flatten()
            .filter(|at| *at <= one.occurred_at())
    };
    carried(run, after_talk).filter(|at| carried_join.is_none_or(|joined| joined <= *at))
}

/// The carried instant that most deliveries agree on.
fn carried<T: RunStep>(run: &[&T], read: impl Fn(&T) -> Option<UnixMillis>) -> Option<UnixMillis> {
    commonest(run.iter().filter_map(|one| read(one).filter(|at| plausible(*at, one.recorded_at()))))
}

/// The most frequent value; among equally frequent ones, the smallest.
pub(super) fn commonest<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    let mut best: Option<(T, usize)> = None;
    for equal in values.chunk_by(|left, right| left == right) {
        if best.is_none_or(|(_, most)| equal.len() > most) {
            best = Some((equal[0], equal.len()));
        }
    }
    best.map(|(value, _)| value)
}
