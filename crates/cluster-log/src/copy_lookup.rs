//! What the copy shows at a place in a stream.

use attempt_ledger_domain::Position;
use uuid::Uuid;

use super::pending_writes::WriteOutcome;
use super::record_event::OutgoingEvent;
use attempt_ledger_log::record::{Leaf, RecordKind};
use attempt_ledger_log::{EmbeddedLog, EventLog as _, Key, ReadError, Stream};

/// What the copy says about a place in a stream, if it reaches that far.
pub(super) fn outcome_in_copy(
    copy: &EmbeddedLog,
    stream: Stream,
    first: u64,
    events: &[OutgoingEvent],
) -> Result<Option<WriteOutcome>, ReadError> {
    if !stream.has_revisions() {
        // The ticket reports it.
        return Ok(None);
    }
    let copied = events_in_copy(copy, stream)?;
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let Some(there) = copied.get(first..).filter(|there| !there.is_empty()) else { return Ok(None) };
    let is_ours = |((id, _), event): (&(Uuid, Position), &OutgoingEvent)| *id == event.id;
    let are_ours = there.len() >= events.len() && there.iter().zip(events).all(is_ours);
    let landed = || there[..events.len()].iter().map(|(_, position)| *position).collect();
    Ok(Some(if are_ours { WriteOutcome::Landed(landed()) } else { WriteOutcome::Passed }))
}

/// The ids and positions of a stream's events in the copy, by number; none for streams without revisions.
pub(super) fn events_in_copy(copy: &EmbeddedLog, stream: Stream) -> Result<Vec<(Uuid, Position)>, ReadError> {
    let key = match stream {
        Stream::Attempt(id) => Key::Attempt(id),
        Stream::Queue(_) => Key::Queues,
        Stream::Observations { .. } | Stream::Refusals { .. } => return Ok(Vec::new()),
    };
    let mut events = Vec::new();
    for stored in copy.read(&copy.find(key)?)? {
        // The follower has parsed every leaf before it appended it.
        let Ok(leaf) = Leaf::parse(&stored.leaf) else { continue };
        let is_in_it = match stream {
            Stream::Queue(id) => leaf.queue_id == Some(id),
            _ => leaf.kind == RecordKind::Event,
        };
        if is_in_it {
            events.push((leaf.id, stored.position));
        }
    }
    Ok(events)
}
