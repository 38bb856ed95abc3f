//! The order of an attempt's deliveries in time, also of those that state the same instant.
//!
//! Dialers report whole milliseconds, some of them whole seconds, so that steps which followed each other can
//! state one instant. Then the lifecycle decides what can follow what (see [`super::one_instant`]). What
//! that leaves open goes by the agent's number. Each delivery is placed once; no orders are tried. Where
//! every time is the receipt's, the order of the records stands in place of all this, within what the
//! lifecycle allows. The guard needs one of them: that a miss ends what an earlier instant began.

use std::borrow::Borrow;

use super::around_instant::{After, Before};
use super::offer_ends::{OfferEnds, rank};
use super::one_instant::Instant;
use super::run_step::RunStep;
use crate::EventKind;

/// Sorts deliveries by time. Those that no rule here orders keep theirs.
pub fn time_order<S: RunStep, T: Borrow<S>>(steps: &mut [T]) {
    let at = |step: &T| step.borrow().occurred_at();
    steps.sort_by_key(|step| (at(step), rank(step.borrow().event()), step.borrow().agent_id()));
    if !steps.windows(2).any(|pair| at(&pair[0]) == at(&pair[1])) {
        return;
    }
    let of = |is_meant: fn(&S) -> bool| steps.iter().map(Borrow::borrow).filter(move |step| is_meant(*step));
    let last_bar = of(bars_end).map(RunStep::occurred_at).max();
    let wrapping = of(|step| step.event() == EventKind::Processing).next().map(RunStep::agent_id);
    let ends = OfferEnds::of::<S, T>(steps);
    let mut before = Before::default();
    let mut start = 0;
    while start < steps.len() {
        let instant = at(&steps[start]);
        let length = steps[start..].iter().take_while(|step| at(step) == instant).count();
        let group = &mut steps[start..start + length];
        if length > 1 {
            let after = After {
                is_end: last_bar.is_none_or(|last| last <= instant),
                offered: ends.last_offered(instant),
                talked: ends.last_talked(instant),
                wraps: wrapping,
            };
            let order = Instant::of::<S, T>(group, &before, &after).into_order(&before, &after);
            arrange(group, order);
        }
        group.iter().for_each(|step| before.take(step.borrow()));
        start += length;
    }
}

/// What a Missed that ends a talk or an answer cannot come before: another of them, and another end.
fn bars_end(step: &impl RunStep) -> bool {
    use EventKind::{Active, Answered, Bridged, Missed};
    matches!(step.event(), Answered | Active | Bridged | Missed)
}

/// Puts the elements into an order that is given by their indices.
fn arrange<T>(group: &mut [T], mut order: Vec<usize>) {
    debug_assert_eq!(order.len(), group.len(), "each delivery has one place");
    for place in 0..order.len() {
        // What stood at the index was moved on by an earlier swap.
        let mut from = order[place];
        while from < place {
            from = order[from];
        }
        group.swap(place, from);
        order[place] = from;
    }
}
