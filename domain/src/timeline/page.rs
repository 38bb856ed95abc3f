//! A part of a long timeline.

use super::assembly::Timeline;
use super::entry::TimelineEntry;
use super::lane::{Lane, LaneOwner};

/// What an entry takes in an answer beside its texts, about.
const ENTRY_BYTES: usize = 400;

impl Timeline {
    /// The part of a timeline that begins after a number of entries, and how many entries come before the
    /// next part; `None` after the last one. A part has at most `limit` entries of `bytes_max` bytes
    /// together, and at least one if there is any. It has the phases that begin among its entries, so that
    /// each phase is in one part; what is said about the attempt as a whole is in every part.
    #[must_use]
    pub fn page(mut self, after: usize, limit: usize, bytes_max: usize) -> (Self, Option<usize>) {
        let count = self.entries.len();
        let after = after.min(count);
        let mut bytes = 0;
        let fits = |entry: &&TimelineEntry| {
            bytes += size_of(entry);
            bytes <= bytes_max
        };
        let fitting = self.entries[after..].iter().take(limit).take_while(fits).count();
        let end = (after + fitting.max(1)).min(count);
        if (after, end) == (0, count) {
            return (self, None);
        }
        let begins_at =
            if after == 0 { None } else { self.entries.get(after).map(|entry| entry.occurred_at) };
        let ends_at = self.entries.get(end).map(|entry| entry.occurred_at);
        let is_beyond = after > 0 && after == count;
        for lane in &mut self.lanes {
            lane.phases.retain(|phase| {
                let is_later = begins_at.is_none_or(|at| phase.start >= at);
                !is_beyond && is_later && ends_at.is_none_or(|at| phase.start < at)
            });
        }
        self.lanes.retain(Lane::is_drawn);
        self.entries.truncate(end);
        self.entries.drain(..after);
        (self, (end < count).then_some(end))
    }

    /// Adds the part that follows.
    pub fn append(&mut self, next: Self) {
        self.entries.extend(next.entries);
        for lane in next.lanes {
            match self.lanes.iter_mut().find(|known| is_same_owner(&known.owner, &lane.owner)) {
                Some(known) => known.phases.extend(lane.phases),
                None => self.lanes.push(lane),
            }
        }
    }
}

fn is_same_owner(left: &LaneOwner, right: &LaneOwner) -> bool {
    match (left, right) {
        (LaneOwner::Agent { agent_id: left, .. }, LaneOwner::Agent { agent_id: right, .. }) => left == right,
        _ => left == right,
    }
}

fn size_of(entry: &TimelineEntry) -> usize {
    let texts = [&entry.cc_result, &entry.call_cause].map(|text| text.as_ref().map_or(0, String::len));
    ENTRY_BYTES + texts.iter().sum::<usize>() + entry.flags.iter().map(String::len).sum::<usize>()
}
