//! Many clients at once.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, at};
use crate::support::http::Answer;

const CLIENTS: i64 = 64;

/// What each of the clients is answered when all send at the same time.
fn at_once(send: impl Fn(i64) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(usize::try_from(CLIENTS).unwrap());
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (barrier, send) = (&barrier, &send);
                scope.spawn(move || {
                    barrier.wait();
                    send(client)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

fn numbers(values: impl Iterator<Item = Value>) -> BTreeSet<u64> {
    values.map(|value| value.as_u64().unwrap()).collect()
}

#[test]
fn of_64_clients_with_one_body_exactly_one_records_it() {
    for headers in [&[][..], &[("idempotency-key", "k")]] {
        let service = Service::start();
        let answers = at_once(|_| service.post_with("/v1/hooks/inbound_queue/joined", headers, at(7, 0)));
        let expected: Vec<u16> = [200; 63].into_iter().chain([201]).collect();
        assert_eq!(statuses(&answers), expected);
        for answer in &answers {
            let receipt: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!((&receipt["position"], &receipt["revision"]), (&json!(1), &json!(1)));
        }
        assert_eq!(service.head(), 1);
    }
}

#[test]
fn legal_events_of_64_clients_on_one_attempt_get_gapless_revisions() {
    let service = Service::start();
    let answers = at_once(|client| {
        let event = ["offering", "missed", "offering", "bridged"][usize::try_from(client % 4).unwrap()];
        let offset_ms = if event == "bridged" { 1_000 + client } else { client };
        service.inbound(event, at(7, offset_ms))
    });
    assert_eq!(statuses(&answers), [201; 64]);
    let revisions = numbers(answers.iter().map(|answer| answer.expect(201)["revision"].clone()));
    assert_eq!(revisions, (1..=64).collect());
    let events = service.show("/v1/attempts/7/events");
    let events = events["events"].as_array().unwrap();
    let in_order: Vec<u64> = events.iter().map(|event| event["revision"].as_u64().unwrap()).collect();
    assert_eq!(in_order, (1..=64).collect::<Vec<_>>(), "revisions rise with positions");
}

#[test]
fn of_64_clients_under_one_key_for_64_attempts_each_records() {
    let service = Service::start();
    let answers = at_once(|client| {
        let headers = [("idempotency-key", "k")];
        service.post_with("/v1/hooks/inbound_queue/joined", &headers, at(client, 0))
    });
    assert_eq!(statuses(&answers), [201; 64]);
    assert_eq!(service.head(), 64);
}

#[test]
fn of_64_clients_with_one_malformed_body_all_get_the_same_refusal() {
    let service = Service::start();
    let answers = at_once(|_| service.inbound("joined", "{"));
    let ids: BTreeSet<String> = answers
        .iter()
        .map(|answer| answer.problem(422, "malformed_json")["refusal_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(service.head(), 1);
}

#[test]
fn of_64_clients_with_one_refused_body_all_get_the_same_refusal() {
    let service = Service::start();
    service.inbound("leaving", at(7, 0)).expect(201);
    let answers = at_once(|_| service.inbound("leaving", at(7, 1)));
    let ids: BTreeSet<String> = answers
        .iter()
        .map(|answer| answer.problem(422, "left_only_once")["refusal_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(service.head(), 2);
}

#[test]
fn batches_and_single_deliveries_on_the_same_attempts_end_in_gapless_revisions() {
    let service = Service::start();
    let answers = at_once(|client| {
        if client % 2 == 0 {
            return service.inbound("offering", at(client % 4, client));
        }
        // Attempts in falling order: batches that lock in another order must not wait for each other.
        let lines: Vec<String> = (0..4).rev().map(|attempt_id| at(attempt_id, client)).collect();
        service.inbound("offering", format!("[{}]", lines.join(",")))
    });
    assert!(answers.iter().all(|answer| answer.status < 300), "{:?}", statuses(&answers));
    for (attempt_id, expected) in [(0, 48), (1, 32), (2, 48), (3, 32)] {
        let events = service.show(&format!("/v1/attempts/{attempt_id}/events"));
        let revisions =
            numbers(events["events"].as_array().unwrap().iter().map(|event| event["revision"].clone()));
        assert_eq!(revisions, (1..=expected).collect(), "attempt {attempt_id}");
    }
}

#[test]
fn of_64_clients_that_replay_one_refusal_exactly_one_event_comes() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "timestamp": NOW }).to_string();
    let refused = service.post("/v1/events?event=offering", &body).problem(422, "unknown_queue_type");
    service.inbound("joined", at(7, 0)).expect(201);
    let path = format!("/v1/refusals/{}/replay", refused["refusal_id"].as_str().unwrap());
    let answers = at_once(|_| service.post(&path, ""));
    assert_eq!(statuses(&answers), [200; 64]);
    assert_eq!(service.show("/v1/attempts/7")["revision"], 2);
}
