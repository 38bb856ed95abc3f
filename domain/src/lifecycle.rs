//! The lifecycle of an attempt as an automaton whose every step is optional.
//!
//! ```text
//! agent queues    Joined?  (Offering | Missed)*  (Answered | Active)*  Bridged*  Missed?  Processing?
//! Leaving? outbound IVR    Joined?   Offering*                                  Bridged*
//! Leaving?
//! ```
//! `(Answered | Active)*` only in preview dialers and offline queues. Because every step may be missing, each
//! subset of a legal run is legal, and so the order in which its events arrive cannot matter.

use serde::{Deserialize, Serialize};

use crate::{EventKind, QueueType, Rule};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Nothing has happened.
    #[default]
    Start,
    /// In the queue, offered to nobody.
    Joined,
    /// Offered or missed at least once.
    Offered,
    /// An agent answered.
    Answered,
    /// Agent and subscriber were connected.
    Talked,
    /// Missed after the answer or the talk: the last step before wrap-up or leaving.
    MissedAfterTalk,
    /// In after-call work.
    WrapUp,
    /// Left the queue.
    Left,
}

/// A run as far as it has come: its stage and whether it began with Joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Run {
    /// How far it has come.
    pub stage: Stage,
    joined: bool,
}

/// The ways to have come so far: a stage, with and without Joined.
const RUNS_MAX: usize = 16;

impl Run {
    /// A run that has come to a stage, given whether it began with Joined.
    pub(crate) const fn at(stage: Stage, joined: bool) -> Self {
        Self { stage, joined }
    }

    const fn number(self) -> usize {
        self.stage as usize * 2 + self.joined as usize
    }

    /// The run with one more event at its end.
    ///
    /// # Errors
    /// The rule that forbids the event here.
    pub fn then(self, queue_type: QueueType, kind: EventKind) -> Result<Self, Rule> {
        event_exists(queue_type, kind)?;
        let stage = match (self.stage, kind) {
            (Stage::Start, EventKind::Joined) => return Ok(Self { stage: Stage::Joined, joined: true }),
            (_, EventKind::Joined) if self.joined => return Err(Rule::JoinedOnlyOnce),
            (_, EventKind::Joined) => return Err(Rule::JoinedComesFirst),
            (Stage::Left, EventKind::Leaving) => return Err(Rule::LeftOnlyOnce),
            (Stage::Left, _) => return Err(Rule::NotAfterLeaving),
            (_, EventKind::Leaving) => Stage::Left,
            (Stage::WrapUp, _) => return Err(Rule::NotAfterProcessing),
            (_, EventKind::Processing) => Stage::WrapUp,
            (Stage::MissedAfterTalk, _) => return Err(Rule::NotAfterTalk),
            (_, EventKind::Bridged) => Stage::Talked,
            (Stage::Answered | Stage::Talked, EventKind::Missed) => Stage::MissedAfterTalk,
            (_, EventKind::Missed) => Stage::Offered,
            (Stage::Talked, _) => return Err(Rule::NotAfterTalk),
            (_, EventKind::Answered | EventKind::Active) => Stage::Answered,
            (Stage::Answered, EventKind::Offering) => return Err(Rule::NotAfterTalk),
            (_, EventKind::Offering) => Stage::Offered,
        };
        Ok(Self { stage, joined: self.joined })
    }
}

/// Whether the queue type has the event at all.
///
/// # Errors
/// The rule that says which queue types have it.
pub fn event_exists(queue_type: QueueType, kind: EventKind) -> Result<(), Rule> {
    if queue_type.has_event(kind) {
        return Ok(());
    }
    Err(match kind {
        EventKind::Missed => Rule::MissedNeedsAgentParticipation,
        EventKind::Processing => Rule::ProcessingNeedsAgentParticipation,
        _ => Rule::AnsweredOnlyInPreviewAndOffline,
    })
}

/// Whether events, in time order, are a run of the queue type's lifecycle.
///
/// # Errors
/// The index of the first event that does not fit, and the rule that says so.
pub fn check_run(
    queue_type: QueueType,
    kinds: impl IntoIterator<Item = EventKind>,
) -> Result<Run, (usize, Rule)> {
    let mut run = Run::default();
    for (index, kind) in kinds.into_iter().enumerate() {
        run = run.then(queue_type, kind).map_err(|rule| (index, rule))?;
    }
    Ok(run)
}

/// Whether events stay a run when one more is put in between.
///
/// `before` is the run up to the new event; `later` are the events after it, each with the stage that they
/// come to without it. Of those no more than [`LATER_EVENTS_READ`] are read, however many there are: by then
/// both runs are at the same stage, and what follows is legal for one as for the other.
///
/// # Errors
/// The rule, and the index of the event that does not fit: 0 is the new one, 1 the first of the later ones.
pub fn check_insertion(
    queue_type: QueueType,
    before: Run,
    kind: EventKind,
    later: impl IntoIterator<Item = (EventKind, Stage)>,
) -> Result<(), (usize, Rule)> {
    let mut run = before.then(queue_type, kind).map_err(|rule| (0, rule))?;
    for (index, (kind, stage)) in (1..).zip(later) {
        run = run.then(queue_type, kind).map_err(|rule| (index, rule))?;
        if run.stage == stage {
            return Ok(());
        }
        debug_assert!(index < LATER_EVENTS_READ, "both runs soon come to the same stage");
    }
    Ok(())
}

/// The events after a new one that [`check_insertion`] reads at most.
pub const LATER_EVENTS_READ: usize = 2;

/// The longest legal run among events in time order, as ascending indices; among equals, the one whose events
/// come earliest.
///
/// When deliveries contradict each other, what was *recorded* depends on which came first. This does not: it
/// is a function of the set alone. Time and memory grow with the number of events.
#[must_use]
pub fn longest_run(queue_type: QueueType, kinds: &[EventKind]) -> Vec<usize> {
    longest_run_with(queue_type, kinds, |_| false)
}

/// How many of the events from a place on can count: those that are demanded, and all.
type Countable = (u32, u32);

/// The longest of the legal runs that hold as many of the demanded events as a run can.
#[must_use]
pub fn longest_run_with(
    queue_type: QueueType,
    kinds: &[EventKind],
    is_demanded: impl Fn(usize) -> bool,
) -> Vec<usize> {
    if check_run(queue_type, kinds.iter().copied()).is_ok() {
        return (0..kinds.len()).collect();
    }
    let one_more = |(demanded, all): Countable, index| (demanded + u32::from(is_demanded(index)), all + 1);
    // From the end: for each way to have come so far, how many of the events from here on can still count.
    let mut countable = vec![[Countable::default(); RUNS_MAX]; kinds.len() + 1];
    for (index, kind) in kinds.iter().enumerate().rev() {
        for run in every_run() {
            let without = countable[index + 1][run.number()];
            let with = run.then(queue_type, *kind);
            let with = with.map(|next| one_more(countable[index + 1][next.number()], index));
            countable[index][run.number()] = without.max(with.unwrap_or_default());
        }
    }
    // From the beginning: an event that can be in a longest run is, so that each is as early as it can be.
    let (mut run, mut chosen) = (Run::default(), Vec::new());
    for (index, kind) in kinds.iter().enumerate() {
        let Ok(next) = run.then(queue_type, *kind) else { continue };
        if one_more(countable[index + 1][next.number()], index) == countable[index][run.number()] {
            chosen.push(index);
            run = next;
        }
    }
    debug_assert_eq!(
        chosen.len(),
        countable[0][Run::default().number()].1 as usize,
        "as many events are chosen as can count"
    );
    chosen
}

fn every_run() -> impl Iterator<Item = Run> {
    const STAGES: [Stage; RUNS_MAX / 2] = [
        Stage::Start,
        Stage::Joined,
        Stage::Offered,
        Stage::Answered,
        Stage::Talked,
        Stage::MissedAfterTalk,
        Stage::WrapUp,
        Stage::Left,
    ];
    STAGES.into_iter().flat_map(|stage| [Run::at(stage, false), Run::at(stage, true)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_leavings_the_earlier_counts() {
        let kinds = [EventKind::Bridged, EventKind::Leaving, EventKind::Leaving];
        assert_eq!(longest_run(QueueType::InboundQueue, &kinds), [0, 1]);
    }

    #[test]
    fn a_stray_early_leaving_does_not_hide_the_rest() {
        let kinds = [EventKind::Leaving, EventKind::Joined, EventKind::Offering, EventKind::Leaving];
        assert_eq!(longest_run(QueueType::InboundQueue, &kinds), [1, 2, 3]);
    }

    /// How many later events an insertion reads until both runs are at the same stage, or one does not fit.
    fn later_read(queue_type: QueueType, without: Run, with: Run) -> usize {
        let next = |kind: &EventKind| {
            let without = without.then(queue_type, *kind).ok()?;
            Some(match with.then(queue_type, *kind) {
                Ok(with) if with.stage != without.stage => 1 + later_read(queue_type, without, with),
                _ => 1,
            })
        };
        EventKind::ALL.iter().filter_map(next).max().unwrap_or_default()
    }

    #[test]
    fn an_insertion_reads_no_more_than_the_stated_number_of_later_events_wherever_it_is() {
        let mut most = 0;
        for queue_type in QueueType::ALL {
            for without in every_run().filter(|run| run.joined || run.stage != Stage::Joined) {
                for kind in EventKind::ALL {
                    if let Ok(with) = without.then(queue_type, kind) {
                        most = most.max(later_read(queue_type, without, with));
                    }
                }
            }
        }
        assert_eq!(most, LATER_EVENTS_READ);
    }
}
