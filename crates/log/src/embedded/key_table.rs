//! The keys of a full plain segment as they lie in its keys file: searched as they are, so that opening the
//! log only reads them.

use attempt_ledger_domain::{AttemptId, Position, Revision};

use super::key_checksums::{KeyChecksums, ordinal_of};
use super::key_map::{KeyMap, Posting};
use crate::Key;

/// The record of an attempt: its ordinal, and whether it counts towards the attempt's revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AttemptEntry {
    pub attempt: i64,
    pub ordinal: u32,
    pub is_event: bool,
}

/// The keys of one segment. Attempts are exact: the writer asks for their revisions, and an attempt may have
/// very many records. Other keys are checksums, confirmed by reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyTable {
    /// Ascending.
    pub attempts: Vec<AttemptEntry>,
    pub others: KeyChecksums,
    /// The ordinals of refusals, ascending.
    pub refusals: Vec<u32>,
}

impl KeyTable {
    pub fn of(map: &KeyMap) -> Self {
        // Ordinals count from zero, whichever position the segment starts with.
        let first = Position(0);
        let mut attempts = Vec::new();
        let mut others = Vec::new();
        for (key, postings) in map.iter(first) {
            match key {
                Key::Attempt(id) => attempts.extend(postings.iter().map(|posting| AttemptEntry {
                    attempt: id.0,
                    ordinal: ordinal_of(posting.position, first),
                    is_event: posting.is_event,
                })),
                _ => others.push((key, postings)),
            }
        }
        attempts.sort_unstable();
        let others = KeyChecksums::of(others.into_iter(), first);
        Self { attempts, others, refusals: map.refusals().to_vec() }
    }

    /// The records of an attempt, ascending.
    pub fn of_attempt(&self, attempt: AttemptId) -> &[AttemptEntry] {
        let start = self.attempts.partition_point(|entry| entry.attempt < attempt.0);
        let length = self.attempts[start..].partition_point(|entry| entry.attempt == attempt.0);
        &self.attempts[start..start + length]
    }

    /// How many events of the attempt are here.
    pub fn events(&self, attempt: AttemptId) -> Revision {
        let events = self.of_attempt(attempt).iter().filter(|entry| entry.is_event);
        Revision(u32::try_from(events.count()).expect("a segment has fewer than 2^31 records"))
    }

    /// The records of an attempt in a segment that starts at `first`, ascending.
    pub fn attempt_postings(&self, attempt: AttemptId, first: Position) -> Vec<Posting> {
        let posting = |entry: &AttemptEntry| Posting {
            position: Position(first.0 + u64::from(entry.ordinal)),
            is_event: entry.is_event,
        };
        self.of_attempt(attempt).iter().map(posting).collect()
    }
}
