//! Which of several deliveries counts that differ under one id of their sender.

use std::collections::{HashMap, HashSet};

use super::logged_delivery::LoggedDelivery;
use crate::lifecycle::longest_run;
use crate::{ContentHash, EventKind, QueueType, SenderId, UnixMillis};

/// What counts under each id that names several contents of the attempt.
#[derive(Debug, Default)]
pub(super) struct SharedIds {
    chosen: HashMap<SenderId, Choice>,
}

/// What is preferred comes first: what the longest run of all deliveries holds, so that the choice leaves one
/// that counts; what states a time; the earliest; the smallest content. A receipt's time decides nothing.
type Choice = (NotHeld, NotStated, Option<UnixMillis>, ContentHash);
type NotHeld = bool;
type NotStated = bool;

impl SharedIds {
    /// Chooses among deliveries in time order.
    pub(super) fn of(queue_type: QueueType, deliveries: &[&LoggedDelivery]) -> Self {
        let shared = ids_that_differ(deliveries);
        if shared.is_empty() {
            return Self::default();
        }
        let kinds: Vec<EventKind> = deliveries.iter().map(|one| one.event).collect();
        let mut is_held = vec![false; deliveries.len()];
        longest_run(queue_type, &kinds).into_iter().for_each(|index| is_held[index] = true);
        let mut chosen: HashMap<SenderId, Choice> = HashMap::new();
        for (one, is_held) in deliveries.iter().zip(is_held) {
            let Some(sender_id) = one.sender_id.filter(|sender_id| shared.contains(sender_id)) else {
                continue;
            };
            let is_stated = one.time_source.is_stated();
            let choice = (!is_held, !is_stated, is_stated.then_some(one.occurred_at), one.content);
            chosen.entry(sender_id).and_modify(|known| *known = choice.min(*known)).or_insert(choice);
        }
        Self { chosen }
    }

    /// Whether another delivery counts in place of this one.
    pub(super) fn exclude(&self, one: &LoggedDelivery) -> bool {
        self.choice(one).is_some_and(|(.., content)| *content != one.content)
    }

    /// Whether the run has to hold this delivery, as it holds those that were chosen of the other ids.
    pub(super) fn demand(&self, one: &LoggedDelivery) -> bool {
        self.choice(one).is_some_and(|(is_not_held, _, _, content)| !is_not_held && *content == one.content)
    }

    fn choice(&self, one: &LoggedDelivery) -> Option<&Choice> {
        self.chosen.get(one.sender_id.as_ref()?)
    }
}

/// The ids that name several contents.
fn ids_that_differ(deliveries: &[&LoggedDelivery]) -> HashSet<SenderId> {
    let mut contents: HashMap<SenderId, ContentHash> = HashMap::new();
    let other_of = |one: &&LoggedDelivery| {
        let first = contents.entry(one.sender_id?).or_insert(one.content);
        (*first != one.content).then_some(one.sender_id).flatten()
    };
    deliveries.iter().filter_map(other_of).collect()
}
