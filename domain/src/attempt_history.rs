//! The recorded events of an attempt in time order, each with the stage of the run at it.
//!
//! An event is judged by its neighbours in time, so judging and recording cost the same for the tenth and for
//! the ten thousandth event, wherever in time it belongs.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::lifecycle::{Run, Stage, check_insertion};
use crate::{EventKind, QueueType, Revision, Rule, UnixMillis};

/// Where an event belongs in time order: by time, then by what can follow what, then after its equals.
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

/// Of one instant, where events of a kind stand: there is room for a miss behind each.
const fn rank(kind: EventKind) -> u8 {
    2 * kind.rank()
}

/// Where a miss stands that ends what an earlier instant began: behind the answers and talks of its own.
const MISS_AT_END: u8 = rank(EventKind::Bridged) + 1;

/// Before and after every event of the same time and rank.
const fn first_place(at: UnixMillis, rank: u8) -> TimePlace {
    (at, rank, Revision(0))
}

const fn last_place(at: UnixMillis, rank: u8) -> TimePlace {
    (at, rank, Revision(u32::MAX))
}

/// Whether somebody has answered or talked: from then on, a miss can only end that.
const fn has_begun(stage: Stage) -> bool {
    matches!(stage, Stage::Answered | Stage::Talked | Stage::MissedAfterTalk)
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
        let place = last_place(at, self.rank_at(at, kind));
        if let Some(miss) = self.miss_that_moves(place, kind) {
            return self.check_moving(queue_type, kind, place, miss);
        }
        let later = || self.steps.range((Bound::Excluded(place), Bound::Unbounded));
        let steps = later().map(|(_, step)| (step.kind, step.stage));
        check_insertion(queue_type, self.run_before(place), kind, steps).map_err(|(index, rule)| match index
            .checked_sub(1)
            .and_then(|index| later().nth(index))
        {
            Some(step) => HistoryMisfit::Before(neighbour(step), rule),
            None => HistoryMisfit::After(self.steps.range(..=place).next_back().map(neighbour), rule),
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
        let place = (at, self.rank_at(at, kind), revision);
        let moving = self.miss_that_moves(place, kind);
        let Ok(mut run) = self.run_before(place).then(queue_type, kind) else {
            debug_assert!(false, "the recorded events are a run of the lifecycle");
            return;
        };
        self.steps.insert(place, HistoryStep { kind, stage: run.stage });
        if let Some(miss) = moving {
            // The stages of what it moves behind stay as they are.
            self.steps.remove(&miss);
            let (at, _, revision) = miss;
            let step = HistoryStep { kind: EventKind::Missed, stage: Stage::MissedAfterTalk };
            self.steps.insert((at, MISS_AT_END, revision), step);
            return;
        }
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

    /// The rank of an event at a time. Before the first answer or talk a miss is best among the offers, where
    /// it forbids nothing; after it, behind everything that a miss cannot come before.
    fn rank_at(&self, at: UnixMillis, kind: EventKind) -> u8 {
        let before = self.run_before(first_place(at, 0));
        if kind == EventKind::Missed && has_begun(before.stage) { MISS_AT_END } else { rank(kind) }
    }

    /// The miss that stands among the offers of its instant until an answer or a talk before it is known, at
    /// this place.
    fn miss_that_moves(&self, place: TimePlace, kind: EventKind) -> Option<TimePlace> {
        let begins = matches!(kind, EventKind::Answered | EventKind::Active | EventKind::Bridged);
        if !begins || has_begun(self.run_before(place).stage) {
            return None;
        }
        let (next, step) = self.steps.range((Bound::Excluded(place), Bound::Unbounded)).next()?;
        (step.kind == EventKind::Missed).then_some(*next)
    }

    /// Judges an event that makes a miss move: of what the miss moves behind, the first of each kind decides.
    fn check_moving(
        &self,
        queue_type: QueueType,
        kind: EventKind,
        place: TimePlace,
        miss: TimePlace,
    ) -> Result<(), HistoryMisfit> {
        let last = || self.steps.range(..=place).next_back().map(neighbour);
        let mut run = self
            .run_before(place)
            .then(queue_type, kind)
            .map_err(|rule| HistoryMisfit::After(last(), rule))?;
        let first_of = |kind| {
            let first = first_place(miss.0, rank(kind)).max(miss);
            let places = (Bound::Excluded(first), Bound::Included(last_place(miss.0, rank(kind))));
            self.steps.range(places).next()
        };
        let passed =
            [EventKind::Missed, EventKind::Answered, EventKind::Bridged].into_iter().filter_map(first_of);
        let rest = self.steps.range(first_place(miss.0, MISS_AT_END)..).next();
        for step in passed.chain(self.steps.get_key_value(&miss)).chain(rest) {
            run = run
                .then(queue_type, step.1.kind)
                .map_err(|rule| HistoryMisfit::Before(neighbour(step), rule))?;
        }
        Ok(())
    }

    /// The run up to a place.
    fn run_before(&self, place: TimePlace) -> Run {
        let Some((_, before)) = self.steps.range(..=place).next_back() else { return Run::default() };
        let begins_with_joined =
            self.steps.first_key_value().is_some_and(|(_, first)| first.kind == EventKind::Joined);
        Run::at(before.stage, begins_with_joined)
    }
}

const fn neighbour((place, step): (&TimePlace, &HistoryStep)) -> HistoryNeighbour {
    (step.kind, place.0)
}
