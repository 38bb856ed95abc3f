//! The recorded events of an attempt in time order, each with the stage of the run at it.
//!
//! An event is judged by its neighbours in time, so judging and recording cost the same for the tenth and for
//! the ten thousandth event, wherever in time it belongs.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::lifecycle::{Run, Stage, check_insertion};
use crate::{EventKind, QueueType, Revision, Rule, UnixMillis};

/// Where an event belongs in time order: by time, then rank, then after its equals.
type TimePlace = (UnixMillis, u8, Revision);

/// One recorded event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HistoryStep {
    kind: EventKind,
    /// The stage of the run at this event.
    stage: Stage,
}

/// The recorded events in time order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AttemptHistory {
    steps: BTreeMap<TimePlace, HistoryStep>,
}

/// An event of the history that a new event does not go with.
pub(crate) type HistoryNeighbour = (EventKind, UnixMillis);

/// Why an event does not fit into the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistoryMisfit {
    /// It cannot follow the event before it, or cannot come first.
    After(Option<HistoryNeighbour>, Rule),
    /// It stands earlier and makes a recorded event illegal.
    Before(HistoryNeighbour, Rule),
}

/// After every event of the same time and rank.
const fn last_place(at: UnixMillis, kind: EventKind) -> TimePlace {
    (at, kind.rank(), Revision(u32::MAX))
}

impl AttemptHistory {
    /// Judges whether the history with one event more is still a run.
    ///
    /// # Errors
    /// [`HistoryMisfit`] with the rule and the recorded event that speaks against it.
    pub(crate) fn check(
        &self,
        queue_type: QueueType,
        kind: EventKind,
        at: UnixMillis,
    ) -> Result<(), HistoryMisfit> {
        let place = last_place(at, kind);
        let later = || self.steps.range((Bound::Excluded(place), Bound::Unbounded));
        let steps = later().map(|(_, step)| (step.kind, step.stage));
        check_insertion(queue_type, self.run_before(place), kind, steps).map_err(|(index, rule)| {
            let neighbour = |(place, step): (&TimePlace, &HistoryStep)| (step.kind, place.0);
            match index.checked_sub(1).and_then(|index| later().nth(index)) {
                Some(step) => HistoryMisfit::Before(neighbour(step), rule),
                None => HistoryMisfit::After(self.steps.range(..=place).next_back().map(neighbour), rule),
            }
        })
    }

    /// Takes an event that [`AttemptHistory::check`] has let in.
    pub(crate) fn insert(
        &mut self,
        queue_type: QueueType,
        kind: EventKind,
        at: UnixMillis,
        revision: Revision,
    ) {
        let place = (at, kind.rank(), revision);
        let Ok(mut run) = self.run_before(place).then(queue_type, kind) else {
            debug_assert!(false, "the recorded events are a run of the lifecycle");
            return;
        };
        self.steps.insert(place, HistoryStep { kind, stage: run.stage });
        // The few events until both runs are at the same stage, see `check_insertion`.
        for (_, step) in self.steps.range_mut((Bound::Excluded(place), Bound::Unbounded)) {
            match run.then(queue_type, step.kind) {
                Ok(next) if next.stage != step.stage => run = next,
                Ok(_) => break,
                Err(_) => {
                    debug_assert!(false, "the recorded events are a run of the lifecycle");
                    break;
                }
            }
            step.stage = run.stage;
        }
    }

    /// The run up to a place.
    fn run_before(&self, place: TimePlace) -> Run {
        let Some((_, before)) = self.steps.range(..=place).next_back() else { return Run::default() };
        let begins_with_joined =
            self.steps.first_key_value().is_some_and(|(_, first)| first.kind == EventKind::Joined);
        Run::at(before.stage, begins_with_joined)
    }
}
