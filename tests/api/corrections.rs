//! Refused deliveries that are replayed with a correction.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service};
use crate::api::settling::{status, waiting};

/// A replay with a correction.
fn correct(service: &Service, id: &str, correction: &Value) -> crate::support::http::Answer {
    service.post(&format!("/v1/refusals/{id}/replay"), correction.to_string())
}

/// The event of attempt 1.
fn recorded(service: &Service) -> Value {
    let page = service.show("/v1/attempts/1/events");
    page["events"].as_array().unwrap().iter().find(|one| one["kind"] == "event").unwrap().clone()
}

/// A refusal without what settling it changes.
fn kept(service: &Service, id: &str) -> Value {
    let mut refusal = service.show(&format!("/v1/refusals/{id}"));
    let members = refusal.as_object_mut().unwrap();
    for name in ["status", "note", "settled_at"] {
        members.remove(name);
    }
    refusal
}

#[test]
fn a_corrected_replay_names_the_refusal_and_leaves_it_as_it_was() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    let before = kept(&service, &id);
    service.clock.advance_to(NOW + 60_000);
    let body = json!({ "attempt_id": 1, "queue_id": 18, "agent_id": 301 });
    let correction = json!({ "note": "wrong queue", "body": body, "address": { "queue_type": "1" } });
    let settled = correct(&service, &id, &correction).expect(200);
    assert_eq!((&settled["status"], &settled["event"]["revision"]), (&json!("replayed"), &json!(1)));
    let event = recorded(&service);
    assert_eq!((&event["corrects"], &event["payload"]), (&json!(id), &body), "{event}");
    assert_eq!(event["occurred_at"], NOW, "it states no time: it happened when the first was received");
    assert_eq!(event["address"], json!({ "event": "joined", "queue_type": "1" }));
    assert_eq!(kept(&service, &id), before);
    assert_eq!(status(&service, &id), "replayed");
    let head = service.head();
    let again = correct(&service, &id, &correction).expect(200);
    assert_eq!(again["status"], "replayed", "its answer may have been lost");
    let other = json!({ "body": json!({ "attempt_id": 1, "queue_id": 19 }) });
    let problem = correct(&service, &id, &other).problem(409, "refusal_settled");
    assert_eq!(problem["refusal_id"], json!(id), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("replayed"), "{problem}");
    let again = correct(&service, &id, &json!({ "note": "once more" })).expect(200);
    assert_eq!(again, json!({ "refusal_id": id, "status": "replayed" }), "a plain replay says what is so");
    assert_eq!(service.head(), head, "settled once");
    assert_eq!(service.show("/v1/attempts/1/timeline")["entries"].as_array().unwrap().len(), 2);
}

#[test]
fn a_correction_that_is_refused_still_leaves_everything_as_it_was() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    let (before, head) = (kept(&service, &id), service.head());
    for (correction, code) in [
        (json!({ "body": { "attempt_id": 1, "queue_id": 18 } }), "unknown_queue_type"),
        (json!({ "address": { "queue_type": "2", "event": "missed" } }), "missed_needs_agent_participation"),
        (json!({ "address": { "event": "hold" } }), "unknown_event"),
        (json!({ "body": "this is no JSON" }), "malformed_json"),
        (json!({ "body": { "queue_id": 18 } }), "attempt_id_missing"),
    ] {
        let problem = correct(&service, &id, &correction).problem(422, code);
        assert_eq!(problem["refusal_id"], json!(id), "{correction}");
        assert_eq!((service.head(), status(&service, &id)), (head, json!("open")), "{correction}");
    }
    assert_eq!(kept(&service, &id), before);
    for malformed in [json!({ "body": 7 }), json!({ "body": [1] }), json!({ "addres": {} })] {
        correct(&service, &id, &malformed).problem(400, "parameter_invalid");
    }
    // Half a correction leaves the rest as it was sent.
    let correction = json!({ "body": "attempt_id=1", "address": { "queue_type": "inbound_queue" } });
    correct(&service, &id, &correction).problem(422, "malformed_json");
    let text = "{\n \"attempt_id\": \"1\" }";
    let correction = json!({ "body": text, "address": { "queue_type": "inbound_queue" } });
    correct(&service, &id, &correction).expect(200);
    assert_eq!(recorded(&service)["payload_text"], text);
}

#[test]
fn a_correction_of_a_dismissed_refusal_is_not_thrown_away_in_silence() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    service.post(&format!("/v1/refusals/{id}/dismiss"), "").expect(200);
    let head = service.head();
    for correction in [json!({ "address": { "queue_type": "1" } }), json!({ "body": { "attempt_id": 1 } })] {
        let problem = correct(&service, &id, &correction).problem(409, "refusal_settled");
        assert!(problem["detail"].as_str().unwrap().contains("dismissed"), "{problem}");
    }
    assert_eq!((service.head(), status(&service, &id)), (head, json!("dismissed")));
}
