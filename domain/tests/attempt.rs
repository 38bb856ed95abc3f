//! The aggregate through the test framework of cqrs-es: given what happened, when this is delivered, then
//! that.

use std::sync::Arc;

use attempt_ledger_domain::{
    Address, Attempt, AttemptEvent, ContentHash, Delivery, EventKind, NotRecorded, QueueDefinition, QueueId,
    Reading, Rule, SenderId, UnixMillis,
};
use cqrs_es::Aggregate as _;
use cqrs_es::test::TestFramework;

const NOW: UnixMillis = UnixMillis(1_784_711_800_000);

fn no_definitions(_: QueueId) -> Option<Arc<QueueDefinition>> {
    None
}

fn delivery(queue_type: &str, event: &str, second: i64) -> Delivery {
    let body = format!(r#"{{"attempt_id":"7","queue_id":"17","timestamp":"{}"}}"#, NOW.0 + second * 1_000);
    read(queue_type, event, &body)
}

fn read(queue_type: &str, event: &str, body: &str) -> Delivery {
    let address =
        Address { event: Some(event.into()), queue_type: Some(queue_type.into()), ..Address::default() };
    read_at(&address, body)
}

fn read_at(address: &Address, body: &str) -> Delivery {
    let reading = Reading::of(address, body.as_bytes(), NOW, &no_definitions, &mut Vec::new());
    reading.expect("it reads").event().expect("it is an event").clone()
}

fn given(deliveries: &[Delivery]) -> Vec<AttemptEvent> {
    let mut attempt = Attempt::default();
    let record = |delivery| {
        let event = attempt.judge(delivery).expect("it is legal");
        attempt.apply(event.clone());
        event
    };
    deliveries.iter().map(record).collect()
}

fn refused_by(history: &[Delivery], next: Delivery) -> Option<Rule> {
    let result = TestFramework::<Attempt>::with(()).given(given(history)).when(next).inspect_result();
    match result {
        Ok(_) => None,
        Err(NotRecorded::Refused(refusal)) => Some(refusal.rule),
        Err(other) => panic!("neither recorded nor refused: {other}"),
    }
}

#[test]
fn an_event_that_arrives_late_takes_its_place_in_time() {
    let history = [delivery("inbound_queue", "bridged", 5), delivery("inbound_queue", "leaving", 9)];
    assert_eq!(refused_by(&history, delivery("inbound_queue", "offering", 2)), None);
    assert_eq!(refused_by(&history, delivery("inbound_queue", "joined", 0)), None);
    assert_eq!(refused_by(&history, delivery("inbound_queue", "processing", 7)), None);
}

#[test]
fn a_late_arrival_is_judged_by_its_time_and_not_by_its_arrival() {
    let history = [delivery("inbound_queue", "bridged", 5)];
    assert_eq!(refused_by(&history, delivery("inbound_queue", "offering", 4)), None);
    let rule = refused_by(&history, delivery("inbound_queue", "offering", 6));
    assert_eq!(rule, Some(Rule::NotAfterTalk));
}

#[test]
fn the_same_delivery_again_is_a_duplicate_of_the_first() {
    let first = delivery("inbound_queue", "joined", 0);
    TestFramework::<Attempt>::with(())
        .given(given(std::slice::from_ref(&first)))
        .when(first)
        .then_expect_error_message("a duplicate of revision 1");
}

#[test]
fn another_queue_or_queue_type_is_refused() {
    let history = [delivery("inbound_queue", "joined", 0)];
    let other_type = delivery("chat_inbound_queue", "offering", 1);
    assert_eq!(refused_by(&history, other_type), Some(Rule::QueueChanged));
    let body = r#"{"attempt_id":7,"queue_id":18}"#;
    assert_eq!(refused_by(&history, read("inbound_queue", "offering", body)), Some(Rule::QueueChanged));
    let body = r#"{"attempt_id":7,"queue_id":17}"#;
    assert_eq!(refused_by(&history, read("inbound_queue", "leaving", body)), None);
}

#[test]
fn a_queue_type_that_nobody_states_is_taken_from_the_attempt_or_refused() {
    let address = Address { event: Some("offering".into()), ..Address::default() };
    let body = format!(r#"{{"attempt_id":"7","timestamp":"{}"}}"#, NOW.0 + 1_000);
    let unstated = read_at(&address, &body);
    assert_eq!(refused_by(&[], unstated.clone()), Some(Rule::UnknownQueueType));
    assert_eq!(refused_by(&[delivery("inbound_queue", "joined", 0)], unstated), None);
}

#[test]
fn equal_bodies_without_a_timestamp_are_one_event_within_the_window_and_two_after_it() {
    let body = r#"{"attempt_id":"7","agent_id":"301"}"#;
    let first = read("inbound_queue", "offering", body);
    let again = |after_ms: i64| Delivery {
        received_at: UnixMillis(NOW.0 + after_ms),
        occurred_at: UnixMillis(NOW.0 + after_ms),
        ..first.clone()
    };
    let history = given(std::slice::from_ref(&first));
    let judge = |delivery| TestFramework::<Attempt>::with(()).given(history.clone()).when(delivery);
    judge(again(10_000)).then_expect_error_message("a duplicate of revision 1");
    let recorded = judge(again(10_001)).inspect_result().expect("a second offer");
    assert_eq!(recorded[0].kind, EventKind::Offering);
}

#[test]
fn times_are_the_producers_when_plausible_and_ours_otherwise() {
    let at = |timestamp: &str, joined_at: &str| {
        let body = format!(r#"{{"attempt_id":1,"timestamp":{timestamp},"joined_at":{joined_at}}}"#);
        read("inbound_queue", "leaving", &body).occurred_at
    };
    let (five_minutes, year_2000) = (NOW.0 + 300_000, 946_684_800_000_i64);
    assert_eq!(at(&five_minutes.to_string(), "\"\""), UnixMillis(five_minutes));
    assert_eq!(at(&(five_minutes + 1).to_string(), "\"\""), NOW);
    assert_eq!(at(&year_2000.to_string(), "\"\""), UnixMillis(year_2000));
    assert_eq!(at(&(year_2000 - 1).to_string(), "\"\""), NOW);
    for timestamp in ["\"2026-01-01\"", "-5", "1.5", "true", "9223372036854775807"] {
        assert_eq!(at(timestamp, "\"\""), NOW, "{timestamp}");
    }
    // What it carries of another event takes nothing from it.
    assert_eq!(at("1784711700000", "1784711700001"), UnixMillis(1_784_711_700_000));
    assert_eq!(at("1784711700000", "1784711700000"), UnixMillis(1_784_711_700_000));
    assert_eq!(at("1784711700000", "-6795364578871"), UnixMillis(1_784_711_700_000));
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with_last = |order: &Vec<usize>| {
        let order = order.clone();
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, count - 1);
            order
        })
    };
    shorter.iter().flat_map(with_last).collect()
}

/// Whether the deliveries are recorded one after the other.
fn are_recorded<'a>(deliveries: impl Iterator<Item = &'a Delivery>) -> bool {
    let mut attempt = Attempt::default();
    deliveries.into_iter().all(|delivery| {
        attempt.judge(delivery).is_ok_and(|event| {
            attempt.apply(event);
            true
        })
    })
}

#[test]
fn a_miss_in_the_instant_of_the_talk_that_it_ends_is_taken_in_every_order() {
    for (queue_type, steps) in [
        (
            "preview_dialer",
            &[("offering", 0), ("active", 1), ("bridged", 3), ("missed", 3), ("leaving", 4)][..],
        ),
        (
            "preview_dialer",
            &[("active", 1), ("missed", 3), ("bridged", 3), ("bridged", 3), ("processing", 3)],
        ),
        (
            "chat_inbound_queue",
            &[("joined", 0), ("bridged", 3), ("bridged", 4), ("missed", 4), ("leaving", 4)],
        ),
        ("inbound_queue", &[("missed", 3), ("offering", 3), ("missed", 3), ("bridged", 3), ("leaving", 4)]),
    ] {
        let deliveries: Vec<Delivery> =
            steps.iter().map(|(event, second)| delivery(queue_type, event, *second)).collect();
        let numbered = (1..).zip(deliveries).map(|(number, delivery)| with_id(delivery, number));
        let deliveries: Vec<Delivery> = numbered.collect();
        for order in orders(deliveries.len()) {
            let in_order = order.iter().map(|index| &deliveries[*index]);
            assert!(are_recorded(in_order), "{queue_type} {steps:?} in the order {order:?}");
        }
    }
}

#[test]
fn what_no_order_of_an_instant_makes_legal_is_refused_in_every_order() {
    for steps in [
        &[("active", 1), ("bridged", 3), ("missed", 3), ("bridged", 4)][..],
        &[("bridged", 1), ("bridged", 3), ("missed", 3), ("missed", 3)],
        &[("active", 1), ("missed", 3), ("offering", 3), ("bridged", 3)],
        &[("bridged", 1), ("missed", 3), ("active", 3)],
    ] {
        let deliveries = steps.iter().map(|(event, second)| delivery("preview_dialer", event, *second));
        let numbered = (1..).zip(deliveries).map(|(number, delivery)| with_id(delivery, number));
        let deliveries: Vec<Delivery> = numbered.collect();
        for order in orders(deliveries.len()) {
            let in_order = order.iter().map(|index| &deliveries[*index]);
            assert!(!are_recorded(in_order), "{steps:?} in the order {order:?}");
        }
    }
}

/// The same under an id of its own, so that equal steps of one instant are two.
fn with_id(delivery: Delivery, number: u8) -> Delivery {
    Delivery { sender_id: Some(SenderId([number; 32])), content: ContentHash([number; 32]), ..delivery }
}
