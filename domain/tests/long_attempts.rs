//! Attempts with far more deliveries than a call has: judged and shown as any other, at a cost that does not
//! grow with their square.

use std::cell::Cell;

use attempt_ledger_domain::lifecycle::{LATER_EVENTS_READ, Run, Stage, check_insertion, check_run};
use attempt_ledger_domain::timeline::{DeliveryOutcome, Details, LoggedDelivery, Timeline, build};
use attempt_ledger_domain::{
    Attempt, AttemptEvent, AttemptId, ContentHash, DUPLICATE_WINDOW_MS, Delivery, EventKind, NotRecorded,
    Position, QueueType, Revision, Rule, SenderId, TimeSource, UnixMillis,
};
use cqrs_es::Aggregate as _;
use proptest::prelude::*;
use uuid::Uuid;

const ATTEMPT: AttemptId = AttemptId(7);

fn delivery(event: EventKind, at: i64, content: u8, sender_id: Option<u8>, source: TimeSource) -> Delivery {
    Delivery {
        attempt_id: ATTEMPT,
        event,
        queue_type: Some(QueueType::PreviewDialer),
        queue_id: None,
        occurred_at: UnixMillis(at),
        time_source: source,
        received_at: UnixMillis(at),
        content: ContentHash([content; 32]),
        sender_id: sender_id.map(|id| SenderId([id; 32])),
        flags: Vec::new(),
    }
}

/// The rules of an attempt as they are written down: a walk over everything for each delivery.
#[derive(Default)]
struct WalkedAttempt(Vec<(AttemptEvent, Revision)>);

impl WalkedAttempt {
    fn place(&self, event: EventKind, at: UnixMillis) -> usize {
        let key = (at, event.rank());
        self.0.partition_point(|(event, _)| (event.occurred_at, event.kind.rank()) <= key)
    }

    fn judge(&self, delivery: &Delivery) -> Result<(), Result<Revision, Rule>> {
        for (event, revision) in self.0.iter().rev() {
            let same = event.content == delivery.content;
            if delivery.sender_id.is_some() {
                if event.sender_id == delivery.sender_id {
                    return Err(if same { Ok(*revision) } else { Err(Rule::IdentityConflict) });
                }
                continue;
            }
            let near = delivery.occurred_at.0.abs_diff(event.occurred_at.0) <= DUPLICATE_WINDOW_MS;
            let repeats = delivery.time_source != TimeSource::Receipt || near;
            if same && event.sender_id.is_none() && repeats {
                return Err(Ok(*revision));
            }
        }
        let mut steps: Vec<_> = self.0.iter().map(|(event, _)| (event.occurred_at, event.kind)).collect();
        steps
            .insert(self.place(delivery.event, delivery.occurred_at), (delivery.occurred_at, delivery.event));
        check_run(QueueType::PreviewDialer, with_misses_at_the_end(steps))
            .map(drop)
            .map_err(|(_, rule)| Err(rule))
    }

    fn apply(&mut self, event: AttemptEvent) {
        let place = self.place(event.kind, event.occurred_at);
        let revision = Revision(u32::try_from(self.0.len()).expect("few") + 1);
        self.0.insert(place, (event, revision));
    }
}

/// Once somebody has answered or talked, a miss comes after the answers and talks of its instant.
fn with_misses_at_the_end(mut steps: Vec<(UnixMillis, EventKind)>) -> impl Iterator<Item = EventKind> {
    let begins = |kind| matches!(kind, EventKind::Answered | EventKind::Active | EventKind::Bridged);
    let begun_at = steps.iter().find(|(_, kind)| begins(*kind)).map(|(at, _)| *at);
    steps.sort_by_key(|(at, kind)| {
        let is_end = *kind == EventKind::Missed && begun_at.is_some_and(|begun_at| begun_at < *at);
        (*at, if is_end { EventKind::Bridged } else { *kind }.rank(), is_end)
    });
    steps.into_iter().map(|(_, kind)| kind)
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let sources = [TimeSource::Producer, TimeSource::Receipt, TimeSource::ReceiptForImplausible];
    let one = (0..8_usize, 0..40_i64, 0..6_u8, prop::option::weighted(0.3, 0..4_u8), 0..3_usize);
    let one = one.prop_map(move |(kind, at, content, sender_id, source)| {
        delivery(EventKind::ALL[kind], at * 1_500, content, sender_id, sources[source])
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn a_delivery_is_judged_as_by_a_walk_over_the_whole_history(deliveries in deliveries()) {
        let (mut attempt, mut walked) = (Attempt::default(), WalkedAttempt::default());
        for delivery in deliveries {
            let expected = walked.judge(&delivery);
            match attempt.judge(&delivery) {
                Ok(event) => {
                    prop_assert_eq!(expected, Ok(()));
                    attempt.apply(event.clone());
                    walked.apply(event);
                }
                Err(NotRecorded::Duplicate { revision }) => prop_assert_eq!(expected, Err(Ok(revision))),
                Err(NotRecorded::Refused(refusal)) => prop_assert_eq!(expected, Err(Err(refusal.rule))),
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }

    /// A runaway attempt is judged by its first and its newest events.
    #[test]
    fn what_a_whole_history_lets_in_a_part_of_it_lets_in_too(
        deliveries in deliveries(),
        (first_max, newest_max) in (0..3_usize, 1..9_usize),
        later in deliveries(),
    ) {
        let (mut whole, mut events) = (Attempt::default(), Vec::new());
        for delivery in deliveries {
            if let Ok(event) = whole.judge(&delivery) {
                whole.apply(event.clone());
                events.push(event);
            }
        }
        let newest_from = events.len().saturating_sub(newest_max);
        let first_to = first_max.min(newest_from);
        let mut part = Attempt::default();
        for event in &events[..first_to] {
            part.apply(event.clone());
        }
        part.pass_over(Revision(u32::try_from(newest_from).expect("few")));
        for event in &events[newest_from..] {
            part.apply(event.clone());
        }
        prop_assert_eq!(part.revision(), whole.revision());
        for delivery in later {
            if let Ok(event) = whole.judge(&delivery) {
                prop_assert_eq!(part.judge(&delivery), Ok(event));
            }
        }
    }

    #[test]
    fn parts_put_together_are_the_timeline(
        order in prop::collection::vec((0..8_usize, 0..30_i64, 0..4_i64), 1..60),
        limit in 1..9_usize,
    ) {
        let delivered = order.iter().enumerate().map(|(number, (kind, at, agent))| {
            logged(number, EventKind::ALL[*kind], at * 1_000, Some(*agent).filter(|agent| *agent > 0), true)
        });
        let whole = build(ATTEMPT, delivered.collect(), None, UnixMillis(0));
        let (mut together, mut next) = whole.clone().page(0, limit, usize::MAX);
        let mut parts = 1;
        while let Some(after) = next {
            let (part, later) = whole.clone().page(after, limit, usize::MAX);
            prop_assert!(part.entries.len() <= limit);
            together.append(part);
            parts += 1;
            next = later;
        }
        prop_assert_eq!(parts, whole.entries.len().div_ceil(limit));
        prop_assert_eq!(in_any_lane_order(together), in_any_lane_order(whole));
    }
}

/// An agent is shown where it first has a phase; that may be a later part than the one that first names it.
fn in_any_lane_order(mut timeline: Timeline) -> Timeline {
    timeline.lanes.sort_by_key(|lane| format!("{:?}", lane.owner));
    timeline
}

#[test]
fn a_part_ends_before_it_has_too_many_bytes_and_has_one_entry_at_least() {
    let delivered =
        (0..10).map(|number| logged(number, EventKind::Offering, 1_000 * number as i64, None, true));
    let whole = build(ATTEMPT, delivered.collect(), None, UnixMillis(0));
    let (part, next) = whole.clone().page(0, 100, 1);
    assert_eq!((part.entries.len(), next), (1, Some(1)));
    let (part, next) = whole.clone().page(9, 100, 1);
    assert_eq!((part.entries.len(), next), (1, None));
    let (part, next) = whole.clone().page(500, 100, usize::MAX);
    assert_eq!(
        (part.entries.len(), part.lanes.iter().map(|lane| lane.phases.len()).sum::<usize>(), next),
        (0, 0, None)
    );
    assert_eq!(whole.clone().page(0, 10, usize::MAX), (whole, None));
}

#[test]
fn an_event_is_judged_by_a_few_neighbours_however_many_follow() {
    let before = check_run(QueueType::InboundQueue, [EventKind::Joined]).expect("a run");
    for count in [10, 100_000] {
        let read = Cell::new(0);
        let later = std::iter::repeat_n((EventKind::Offering, Stage::Offered), count)
            .inspect(|_| read.set(read.get() + 1));
        assert_eq!(check_insertion(QueueType::InboundQueue, before, EventKind::Missed, later), Ok(()));
        assert!(read.get() <= LATER_EVENTS_READ, "{} of {count} were read", read.get());
    }
    let at_start = check_insertion(
        QueueType::InboundQueue,
        Run::default(),
        EventKind::Bridged,
        [(EventKind::Joined, Stage::Joined)],
    );
    assert_eq!(at_start, Err((1, Rule::JoinedComesFirst)));
}

/// A delivery as the log holds it; every second refused one contradicts the others.
fn logged(number: usize, event: EventKind, at: i64, agent: Option<i64>, is_recorded: bool) -> LoggedDelivery {
    let mut content = [0; 32];
    content[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let arrival = if is_recorded {
        DeliveryOutcome::Recorded { revision: Revision(u32::try_from(number).expect("few") + 1) }
    } else {
        DeliveryOutcome::Refused { rule: Rule::NotAfterLeaving, dismissed: false }
    };
    LoggedDelivery {
        id: Uuid::from_u128(number as u128),
        position: Position(number as u64 + 1),
        arrival,
        event,
        queue_type: Some(QueueType::InboundQueue),
        queue_id: None,
        occurred_at: UnixMillis(at),
        time_source: TimeSource::Producer,
        recorded_at: UnixMillis(at),
        content: ContentHash(content),
        sender_id: None,
        details: Details { agent_id: agent.map(attempt_ledger_domain::AgentId), ..Details::default() },
        flags: Vec::new(),
    }
}

/// Everything that grew with the square of an attempt at once: other agents at every step, a third of the
/// deliveries refused, half of those contradictions, and an end in the middle. A square of this is no test
/// that fails: it is one that does not end.
#[test]
fn a_timeline_of_sixty_thousand_deliveries_is_drawn() {
    const COUNT: usize = 60_000;
    let delivered = (0..COUNT).map(|number| {
        let (event, is_recorded) = match number {
            0 => (EventKind::Joined, true),
            number if number % 3 == 2 => (EventKind::Leaving, false),
            number if number % 2 == 0 => (EventKind::Offering, true),
            _ => (EventKind::Missed, true),
        };
        logged(number, event, number as i64 * 1_000, Some(number as i64 % 20_000), is_recorded)
    });
    let timeline = build(ATTEMPT, delivered.collect(), None, UnixMillis(0));
    assert_eq!(timeline.entries.len(), COUNT);
    let counted = timeline.entries.iter().filter(|entry| entry.counted).count();
    assert_eq!(counted, COUNT - COUNT / 3 + 1, "one Leaving counts: the last");
    assert!(timeline.flags.iter().any(|flag| flag == "conflict"));
}

#[test]
fn twenty_thousand_events_and_as_many_refusals_are_judged_one_by_one_in_any_order() {
    let mut attempt = Attempt::default();
    for number in 0..20_000_i64 {
        // Backwards in time, so that each stands before all others.
        let mut one = delivery(EventKind::Offering, -number * 20_000, 255, None, TimeSource::Receipt);
        attempt.apply(attempt.judge(&one).expect("it fits"));
        one.event = EventKind::Leaving;
        one.occurred_at = UnixMillis(-number * 20_000 - 1);
        one.content =
            logged(usize::try_from(number).expect("not negative"), EventKind::Leaving, 0, None, true).content;
        match attempt.judge(&one) {
            Err(NotRecorded::Refused(refusal)) => {
                attempt.remember_refusal(one.content, None, Uuid::from_u128(number as u128), refusal);
                let again = attempt.judge(&one);
                assert!(matches!(again, Err(NotRecorded::RefusedBefore { .. })), "{again:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(attempt.revision(), Revision(20_000));
}
