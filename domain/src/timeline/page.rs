//! A part of a long timeline.

use std::ops::Range;

use super::assembly::Timeline;
use super::entry::TimelineEntry;
use super::lane::{Lane, LaneOwner, Phase};
use super::observations::TimelineObservation;
use crate::UnixMillis;

/// What an entry or an observation takes in an answer beside its texts, about.
const ENTRY_BYTES: usize = 400;

/// What an entry takes in memory beside its texts, about.
const ENTRY_MEMORY_BYTES: usize = size_of::<TimelineEntry>() + 64;
/// What a phase takes in memory, about.
const PHASE_MEMORY_BYTES: usize = size_of::<Phase>() + 32;

/// A timeline from which parts are taken: each costs as much as it shows, and not what the whole does.
#[derive(Clone, Debug)]
pub struct TimelineParts {
    /// What is said about the attempt as a whole, without lanes, entries and observations.
    whole: Timeline,
    lanes: Vec<Lane>,
    entries: Vec<TimelineEntry>,
    observations: Vec<TimelineObservation>,
}

impl TimelineParts {
    /// The parts of a timeline.
    #[must_use]
    pub fn of(mut whole: Timeline) -> Self {
        let (lanes, entries) = (std::mem::take(&mut whole.lanes), std::mem::take(&mut whole.entries));
        let observations = std::mem::take(&mut whole.observations);
        Self { whole, lanes, entries, observations }
    }

    /// What is said about the attempt as a whole, without lanes, entries and observations.
    #[must_use]
    pub fn whole(&self) -> &Timeline {
        &self.whole
    }

    /// Every delivery, in time order.
    #[must_use]
    pub fn entries(&self) -> &[TimelineEntry] {
        &self.entries
    }

    /// The part that begins after a number of entries and observations, which follow the entries, and how
    /// many of both come before the next part; `None` after the last one. A part has at most `limit` of them
    /// with `bytes_max` bytes together, and at least one if there is any. It has the phases that begin among
    /// its entries, so that each phase is in one part; what is said about the attempt as a whole is in every
    /// part.
    #[must_use]
    pub fn page(&self, after: usize, limit: usize, bytes_max: usize) -> (Timeline, Option<usize>) {
        let (count, total) = (self.entries.len(), self.entries.len() + self.observations.len());
        let after = after.min(total);
        let entries = &self.entries[after.min(count)..];
        let observations = &self.observations[after.saturating_sub(count)..];
        let mut bytes = 0;
        let fits = |size: &usize| {
            bytes += size;
            bytes <= bytes_max
        };
        let sizes = entries.iter().map(size_of_entry).chain(observations.iter().map(size_of_observation));
        let fitting = sizes.take(limit).take_while(fits).count();
        let end = (after + fitting.max(1)).min(total);
        let shown = entries.len().min(end - after);
        let part = Timeline {
            lanes: self.lanes_among(after, end),
            entries: entries[..shown].to_vec(),
            observations: observations[..end - after - shown].to_vec(),
            ..self.whole.clone()
        };
        (part, (end < total).then_some(end))
    }

    /// The lanes with the phases that begin among the entries of a part.
    fn lanes_among(&self, after: usize, end: usize) -> Vec<Lane> {
        if after > 0 && after >= self.entries.len() {
            return self.lanes_of(|_| 0..0);
        }
        let begins_at = self.entries.get(after).filter(|_| after > 0).map(|entry| entry.occurred_at);
        let ends_at = self.entries.get(end).map(|entry| entry.occurred_at);
        self.lanes_of(|phases| {
            let place = |at| phases.partition_point(|phase| phase.start < at);
            begins_at.map_or(0, place)..ends_at.map_or(phases.len(), place)
        })
    }

    /// The lanes that are drawn with these of their phases.
    fn lanes_of(&self, range: impl Fn(&[Phase]) -> Range<usize>) -> Vec<Lane> {
        let lanes = self.lanes.iter().filter_map(|lane| {
            let phases = &lane.phases[range(&lane.phases)];
            let is_drawn = Lane::is_drawn_with(&lane.owner, phases);
            is_drawn.then(|| Lane { owner: lane.owner.clone(), phases: phases.to_vec() })
        });
        lanes.collect()
    }

    /// When the last delivery that counts happened.
    #[must_use]
    pub fn last_counted_at(&self) -> Option<UnixMillis> {
        self.entries.iter().rev().find(|entry| entry.counted).map(|entry| entry.occurred_at)
    }

    /// What it takes in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let entries = self.entries.iter().map(|entry| ENTRY_MEMORY_BYTES + size_of_texts(entry));
        let observations = self.observations.iter().map(size_of_observation);
        let phases = self.lanes.iter().map(|lane| lane.phases.len() * PHASE_MEMORY_BYTES);
        entries.sum::<usize>() + 2 * observations.sum::<usize>() + phases.sum::<usize>()
    }
}

impl Timeline {
    /// A part of a timeline that is needed once, see [`TimelineParts::page`].
    #[must_use]
    pub fn page(self, after: usize, limit: usize, bytes_max: usize) -> (Self, Option<usize>) {
        TimelineParts::of(self).page(after, limit, bytes_max)
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

fn size_of_entry(entry: &TimelineEntry) -> usize {
    ENTRY_BYTES + size_of_texts(entry)
}

fn size_of_texts(entry: &TimelineEntry) -> usize {
    let texts = [&entry.cc_result, &entry.call_cause].map(|text| text.as_ref().map_or(0, String::len));
    texts.iter().sum::<usize>() + entry.flags.iter().map(String::len).sum::<usize>()
}

fn size_of_observation(observation: &TimelineObservation) -> usize {
    let fields = observation.fields.iter();
    let texts = fields.map(|(name, value)| name.len() + value.as_str().map_or(ENTRY_BYTES / 10, str::len));
    ENTRY_BYTES + texts.sum::<usize>() + observation.flags.iter().map(String::len).sum::<usize>()
}
