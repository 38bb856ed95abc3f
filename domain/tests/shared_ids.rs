//! Several deliveries that differ under one id of their sender: exactly one counts, whichever came first.

use attempt_ledger_domain::timeline::{DeliveryOutcome, Details, LoggedDelivery, build};
use attempt_ledger_domain::{
    AgentId, AttemptId, ContentHash, EventKind, Position, QueueType, Revision, Rule, SenderId, TimeSource,
    UnixMillis,
};
use uuid::Uuid;

use EventKind::{Bridged, Joined, Leaving, Missed, Offering, Processing};

/// The event, when it happened, its content, and whether it has the id.
type Said = (EventKind, i64, u8, bool);

fn delivery((event, at, content, has_id): Said, position: u64, time_source: TimeSource) -> LoggedDelivery {
    LoggedDelivery {
        id: Uuid::from_u128(u128::from(content)),
        position: Position(position),
        arrival: DeliveryOutcome::Recorded { revision: Revision(1) },
        event,
        queue_type: Some(QueueType::InboundQueue),
        queue_id: None,
        occurred_at: UnixMillis(at),
        time_source,
        recorded_at: UnixMillis(at),
        content: ContentHash([content; 32]),
        sender_id: has_id.then_some(SenderId([1; 32])),
        details: Details { agent_id: Some(AgentId(1)), ..Details::default() },
        flags: Vec::new(),
    }
}

/// The contents that count, and those that the id sets aside.
fn judged(deliveries: Vec<LoggedDelivery>) -> (Vec<u128>, Vec<u128>) {
    let entries = build(AttemptId(7), deliveries, None, UnixMillis(1_000_000)).entries;
    let of = |rule| entries.iter().filter(move |one| one.set_aside_by == rule).map(|one| one.id.as_u128());
    (of(None).collect(), of(Some(Rule::IdentityConflict)).collect())
}

fn stated(said: &[Said]) -> Vec<LoggedDelivery> {
    (1..).zip(said).map(|(position, one)| delivery(*one, position, TimeSource::Producer)).collect()
}

#[test]
fn without_a_stated_time_the_content_decides_and_not_the_receipt() {
    for time_source in [TimeSource::Receipt, TimeSource::ReceiptForImplausible] {
        for [first, second] in [[1, 2], [2, 1]] {
            let misses = [(Missed, 5_000, first, true), (Missed, 6_000, second, true)];
            let both = (1..).zip(misses).map(|(position, one)| delivery(one, position, time_source));
            assert_eq!(judged(both.collect()), (vec![1], vec![2]), "{first} came first");
        }
    }
}

#[test]
fn what_states_a_time_comes_before_what_states_none() {
    let untimed = delivery((Missed, 1_000, 1, true), 1, TimeSource::Receipt);
    let timed = delivery((Missed, 9_000, 2, true), 2, TimeSource::Producer);
    assert_eq!(judged(vec![untimed, timed]), (vec![2], vec![1]));
}

#[test]
fn the_one_that_counts_is_among_those_that_the_lifecycle_holds() {
    let said = [
        (Joined, 0, 1, false),
        (Leaving, 1_000, 2, true),
        (Offering, 5_000, 3, false),
        (Bridged, 9_000, 4, false),
        (Processing, 15_000, 5, false),
        (Leaving, 20_000, 6, true),
    ];
    assert_eq!(judged(stated(&said)), (vec![1, 3, 4, 5, 6], vec![2]));
}

#[test]
fn the_one_that_counts_is_not_set_aside_for_what_the_others_made_possible() {
    // Offering and the later Leaving are in the longest run of all; without that Leaving there are two.
    let said = [
        (Joined, 0, 1, false),
        (Leaving, 1_000, 2, false),
        (Offering, 5_000, 3, true),
        (Leaving, 20_000, 4, true),
    ];
    assert_eq!(judged(stated(&said)), (vec![1, 3], vec![4]));
}

#[test]
fn an_id_of_one_content_demands_nothing() {
    let of_another_id = LoggedDelivery {
        sender_id: Some(SenderId([2; 32])),
        ..stated(&[(Offering, 5_000, 3, false)]).remove(0)
    };
    let mut all = stated(&[(Joined, 0, 1, true), (Leaving, 1_000, 2, false), (Leaving, 20_000, 4, true)]);
    all.insert(2, of_another_id);
    let (counted, set_aside) = judged(all);
    assert_eq!((counted, set_aside), (vec![1, 2], vec![4]), "the end came before the offer");
}

/// One of the steps that a lifecycle has once, which came twice under one id without a time, and between the
/// two a step that states its time.
fn received_twice(event: EventKind, contents: [u8; 2]) -> Vec<LoggedDelivery> {
    let mut all = stated(&[(Offering, 5_000, 3, false), (Bridged, 9_000, 4, false)]);
    let receipts = match event {
        Joined => [1_000, 7_000],
        Processing => [12_000, 13_000],
        _ => [20_000, 30_000],
    };
    for ((content, at), position) in contents.into_iter().zip(receipts).zip(3..) {
        all.push(LoggedDelivery {
            details: Details { agent_id: Some(AgentId(9 - i64::from(content))), ..Details::default() },
            ..delivery((event, at, content, true), position, TimeSource::Receipt)
        });
    }
    all
}

#[test]
fn of_what_can_come_once_the_content_decides_and_not_which_came_first() {
    for event in [Joined, Processing, Leaving] {
        let [one, other] = [[1, 2], [2, 1]].map(|contents| {
            let entries =
                build(AttemptId(7), received_twice(event, contents), None, UnixMillis(1_000_000)).entries;
            let counted = entries.iter().filter(|entry| entry.counted);
            counted.map(|entry| (entry.id.as_u128(), entry.event, entry.occurred_at)).collect::<Vec<_>>()
        });
        assert_eq!(one, other, "the first of two {event:?} and the last");
        assert!(
            one.iter().any(|(content, ..)| *content == 1),
            "the smaller content of {event:?} counts: {one:?}"
        );
        assert_eq!(one.len(), 3, "one {event:?}, and both others");
    }
}

#[test]
fn what_states_no_time_happened_before_its_id_was_first_received() {
    // Received after the end, the offer that counts would have no place.
    for contents in [[1, 2], [2, 1]] {
        let mut all =
            stated(&[(Joined, 0, 3, false), (Bridged, 9_000, 4, false), (Leaving, 20_000, 5, false)]);
        for ((content, at), position) in contents.into_iter().zip([5_000, 25_000]).zip(4..) {
            all.push(delivery((Offering, at, content, true), position, TimeSource::Receipt));
        }
        assert_eq!(judged(all), (vec![3, 1, 4, 5], vec![2]), "{contents:?}");
    }
}
