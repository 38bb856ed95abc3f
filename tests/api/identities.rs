//! Ids that senders give: within an attempt, one id names one content.

use serde_json::json;

use crate::api::harness::{Service, at};
use crate::support::http::Answer;

fn keyed(service: &Service, event: &str, key: &str, body: impl AsRef<[u8]>) -> Answer {
    service.post_with(&format!("/v1/hooks/inbound_queue/{event}"), &[("idempotency-key", key)], body)
}

fn cloud_event(service: &Service, source: &str, id: &str, body: impl AsRef<[u8]>) -> Answer {
    let headers = [("ce-specversion", "1.0"), ("ce-source", source), ("ce-id", id), ("ce-type", "x.joined")];
    service.post_with("/v1/events?queue_type=1", &headers, body)
}

fn with_event_id(attempt_id: i64, event_id: &str, extra: &str) -> String {
    json!({ "attempt_id": attempt_id, "event_id": event_id, "extra": extra }).to_string()
}

#[test]
fn the_same_key_with_the_same_body_is_a_duplicate() {
    let service = Service::start();
    let first = keyed(&service, "joined", "k1", at(7, 0)).expect(201);
    let again = keyed(&service, "joined", "k1", at(7, 0)).expect(200);
    assert_eq!(first["position"], again["position"]);
    assert_eq!(service.head(), 1);
}

#[test]
fn a_quoted_key_is_the_key_within_its_quotes() {
    let service = Service::start();
    keyed(&service, "joined", "\"k1\"", at(7, 0)).expect(201);
    keyed(&service, "joined", "k1", at(7, 0)).expect(200);
}

#[test]
fn an_empty_key_is_no_key() {
    let service = Service::start();
    keyed(&service, "joined", "", at(7, 0)).expect(201);
    keyed(&service, "joined", "\"\"", at(8, 0)).expect(201);
}

#[test]
fn the_same_key_with_another_body_is_a_conflict_and_kept() {
    let service = Service::start();
    keyed(&service, "joined", "k1", at(7, 0)).expect(201);
    let answer = keyed(&service, "joined", "k1", at(7, 1));
    let kept = service.refused(&answer, "identity_conflict", at(7, 1));
    assert_eq!(kept["address"]["id"], "k1");
}

#[test]
fn the_same_key_for_another_event_is_a_conflict() {
    let service = Service::start();
    keyed(&service, "joined", "k1", at(7, 0)).expect(201);
    keyed(&service, "offering", "k1", at(7, 0)).problem(422, "identity_conflict");
}

#[test]
fn the_same_key_at_another_attempt_is_another_delivery() {
    let service = Service::start();
    keyed(&service, "joined", "k1", at(7, 0)).expect(201);
    keyed(&service, "joined", "k1", at(8, 0)).expect(201);
    keyed(&service, "joined", "k1", at(8, 0)).expect(200);
    assert_eq!(service.head(), 2);
}

#[test]
fn a_repeated_conflict_gets_the_first_refusal() {
    let service = Service::start();
    keyed(&service, "joined", "k1", at(7, 0)).expect(201);
    let first = keyed(&service, "joined", "k1", at(7, 1)).problem(422, "identity_conflict");
    let again = keyed(&service, "joined", "k1", at(7, 1)).problem(422, "identity_conflict");
    assert_eq!(first["refusal_id"], again["refusal_id"]);
    assert_eq!(service.head(), 2, "a repeated refusal appends nothing");
}

#[test]
fn equal_bodies_under_two_keys_are_two_events() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "agent_id": 3 }).to_string();
    keyed(&service, "offering", "k1", &body).expect(201);
    assert_eq!(keyed(&service, "offering", "k2", &body).expect(201)["revision"], 2);
}

#[test]
fn a_key_whose_delivery_was_refused_is_free_for_another_content() {
    let service = Service::start();
    keyed(&service, "answered", "k1", at(7, 0)).problem(422, "answered_only_in_preview_and_offline");
    keyed(&service, "joined", "k1", at(7, 0)).expect(201);
}

#[test]
fn an_event_id_in_the_body_names_the_content_too() {
    let service = Service::start();
    service.inbound("joined", with_event_id(7, "e1", "a")).expect(201);
    service.inbound("joined", with_event_id(7, "e1", "a")).expect(200);
    service.inbound("joined", with_event_id(7, "e1", "b")).problem(422, "identity_conflict");
    service.inbound("joined", with_event_id(8, "e1", "a")).expect(201);
}

#[test]
fn one_id_is_one_id_whether_in_the_header_or_in_the_body() {
    let service = Service::start();
    service.inbound("joined", with_event_id(7, "e1", "a")).expect(201);
    keyed(&service, "joined", "e1", at(7, 0)).problem(422, "identity_conflict");
    keyed(&service, "joined", "k1", at(9, 0)).expect(201);
    service.inbound("joined", with_event_id(9, "k1", "a")).problem(422, "identity_conflict");
}

#[test]
fn a_cloud_events_id_is_unique_within_its_source() {
    let service = Service::start();
    cloud_event(&service, "/a", "1", at(7, 0)).expect(201);
    cloud_event(&service, "/a", "1", at(7, 0)).expect(200);
    cloud_event(&service, "/a", "1", at(7, 1)).problem(422, "identity_conflict");
    cloud_event(&service, "/a", "1", at(8, 0)).expect(201);
    cloud_event(&service, "/b", "1", at(7, 2)).problem(422, "joined_only_once");
}

#[test]
fn a_batch_keeps_conflicts_of_ids_in_the_bodies() {
    let service = Service::start();
    let lines = [with_event_id(7, "e1", "a"), with_event_id(7, "e1", "b"), with_event_id(8, "e1", "a")];
    let answer = service.inbound("joined", format!("[{}]", lines.join(","))).expect(200);
    assert_eq!(answer["results"][0]["outcome"], "recorded");
    assert_eq!(answer["results"][1]["code"], "identity_conflict");
    assert_eq!(answer["results"][2]["outcome"], "recorded", "{answer}");
}
