//! Which deliveries count: the longest legal run of the set, and the rule that sets each other one aside.

use std::borrow::Borrow;
use std::collections::HashSet;

use super::carried::commonest;
use super::delivery_outcome::DeliveryOutcome;
use super::logged_delivery::LoggedDelivery;
use super::shared_ids::{IdChoices, SharedIds};
use super::time_order::time_order;
use crate::lifecycle::{Run, check_insertion, event_exists, longest_run_with};
use crate::{ContentHash, EventKind, Position, QueueId, QueueType, Rule, SenderId, UnixMillis};

/// Every delivery about an attempt in time order, with those that count selected.
#[derive(Clone, Debug, Default)]
pub struct RunSelection {
    /// The deliveries, repetitions collapsed.
    pub deliveries: Vec<LoggedDelivery>,
    /// For each of them the rule that sets it aside, or `None` when it counts.
    pub set_aside: Vec<Option<Rule>>,
    /// The type of the attempt's queue.
    pub queue_type: Option<QueueType>,
    /// The attempt's queue.
    pub queue_id: Option<QueueId>,
}

/// A delivery and the rule that sets it aside.
struct Judged {
    delivery: LoggedDelivery,
    rule: Option<Rule>,
    /// Where its record lies.
    position: Position,
}

impl Judged {
    fn of(delivery: LoggedDelivery, rule: Option<Rule>) -> Self {
        Self { position: delivery.position, delivery, rule }
    }

    /// Takes the place of the first receipt of its id.
    fn stand_at(&mut self, (at, position): (UnixMillis, Position)) {
        (self.delivery.occurred_at, self.delivery.position) = (at, position);
    }

    fn into_pair(self) -> (LoggedDelivery, Option<Rule>) {
        (LoggedDelivery { position: self.position, ..self.delivery }, self.rule)
    }
}

impl Borrow<LoggedDelivery> for Judged {
    fn borrow(&self) -> &LoggedDelivery {
        &self.delivery
    }
}

impl RunSelection {
    /// Judges everything delivered about an attempt. A function of the set: the order does not matter.
    #[must_use]
    pub fn of(mut delivered: Vec<LoggedDelivery>) -> Self {
        collapse_repetitions(&mut delivered);
        delivered.sort_by_key(|one| (one.content, one.position));
        let taking_part = || delivered.iter().filter(|one| !one.is_dismissed());
        let queue_type = commonest(taking_part().filter_map(|one| one.queue_type));
        let queue_id = commonest(taking_part().filter_map(|one| one.queue_id));
        let rules = rules_by_themselves(&delivered, queue_type, queue_id);
        let judged = delivered.into_iter().zip(rules).map(|(delivery, rule)| Judged::of(delivery, rule));
        // What cannot count has no say in the order of what can.
        let (mut candidates, mut others): (Vec<_>, Vec<_>) = judged.partition(|one| one.rule.is_none());
        time_order::<LoggedDelivery, _>(&mut candidates);
        if let Some(queue_type) = queue_type {
            let ids = choose_by_id(&mut candidates, &mut others, queue_type);
            set_aside_what_misfits(&mut candidates, queue_type, ids.as_ref());
        }
        sort_in_time(&mut others);
        candidates.append(&mut others);
        candidates.sort_by_key(|one| one.delivery.occurred_at);
        let (deliveries, set_aside) = candidates.into_iter().map(Judged::into_pair).unzip();
        Self { deliveries, set_aside, queue_type, queue_id }
    }

    /// The deliveries that count, in time order.
    pub fn run(&self) -> impl Iterator<Item = &LoggedDelivery> {
        self.deliveries.iter().zip(&self.set_aside).filter(|(_, rule)| rule.is_none()).map(|(one, _)| one)
    }

    /// The deliveries that contradict the run; those that an operator dismissed are not among them.
    pub fn aside(&self) -> impl Iterator<Item = &LoggedDelivery> {
        let pairs = self.deliveries.iter().zip(&self.set_aside);
        pairs.filter(|(one, rule)| rule.is_some() && !one.is_dismissed()).map(|(one, _)| one)
    }
}

/// A refused delivery that equals a recorded one, or another refused one, is the same delivery twice.
fn collapse_repetitions(delivered: &mut Vec<LoggedDelivery>) {
    delivered.sort_by_key(|one| (matches!(one.arrival, DeliveryOutcome::Refused { .. }), one.position));
    let mut kept: HashSet<(ContentHash, Option<SenderId>)> = HashSet::new();
    delivered.retain(|one| {
        let is_first = kept.insert((one.content, one.sender_id));
        is_first || !matches!(one.arrival, DeliveryOutcome::Refused { .. })
    });
}

/// Sorts by time. Of deliveries that nothing else orders the content decides.
fn sort_in_time(some: &mut [Judged]) {
    some.sort_by_key(|one| (one.delivery.content, one.delivery.position));
    time_order::<LoggedDelivery, _>(some);
}

/// Of several contents under one id, moves those that do not count to the others.
fn choose_by_id(
    candidates: &mut Vec<Judged>,
    others: &mut Vec<Judged>,
    queue_type: QueueType,
) -> Option<IdChoices> {
    let shared = SharedIds::of(candidates.iter().map(|one| &one.delivery));
    if shared.is_empty() {
        return None;
    }
    for one in candidates.iter_mut() {
        if let Some(first) = shared.first_receipt(&one.delivery) {
            one.stand_at(first);
        }
    }
    sort_in_time(candidates);
    let all: Vec<&LoggedDelivery> = candidates.iter().map(|one| &one.delivery).collect();
    let choices = shared.choose(queue_type, &all);
    others.extend(
        candidates
            .extract_if(.., |one| choices.exclude(&one.delivery))
            .map(|one| Judged { rule: Some(Rule::IdentityConflict), ..one }),
    );
    sort_in_time(candidates);
    Some(choices)
}

/// For each delivery, the rule that sets it aside wherever it stands in time.
fn rules_by_themselves(
    delivered: &[LoggedDelivery],
    queue_type: Option<QueueType>,
    queue_id: Option<QueueId>,
) -> Vec<Option<Rule>> {
    let rule = |one| match queue_type {
        None => Some(Rule::UnknownQueueType),
        Some(queue_type) => rule_out(one, queue_type, queue_id),
    };
    delivered.iter().map(rule).collect()
}

/// Sets aside what is not in the longest run of candidates in time order.
fn set_aside_what_misfits(candidates: &mut [Judged], queue_type: QueueType, ids: Option<&IdChoices>) {
    let kinds: Vec<EventKind> = candidates.iter().map(|one| one.delivery.event).collect();
    let chosen = ChosenRun::of(queue_type, &kinds, |index| {
        ids.is_some_and(|ids| ids.demand(&candidates[index].delivery))
    });
    let mut next = 0;
    for (place, one) in candidates.iter_mut().enumerate() {
        if chosen.indices.get(next) == Some(&place) {
            next += 1;
        } else {
            one.rule = Some(chosen.rule_against(queue_type, kinds[place], next));
        }
    }
}

/// The rule that sets a delivery aside whatever the others say.
fn rule_out(one: &LoggedDelivery, queue_type: QueueType, queue_id: Option<QueueId>) -> Option<Rule> {
    if let DeliveryOutcome::Refused { rule, dismissed: true } = one.arrival {
        return Some(rule);
    }
    if one.queue_type.is_some_and(|stated| stated != queue_type)
        || one.queue_id.is_some_and(|named| Some(named) != queue_id)
    {
        // What the queue type that it states forbids is refused for that, not for the difference.
        let own = one.queue_type.unwrap_or(queue_type);
        return Some(event_exists(own, one.event).err().unwrap_or(Rule::QueueChanged));
    }
    event_exists(queue_type, one.event).err()
}

/// The run that was chosen among candidates.
struct ChosenRun {
    /// Which candidates, in time order.
    indices: Vec<usize>,
    /// What each of them is, and the run up to it.
    events: Vec<(EventKind, Run)>,
}

impl ChosenRun {
    fn of(queue_type: QueueType, kinds: &[EventKind], is_demanded: impl Fn(usize) -> bool) -> Self {
        let indices = longest_run_with(queue_type, kinds, is_demanded);
        let mut run = Run::default();
        let events = indices.iter().map(|index| {
            run = run.then(queue_type, kinds[*index]).expect("what is chosen is a run of the lifecycle");
            (kinds[*index], run)
        });
        let events = events.collect();
        Self { indices, events }
    }

    /// The rule that the run with one event more, before the event with a number, would break.
    fn rule_against(&self, queue_type: QueueType, kind: EventKind, next: usize) -> Rule {
        let before = next.checked_sub(1).map_or(Run::default(), |last| self.events[last].1);
        let later = self.events[next..].iter().map(|(kind, run)| (*kind, run.stage));
        let misfit = check_insertion(queue_type, before, kind, later).err();
        debug_assert!(misfit.is_some(), "no event that fits is left out of the longest run");
        misfit.map_or(Rule::NotAfterLeaving, |(_, rule)| rule)
    }
}
