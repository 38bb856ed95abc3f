//! The instants of earlier events that later ones carry.

use super::bound::{Bound, BoundSource};
use super::run_step::RunStep;
use crate::time_source::plausible;
use crate::{CoarseTime, EventKind, UnixMillis};

/// Before the first bridge a variable of the same name may show through: only what the events after the talk
/// carry counts.
pub(super) fn carried_bridges<T: RunStep>(run: &[&T]) -> impl Iterator<Item = CoarseTime> {
    run.iter().filter(|step| is_after_talk(**step)).filter_map(|step| plausible_for(*step, step.bridged_at()))
}

pub(super) fn plausible_for(step: &impl RunStep, carried: Option<CoarseTime>) -> Option<CoarseTime> {
    carried.filter(|time| plausible(time.at, step.recorded_at()))
}

/// Whether a talk was over by then; these carry when it began.
pub(super) fn is_after_talk(step: &impl RunStep) -> bool {
    matches!(step.event(), EventKind::Processing | EventKind::Leaving)
}

/// A carried instant after what it follows and before what follows it, of one second. Where it is put at the
/// receipt of what it follows, a receipt says so.
pub(super) fn stated_between(
    stated: CoarseTime,
    earliest: Option<Bound>,
    latest: Option<UnixMillis>,
) -> Bound {
    let follows = earliest.filter(|earliest| earliest.at > stated.at);
    let is_receipt = follows.is_some_and(Bound::is_receipt);
    let source = if is_receipt { BoundSource::Receipt } else { BoundSource::Carried };
    let at = follows.map_or(stated.at, |bound| bound.at);
    Bound { at: latest.map_or(at, |latest| at.min(latest)), source }
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
