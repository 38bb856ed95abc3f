//! CloudEvents in the body that lack a part: events all the same, as they are with their attributes in
//! headers.

use serde_json::{Value, json};

use crate::api::harness::{Service, at};

const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json");
const BATCHED: (&str, &str) = ("content-type", "application/cloudevents-batch+json");

/// An event without one of its attributes.
fn without(name: &str, attempt_id: i64) -> Value {
    let data: Value = serde_json::from_str(&at(attempt_id, 0)).unwrap();
    let mut event = json!({
        "specversion": "1.0", "id": "1", "source": "/d", "type": "com.example.queue.joined.v1",
        "queuetype": "inbound_queue", "data": data,
    });
    event.as_object_mut().unwrap().remove(name);
    event
}

/// An event as its envelope is kept.
fn envelope(event: &Value) -> Value {
    let mut envelope = event.clone();
    envelope.as_object_mut().unwrap().remove("data");
    envelope
}

#[test]
fn an_event_without_a_part_is_recorded_with_the_envelope_that_it_has() {
    let service = Service::start();
    for (attempt_id, name) in [(1, "id"), (2, "source"), (3, "specversion")] {
        let event = without(name, attempt_id);
        let receipt = service.post_with("/v1/events", &[STRUCTURED], event.to_string()).expect(201);
        assert_eq!(receipt["event"], "Joined", "{name}");
        let kept = service.show(&format!("/v1/attempts/{attempt_id}/events"))["events"][0].clone();
        assert_eq!(kept["address"]["envelope"], envelope(&event), "{name}");
        assert_eq!(kept["payload"], event["data"], "{name}");
    }
    let batch = json!([without("id", 4), without("source", 5)]).to_string();
    assert_eq!(service.post_with("/v1/events", &[BATCHED], batch).expect(200)["recorded"], 2);
}

#[test]
fn an_event_without_a_type_is_refused_with_its_data_and_can_be_replayed_to_an_address() {
    let service = Service::start();
    let event = without("type", 7);
    let answer = service.post_with("/v1/events", &[STRUCTURED], event.to_string());
    let kept = service.refused(&answer, "unknown_event", event["data"].to_string());
    assert_eq!(kept["address"]["envelope"], envelope(&event));
    let id = kept["refusal_id"].as_str().unwrap();
    let correction = json!({ "address": { "event": "offering" } }).to_string();
    let settled = service.post(&format!("/v1/refusals/{id}/replay"), correction).expect(200);
    assert_eq!(settled["event"]["attempt_id"], 7, "{settled}");
}

#[test]
fn a_plain_body_under_the_media_type_of_an_event_is_a_body() {
    let service = Service::start();
    let body = r#"{"attempt_id":7,"event":"joined","queue_type":"inbound_queue","type":"x","id":"5"}"#;
    service.post_with("/v1/events", &[STRUCTURED], body).expect(201);
    let kept = service.show("/v1/attempts/7/events")["events"][0].clone();
    assert_eq!(kept["payload"], serde_json::from_str::<Value>(body).unwrap());
}

#[test]
fn a_flat_delivery_with_a_variable_data_is_no_event() {
    let service = Service::start();
    let structured = ("content-type", "application/cloudevents+json");
    let body = r#"{"attempt_id":"3","queue_id":"17","data":{"crm":"x"}}"#;
    service.post_with("/v1/hooks/inbound_queue/joined", &[structured], body).expect(201);
}
