//! Reading in pages, so that a long read neither holds the store nor the memory of all it sends.

use std::sync::Arc;

use crate::record::Recorded;
use crate::state::State;

/// How many events the server takes at a time.
pub(crate) const PAGE_EVENTS: usize = 32;

/// Events of one stream, and how the stream stands.
pub(crate) struct StreamPage {
    pub events: Vec<Arc<Recorded>>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<u64>,
    /// The first revision that can be read, and the last.
    pub first: u64,
    pub last: u64,
}

/// Why a stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    NotFound,
    Deleted,
}

/// What can be read of a stream: its first visible revision and its last.
fn visible(state: &State, stream: &str) -> Result<(u64, u64), Absent> {
    let end = state.end_of(stream);
    if end.is_tombstoned {
        return Err(Absent::Deleted);
    }
    let retention = state.retention(stream);
    match end.last {
        Some(last) if !retention.is_softly_deleted() => Ok((retention.first_visible(last), last)),
        _ => Err(Absent::NotFound),
    }
}

/// Events from a revision on.
pub(crate) fn stream_forwards(
    state: &State,
    stream: &str,
    from: u64,
    limit: usize,
) -> Result<StreamPage, Absent> {
    let (first, last) = visible(state, stream)?;
    let start = from.max(first);
    let revisions = start..=last;
    let events: Vec<_> =
        revisions.take(limit).filter_map(|revision| state.event(stream, revision)).cloned().collect();
    let next = start + events.len() as u64;
    let next = (!events.is_empty() && next <= last).then_some(next);
    Ok(StreamPage { events, next, first, last })
}

/// Events from a revision back; none means from the last.
pub(crate) fn stream_backwards(
    state: &State,
    stream: &str,
    from: Option<u64>,
    limit: usize,
) -> Result<StreamPage, Absent> {
    let (first, last) = visible(state, stream)?;
    let start = from.map_or(last, |from| from.min(last));
    let revisions = (first..=start).rev();
    let events: Vec<_> =
        revisions.take(limit).filter_map(|revision| state.event(stream, revision)).cloned().collect();
    let next = events.last().and_then(|event| event.revision.checked_sub(1)).filter(|next| *next >= first);
    Ok(StreamPage { events, next, first, last })
}

/// Where a reader of $all stands: an index into the events, which only ever grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllCursor(pub usize);

/// Events of $all from a cursor on, with the cursor after them.
pub(crate) fn all_forwards(state: &State, from: AllCursor) -> (Vec<Arc<Recorded>>, AllCursor) {
    let events: Vec<_> = state.events.iter().skip(from.0).take(PAGE_EVENTS).cloned().collect();
    let next = AllCursor(from.0 + events.len());
    (events, next)
}

/// Events of $all before a cursor, newest first, with the cursor of the oldest of them.
pub(crate) fn all_backwards(state: &State, before: AllCursor) -> (Vec<Arc<Recorded>>, AllCursor) {
    let next = AllCursor(before.0.saturating_sub(PAGE_EVENTS));
    let events = state.events[next.0..before.0].iter().rev().cloned().collect();
    (events, next)
}
