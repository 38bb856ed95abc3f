//! Which records of an attempt its judge remembers: all of an ordinary one, some of a runaway one.

use attempt_ledger_domain::{AttemptId, FIRST_EVENTS_KEPT, ORDINARY_RECORDS_MAX, Position, Revision};
use attempt_ledger_log::{EventLog, Key, ReadError};

/// The most events, and the most other records, that are read of a runaway attempt: the newest ones.
pub(crate) const NEWEST_MAX: usize = ORDINARY_RECORDS_MAX;
/// The first events, which say how the attempt began, are read of each.
const FIRST_MAX: usize = FIRST_EVENTS_KEPT as usize;

/// The records that are read to judge what is delivered about an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recollection {
    /// Where they lie, ascending.
    pub(crate) positions: Vec<Position>,
    /// The events that are passed over: those after the first revision, up to the second.
    pub(crate) passed_over: Option<(Revision, Revision)>,
    /// Whether the log has more records of the attempt.
    pub(crate) is_partial: bool,
}

impl Recollection {
    /// That of an attempt, as the log has it.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the files behind it fail.
    pub(crate) fn of(log: &dyn EventLog, attempt_id: AttemptId) -> Result<Self, ReadError> {
        let positions = log.find(Key::Attempt(attempt_id))?;
        if positions.len() <= ORDINARY_RECORDS_MAX {
            return Ok(Self { positions, passed_over: None, is_partial: false });
        }
        let mut events = log.find_events(attempt_id)?;
        // What came between the two looks is left to the next one.
        events.retain(|event| positions.last().is_some_and(|last| event <= last));
        Ok(Self::of_long(&positions, &events, FIRST_MAX, NEWEST_MAX))
    }

    /// That of a long attempt, given where all of its records and its events lie: the first events, the
    /// newest ones, and the newest of all other records.
    fn of_long(positions: &[Position], events: &[Position], first_max: usize, newest_max: usize) -> Self {
        let is_other = |position: &&Position| events.binary_search(position).is_err();
        let others = positions.iter().rev().filter(is_other).take(newest_max);
        let newest_from = events.len().saturating_sub(newest_max);
        let first_to = first_max.min(newest_from);
        let kept = events[..first_to].iter().chain(&events[newest_from..]);
        let mut kept: Vec<Position> = kept.chain(others).copied().collect();
        kept.sort_unstable();
        let is_partial = kept.len() < positions.len();
        let passed_over = (first_to < newest_from).then(|| (revision(first_to), revision(newest_from)));
        Self { positions: kept, passed_over, is_partial }
    }
}

fn revision(events: usize) -> Revision {
    Revision(u32::try_from(events).expect("fewer events than 2^32"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(positions: &[u64]) -> Vec<Position> {
        positions.iter().copied().map(Position).collect()
    }

    #[test]
    fn the_first_events_and_the_newest_of_each_kind_are_remembered() {
        let all = at(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let events = at(&[1, 3, 5, 7, 9]);
        let some = Recollection::of_long(&all, &events, 1, 2);
        assert_eq!(some.positions, at(&[1, 7, 8, 9, 10]));
        assert_eq!((some.passed_over, some.is_partial), (Some((Revision(1), Revision(3))), true));
        let most = Recollection::of_long(&all, &events, 2, 3);
        assert_eq!(most.positions, at(&[1, 3, 5, 6, 7, 8, 9, 10]));
        assert_eq!(most.passed_over, None, "the first and the newest events meet");
    }

    #[test]
    fn the_few_events_of_an_attempt_that_is_refused_ever_after_are_remembered() {
        let some = Recollection::of_long(&at(&[1, 2, 3, 4, 5, 6]), &at(&[1, 2]), 16, 3);
        assert_eq!((some.positions, some.passed_over), (at(&[1, 2, 4, 5, 6]), None));
        assert!(some.is_partial, "a refusal is forgotten");
    }
}
