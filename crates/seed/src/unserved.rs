//! Subscribers whom nobody served and who come back: callers call again, the dialer tries its members again.

use std::collections::{BTreeMap, VecDeque};

use super::chance::Chance;
use super::queue::SeedQueue;
use super::story::{SeedMember, Story};

/// Those who may come back to one queue; the oldest are forgotten.
const KEPT_MAX: usize = 32;

/// Nobody comes back sooner.
const PAUSE_MS: i64 = 60_000;

/// Of 10,000 attempts, those that are somebody's next one, while there is somebody.
const RETURNS: u64 = 2_000;

/// Sets the draws about coming back apart from those of the attempts.
const OWN_DRAWS: u64 = 0x7265_7475_726e;

/// By queue, when each was left alone, and who it is. Memory is bounded by the number of queues.
#[derive(Default)]
pub(super) struct Unserved(BTreeMap<i64, VecDeque<(i64, SeedMember)>>);

impl Unserved {
    /// Remembers the subscriber of an attempt that nobody answered.
    pub(super) fn note(&mut self, story: &Story) {
        let (None, Some(last)) = (story.bridged_at, story.steps.last()) else { return };
        let waiting = self.0.entry(story.queue.id.0).or_default();
        waiting.push_back((last.at, story.member));
        if waiting.len() > KEPT_MAX {
            waiting.pop_front();
        }
    }

    /// Who comes back to a queue at this moment, if anybody does.
    pub(super) fn take(
        &mut self,
        queue: &SeedQueue,
        at: i64,
        seed: u64,
        attempt_id: i64,
    ) -> Option<SeedMember> {
        let waiting = self.0.get_mut(&queue.id.0)?;
        let (since, _) = waiting.front()?;
        if since.saturating_add(PAUSE_MS) > at || !Chance::of(seed ^ OWN_DRAWS, attempt_id).happens(RETURNS) {
            return None;
        }
        let (_, mut member) = waiting.pop_front()?;
        if queue.has_members() {
            member.attempt_number += 1;
        }
        Some(member)
    }
}
