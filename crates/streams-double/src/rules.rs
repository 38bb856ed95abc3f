//! The official rules of a conditional, idempotent write: may it be made, was it made before, or is it in
//! conflict?

use uuid::Uuid;

use crate::expected::Expected;
use crate::state::State;

/// What is to be done about a write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be made after the stream's last event; a stream that was deleted softly lives again.
    Write {
        revives: bool,
    },
    /// Exactly these events are there; the last of them has this revision.
    AlreadyThere {
        last: u64,
    },
    Conflict,
    /// The stream was ended for good, or deleted softly while the writer expects it to exist.
    Deleted,
}

/// Judges a write of events with these ids. A deletion is judged as the write of one event with a fresh id.
pub(crate) fn judge(state: &State, stream: &str, expected: Expected, ids: &[Uuid]) -> Verdict {
    let end = state.end_of(stream);
    if end.is_tombstoned {
        return Verdict::Deleted;
    }
    let revives = state.is_softly_deleted(stream);
    match expected {
        Expected::StreamExists if revives => Verdict::Deleted,
        Expected::StreamExists if end.last.is_none() && !state.has_metadata(stream) => Verdict::Conflict,
        Expected::Any | Expected::StreamExists => judge_anywhere(state, stream, ids, revives),
        Expected::NoStream => judge_at(state, stream, None, ids, revives),
        Expected::Revision(revision) => judge_at(state, stream, Some(revision), ids, revives),
    }
}

/// Without a place the server knows a retry only by the ids it remembers, wherever in the stream they are.
fn judge_anywhere(state: &State, stream: &str, ids: &[Uuid], revives: bool) -> Verdict {
    let mut last = None;
    for id in ids {
        match state.revision_of(stream, *id) {
            Some(revision) => last = Some(revision),
            None if last.is_none() => return Verdict::Write { revives },
            None => return Verdict::Conflict,
        }
    }
    last.map_or(Verdict::Write { revives }, |last| Verdict::AlreadyThere { last })
}

/// With a place a retry is known by the events that follow that place.
fn judge_at(state: &State, stream: &str, expected: Option<u64>, ids: &[Uuid], revives: bool) -> Verdict {
    let current = state.end_of(stream).last;
    if expected == current {
        return Verdict::Write { revives };
    }
    if expected > current || ids.is_empty() {
        return Verdict::Conflict;
    }
    let first = expected.map_or(0, |revision| revision + 1);
    let is_there = |(offset, id): (usize, &Uuid)| {
        let revision = first + offset as u64;
        state.event(stream, revision).is_some_and(|event| event.proposal.id == *id)
            || state.revision_of(stream, *id) == Some(revision)
    };
    match ids.iter().enumerate().position(|numbered| !is_there(numbered)) {
        None => Verdict::AlreadyThere { last: first + ids.len() as u64 - 1 },
        Some(0) if expected.is_none() && revives => Verdict::Write { revives },
        Some(_) => Verdict::Conflict,
    }
}
