//! How well attempts were reported.

use super::histories::QUEUE;
use crate::history::Count;
use crate::metrics::definition::Definition;
use crate::metrics::definition::Method;
use crate::metrics::definition::Term::Plus;
use crate::metrics::population::Condition::{Conflict, Gap, LateDelivery};
use crate::metrics::unit::Unit;

pub(super) const QUALITY: &[Definition] = &[
    Definition {
        key: "n_with_gap",
        name: "Attempts with a gap",
        formula: "attempts of which a step was not reported, whatever the queue is defined to send",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: "ours: no peer shows it",
        version: 1,
        histories: QUEUE,
        population: &[Gap],
        needs: &[],
        method: Method::Counted(&[Plus(Count::WithGap)]),
    },
    Definition {
        key: "n_with_conflict",
        name: "Attempts with a conflict",
        formula: "attempts of which deliveries contradict each other",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: "ours: no peer shows it",
        version: 1,
        histories: QUEUE,
        population: &[Conflict],
        needs: &[],
        method: Method::Counted(&[Plus(Count::WithConflict)]),
    },
    Definition {
        key: "n_late",
        name: "Attempts with a late delivery",
        formula: "attempts with a delivery that came more than a day after what it reports",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: "ours: no peer shows it",
        version: 1,
        histories: QUEUE,
        population: &[LateDelivery],
        needs: &[],
        method: Method::Counted(&[Plus(Count::Late)]),
    },
];
