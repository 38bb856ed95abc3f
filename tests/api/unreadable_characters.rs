//! Half a surrogate pair: what a sender leaves that cuts a text in the middle of a character.

use serde_json::json;

use crate::api::harness::{Service, T0, flags_of};

fn body(attempt_id: i64, event: &str, offset_ms: i64, name: &str) -> String {
    let timestamp = T0 + offset_ms;
    let known = format!(r#""attempt_id":{attempt_id},"event":"{event}","queue_type":1,"queue_id":17"#);
    format!(r#"{{{known},"agent_id":5,"timestamp":{timestamp},"agent_name":"{name}","\udfff":1}}"#)
}

#[test]
fn it_is_shown_as_u_fffd_everywhere_and_kept() {
    let service = Service::start();
    let sent = body(7, "offering", 0, r"Ann \ud83d");
    service.post("/v1/events", &sent).expect(201);
    service.post("/v1/events", &sent).expect(200);
    let event = service.show("/v1/attempts/7/events")["events"][0].clone();
    assert_eq!(
        (&event["payload_text"], &event["payload"]["agent_name"]),
        (&json!(sent), &json!("Ann \u{fffd}"))
    );
    assert_eq!(event["payload"]["\u{fffd}"], 1);
    assert_eq!(flags_of(&service, 7), ["unreadable_character"]);
    let agents = service.read("/v1/agents");
    assert_eq!(agents["agents"][0]["agent_name"], "Ann \u{fffd}", "{agents}");
}

#[test]
fn it_stops_no_projection_and_no_fold_of_an_attempt_with_refusals() {
    let service = Service::start();
    service.post("/v1/events", body(7, "offering", 0, r"\ud83d")).expect(201);
    service.post("/v1/events", body(7, "answered", 1, r"\ud83d")).expect(422);
    service.post("/v1/events", body(7, "leaving", 2, r"\udc00")).expect(201);
    service.post("/v1/events", body(7, "leaving", 3, r"\udc00")).expect(422);
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["state"], "left");
    service.show("/v1/attempts/7/timeline");
    for projection in service.show("/v1/projections")["projections"].as_array().unwrap() {
        assert!(projection.get("failure").is_none_or(serde_json::Value::is_null), "{projection}");
    }
}

#[test]
fn it_is_found_in_arrays_and_lines_and_a_refused_body_keeps_it() {
    let service = Service::start();
    let batch = format!("[{},{}]", body(1, "joined", 0, r"\ud83d"), body(2, "joined", 0, "whole"));
    assert_eq!(service.post("/v1/events", batch).expect(200)["recorded"], 2);
    let refused = body(3, "humming", 0, r"\ud83d");
    let answer = service.post("/v1/events", &refused);
    service.refused(&answer, "unknown_event", &refused);
}

#[test]
fn ids_that_cannot_be_read_stay_apart_and_are_flagged() {
    let service = Service::start();
    let event = |attempt_id: i64, id: &str, source: &str, name: &str, offset_ms: i64| {
        let event_type = format!("x.{name}");
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", id),
            ("ce-source", source),
            ("ce-type", &event_type),
            ("ce-queuetype", "1"),
        ];
        let timestamp = T0 + offset_ms;
        let body = json!({ "attempt_id": attempt_id, "agent_id": 5, "timestamp": timestamp });
        service.post_with("/v1/events", &headers, body.to_string())
    };
    for (attempt_id, left, right) in [(7, ("%E9", "/s"), ("%E8", "/s")), (8, ("1", "/%E9"), ("1", "/%E8"))] {
        let first = event(attempt_id, left.0, left.1, "joined", 0).expect(201);
        assert_eq!(first["flags"], json!(["unreadable_character"]));
        event(attempt_id, right.0, right.1, "offering", 5).expect(201);
        event(attempt_id, right.0, right.1, "offering", 5).expect(200);
    }
    let joined = event(9, "caf%C3%A9", "/s", "joined", 0).expect(201);
    assert!(joined.get("flags").is_none_or(serde_json::Value::is_null), "{joined}");
}
