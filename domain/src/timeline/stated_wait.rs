//! What the hook `wait_agent` states, held against its attempt.

use serde_json::Value as Json;

use super::assembly::Timeline;
use super::observations::TimelineObservation;
use crate::{QueueId, QueueType, UnixMillis};

/// What a `wait_agent` says of where and when the dialer looked for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedWait {
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// The queue type that it names.
    pub queue_type: Option<QueueType>,
    /// When it happened; `None` where that is the time of its receipt.
    pub stated_at: Option<UnixMillis>,
}

/// Where an attempt waited for an agent, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitBounds {
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// The type of its queue.
    pub queue_type: Option<QueueType>,
    /// When an agent was connected.
    pub bridged_at: Option<UnixMillis>,
    /// When it left.
    pub left_at: Option<UnixMillis>,
}

impl StatedWait {
    /// The flag of a wait that cannot have been the attempt's: `wait_elsewhere` where it names another queue
    /// or queue type, `wait_after_end` where it begins after the connection or the end. Such a one is no
    /// evidence that somebody answered.
    #[must_use]
    pub fn contradiction(&self, attempt: &WaitBounds) -> Option<&'static str> {
        let is_elsewhere =
            differ(self.queue_id, attempt.queue_id) || differ(self.queue_type, attempt.queue_type);
        let ends = [attempt.bridged_at, attempt.left_at];
        let is_late = self.stated_at.is_some_and(|at| ends.into_iter().flatten().any(|end| end < at));
        match (is_elsewhere, is_late) {
            (true, _) => Some("wait_elsewhere"),
            (false, true) => Some("wait_after_end"),
            (false, false) => None,
        }
    }
}

impl Timeline {
    /// Takes the observations of the attempt, each with what it states of a wait. One that contradicts the
    /// attempt is flagged.
    pub fn observe(&mut self, observations: Vec<(TimelineObservation, Option<StatedWait>)>) {
        let Self { queue_id, queue_type, bridged_at, left_at, .. } = *self;
        let bounds = WaitBounds { queue_id, queue_type, bridged_at, left_at };
        let flag = |(mut observation, wait): (TimelineObservation, Option<StatedWait>)| {
            let contradiction = wait.and_then(|wait| wait.contradiction(&bounds));
            observation.flags.extend(contradiction.map(str::to_owned));
            observation
        };
        self.observations = observations.into_iter().map(flag).collect();
        // By time; equal times by what is said, so that the order of arrival decides between equals alone.
        // The text of what is said is made once for each, and not for each comparison.
        self.observations.sort_by_cached_key(|one| {
            let said = Json::from_iter(one.fields.clone()).to_string();
            (one.occurred_at, one.observation, said, one.position)
        });
    }
}

fn differ<T: PartialEq>(said: Option<T>, known: Option<T>) -> bool {
    matches!((said, known), (Some(said), Some(known)) if said != known)
}
