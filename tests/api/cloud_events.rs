//! CloudEvents: binary, structured and batched.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::api::harness::{Service, at};

const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json; charset=utf-8");
const BATCHED: (&str, &str) = ("content-type", "application/cloudevents-batch+json");

fn data(attempt_id: i64) -> Value {
    serde_json::from_str(&at(attempt_id, 0)).unwrap()
}

fn envelope(id: &str, members: Value) -> Value {
    let mut envelope = json!({
        "specversion": "1.0", "id": id, "source": "/dialer", "type": "com.example.queue.joined.v1",
        "queuetype": "inbound_queue",
    });
    envelope.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    envelope
}

#[test]
fn binary_mode_takes_event_queue_type_and_id_from_the_headers() {
    let service = Service::start();
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/dialer"),
        ("ce-type", "com.example.queue.joined.v1"),
        ("ce-queuetype", "1"),
    ];
    let receipt = service.post_with("/v1/events", &headers, at(7, 0)).expect(201);
    assert_eq!(receipt["event"], "Joined");
    service.post_with("/v1/events", &headers, at(7, 0)).expect(200);
}

#[test]
fn structured_mode_records_the_data_and_nothing_around_it() {
    let service = Service::start();
    let body = r#"{"specversion":"1.0","id":"1","source":"/d","type":"offering","queuetype":"1",
        "data" : {"attempt_id":7,  "b":[1, 2]} }"#;
    let receipt = service.post_with("/v1/events", &[STRUCTURED], body).expect(201);
    assert_eq!(receipt["event"], "Offering");
    let text = service.get("/v1/attempts/7/events").text();
    assert!(text.contains(r#""payload":{"attempt_id":7,  "b":[1, 2]}"#), "{text}");
}

#[test]
fn data_in_base64_is_decoded() {
    let service = Service::start();
    let text = base64::engine::general_purpose::STANDARD.encode(at(7, 0));
    let body = envelope("1", json!({ "data_base64": text })).to_string();
    service.post_with("/v1/events", &[STRUCTURED], &body).expect(201);
    let body = envelope("1", json!({ "data": data(7) })).to_string();
    service.post_with("/v1/events", &[STRUCTURED], body).expect(200);
}

#[test]
fn data_that_is_no_base64_is_refused_and_the_whole_envelope_kept() {
    let service = Service::start();
    let body = envelope("1", json!({ "data_base64": "***" })).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], &body);
    service.refused(&answer, "attempt_id_missing", &body);
}

#[test]
fn an_envelope_without_data_is_refused_and_kept() {
    let service = Service::start();
    let body = envelope("1", json!({})).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], &body);
    service.refused(&answer, "attempt_id_missing", &body);
}

#[test]
fn what_is_no_envelope_is_refused_as_what_it_is() {
    let service = Service::start();
    for (body, code) in [("{", "malformed_json"), ("[]", "malformed_json"), ("{}", "unknown_event")] {
        let answer = service.post_with("/v1/events", &[STRUCTURED], body);
        service.refused(&answer, code, body);
    }
}

#[test]
fn the_data_of_a_refused_event_is_kept_with_its_address() {
    let service = Service::start();
    let body = envelope("1", json!({ "type": "x.missed", "queuetype": "2", "data": data(7) })).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], body);
    let kept = service.refused(&answer, "missed_needs_agent_participation", data(7).to_string());
    assert_eq!(kept["address"], json!({ "event": "missed", "id": "/dialer 1", "queue_type": "2" }));
}

#[test]
fn a_batch_of_envelopes_is_answered_one_by_one() {
    let service = Service::start();
    let batch = json!([
        envelope("1", json!({ "data": data(7) })),
        envelope("1", json!({ "data": data(7) })),
        envelope("1", json!({ "data": data(8) })),
        envelope("2", json!({ "data": data(8) })),
        {},
    ]);
    let answer = service.post_with("/v1/events", &[BATCHED], batch.to_string()).expect(200);
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["recorded", "duplicate", "recorded", "refused", "refused"]);
}

#[test]
fn a_batch_that_is_no_array_is_one_refusal() {
    let service = Service::start();
    let answer = service.post_with("/v1/events", &[BATCHED], "{}");
    service.refused(&answer, "unknown_event", "{}");
}

#[test]
fn the_url_is_asked_before_the_type() {
    let service = Service::start();
    let body = envelope("1", json!({ "data": data(7) })).to_string();
    let answer = service.post_with("/v1/hooks/outbound_ivr/bridged", &[STRUCTURED], body).expect(201);
    assert_eq!(answer["event"], "Bridged");
}
