//! A part of a long timeline.

use super::assembly::Timeline;
use super::entry::TimelineEntry;
use super::lane::{Lane, LaneOwner};
use super::observations::TimelineObservation;

/// What an entry or an observation takes in an answer beside its texts, about.
const ENTRY_BYTES: usize = 400;

impl Timeline {
    /// The part of a timeline that begins after a number of entries and observations, which follow the
    /// entries, and how many of both come before the next part; `None` after the last one. A part has at
    /// most `limit` of them with `bytes_max` bytes together, and at least one if there is any. It has the
    /// phases that begin among its entries, so that each phase is in one part; what is said about the attempt
    /// as a whole is in every part.
    #[must_use]
    pub fn page(mut self, after: usize, limit: usize, bytes_max: usize) -> (Self, Option<usize>) {
        let (count, total) = (self.entries.len(), self.entries.len() + self.observations.len());
        let after = after.min(total);
        let mut bytes = 0;
        let fits = |size: &usize| {
            bytes += size;
            bytes <= bytes_max
        };
        let sizes = self.entries.iter().map(size_of).chain(self.observations.iter().map(size_of_observation));
        let fitting = sizes.skip(after).take(limit).take_while(fits).count();
        let end_of_all = (after + fitting.max(1)).min(total);
        if (after, end_of_all) == (0, total) {
            return (self, None);
        }
        self.observations.truncate(end_of_all.saturating_sub(count));
        self.observations.drain(..after.saturating_sub(count));
        self.keep_entries(after.min(count), end_of_all.min(count), after >= count);
        (self, (end_of_all < total).then_some(end_of_all))
    }

    /// Keeps a range of the entries and the phases that begin among them.
    fn keep_entries(&mut self, after: usize, end: usize, is_past_the_last: bool) {
        let begins_at =
            if after == 0 { None } else { self.entries.get(after).map(|entry| entry.occurred_at) };
        let ends_at = self.entries.get(end).map(|entry| entry.occurred_at);
        let is_beyond = after > 0 && is_past_the_last;
        for lane in &mut self.lanes {
            lane.phases.retain(|phase| {
                let is_later = begins_at.is_none_or(|at| phase.start >= at);
                !is_beyond && is_later && ends_at.is_none_or(|at| phase.start < at)
            });
        }
        self.lanes.retain(Lane::is_drawn);
        self.entries.truncate(end);
        self.entries.drain(..after);
    }

    /// Adds the part that follows.
    pub fn append(&mut self, next: Self) {
        self.entries.extend(next.entries);
        self.observations.extend(next.observations);
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

fn size_of_observation(observation: &TimelineObservation) -> usize {
    let fields = observation.fields.iter();
    let texts = fields.map(|(name, value)| name.len() + value.as_str().map_or(ENTRY_BYTES / 10, str::len));
    ENTRY_BYTES + texts.sum::<usize>() + observation.flags.iter().map(String::len).sum::<usize>()
}
