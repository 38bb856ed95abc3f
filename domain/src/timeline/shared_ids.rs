//! Which of several deliveries counts that differ under one id of their sender.

use std::collections::{HashMap, HashSet};

use super::logged_delivery::LoggedDelivery;
use crate::lifecycle::longest_run;
use crate::{ContentHash, EventKind, Position, QueueType, SenderId, UnixMillis};

/// The ids that name several contents of the attempt, each with its first receipt.
pub(super) struct SharedIds {
    first_receipts: HashMap<SenderId, (UnixMillis, Position)>,
}

/// What counts under each of them.
pub(super) struct IdChoices {
    chosen: HashMap<SenderId, Choice>,
}

/// What is preferred comes first: what the longest run of all deliveries holds, so that the choice leaves one
/// that counts; what states a time; the earliest; the smallest content. A receipt's time decides nothing.
type Choice = (NotHeld, NotStated, Option<UnixMillis>, ContentHash);
type NotHeld = bool;
type NotStated = bool;

impl SharedIds {
    pub(super) fn of<'a>(deliveries: impl Iterator<Item = &'a LoggedDelivery>) -> Self {
        let mut contents: HashMap<SenderId, ContentHash> = HashMap::new();
        let mut differ = HashSet::new();
        let mut first_receipts = HashMap::new();
        for one in deliveries {
            let Some(sender_id) = one.sender_id else { continue };
            if *contents.entry(sender_id).or_insert(one.content) != one.content {
                differ.insert(sender_id);
            }
            let receipt = (one.recorded_at, one.position);
            let first = first_receipts.entry(sender_id).or_insert(receipt);
            *first = receipt.min(*first);
        }
        first_receipts.retain(|sender_id, _| differ.contains(sender_id));
        Self { first_receipts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first_receipts.is_empty()
    }

    /// When an id was first received, for one of its deliveries that states no time: what the id names had
    /// happened by then, whichever content came first.
    pub(super) fn first_receipt(&self, one: &LoggedDelivery) -> Option<(UnixMillis, Position)> {
        let first = self.first_receipts.get(one.sender_id.as_ref()?)?;
        (!one.time_source.is_stated()).then_some(*first)
    }

    /// Chooses among deliveries in time order, those without a time at the first receipt of their id.
    pub(super) fn choose(&self, queue_type: QueueType, deliveries: &[&LoggedDelivery]) -> IdChoices {
        let kinds: Vec<EventKind> = deliveries.iter().map(|one| one.event).collect();
        let longest = longest_run(queue_type, &kinds).into_iter().map(|index| deliveries[index]);
        let held: HashSet<_> = longest.filter_map(place).collect();
        let mut chosen: HashMap<SenderId, Choice> = HashMap::new();
        for one in deliveries {
            let Some(sender_id) = one.sender_id.filter(|it| self.first_receipts.contains_key(it)) else {
                continue;
            };
            let is_held = place(one).is_some_and(|place| held.contains(&place));
            let is_stated = one.time_source.is_stated();
            let choice = (!is_held, !is_stated, is_stated.then_some(one.occurred_at), one.content);
            chosen.entry(sender_id).and_modify(|known| *known = choice.min(*known)).or_insert(choice);
        }
        IdChoices { chosen }
    }
}

/// Deliveries of one id, one step and one instant can stand for each other in a run: none is held before the
/// others for its agent's number.
fn place(one: &LoggedDelivery) -> Option<(SenderId, EventKind, UnixMillis)> {
    Some((one.sender_id?, one.event, one.occurred_at))
}

impl IdChoices {
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
