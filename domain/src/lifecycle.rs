//! The lifecycle of an attempt as an automaton whose every step is optional.
//!
//! ```text
//! agent queues    Joined?  (Offering | Missed)*  (Answered | Active)*  Bridged*  Missed?  Processing?
//! Leaving? outbound IVR    Joined?   Offering*                                  Bridged*
//! Leaving?
//! ```
//! `(Answered | Active)*` only in preview dialers and offline queues. Because every step may be missing, each
//! subset of a legal run is legal, and so the order in which its events arrive cannot matter.

use crate::{EventKind, QueueType, Rule};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl Run {
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

/// The longest legal run among events in time order, as ascending indices; among equals, the one whose events
/// come earliest.
///
/// When deliveries contradict each other, what was *recorded* depends on which came first. This does not: it
/// is a function of the set alone.
#[must_use]
pub fn longest_run(queue_type: QueueType, kinds: &[EventKind]) -> Vec<usize> {
    if check_run(queue_type, kinds.iter().copied()).is_ok() {
        return (0..kinds.len()).collect();
    }
    // The best run found so far for each way to have come this far; there are at most 16 ways.
    let mut best: Vec<(Run, Vec<usize>)> = vec![(Run::default(), Vec::new())];
    for (index, kind) in kinds.iter().enumerate() {
        for (run, chosen) in best.clone() {
            if let Ok(next) = run.then(queue_type, *kind) {
                let mut longer = chosen;
                longer.push(index);
                keep_better(&mut best, next, longer);
            }
        }
    }
    let chosen = best.into_iter().map(|(_, chosen)| chosen).fold(Vec::new(), better);
    debug_assert!(
        check_run(queue_type, chosen.iter().map(|index| kinds[*index])).is_ok(),
        "what is chosen is a run of the lifecycle"
    );
    chosen
}

fn keep_better(best: &mut Vec<(Run, Vec<usize>)>, run: Run, chosen: Vec<usize>) {
    match best.iter_mut().find(|(other, _)| *other == run) {
        Some((_, kept)) => *kept = better(std::mem::take(kept), chosen),
        None => best.push((run, chosen)),
    }
}

fn better(left: Vec<usize>, right: Vec<usize>) -> Vec<usize> {
    match right.len().cmp(&left.len()).then_with(|| left.cmp(&right)) {
        std::cmp::Ordering::Greater => right,
        _ => left,
    }
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
}
