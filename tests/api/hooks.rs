//! What arrives for a queue, held against its definition.

use serde_json::{Value, json};

use crate::api::harness::{Service, at, flags_of};

/// A queue whose dialer sends four hooks.
fn service() -> Service {
    let service = Service::start();
    let hooks = ["joined", "offering", "bridged", "leaving"];
    service.put("/v1/queues/17", &json!({ "type": "inbound_queue", "hooks": hooks })).expect(201);
    service
}

fn body(attempt_id: i64) -> String {
    let mut body: Value = serde_json::from_str(&at(attempt_id, 0)).unwrap();
    body["queue_id"] = 17.into();
    body.to_string()
}

/// Delivers, and returns the flags of the answer, which the record and the timeline have, too.
fn flags(service: &Service, path: &str, attempt_id: i64) -> Vec<String> {
    let told = service.post(path, body(attempt_id)).expect(201);
    let told = told.get("flags").cloned().unwrap_or(json!([]));
    assert_eq!(json!(flags_of(service, attempt_id)), told);
    let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
    assert_eq!(timeline["entries"][0]["flags"], told);
    serde_json::from_value(told).unwrap()
}

#[test]
fn a_queue_type_that_differs_from_the_definition_is_recorded_and_flagged() {
    let service = service();
    assert_eq!(flags(&service, "/v1/hooks/preview_dialer/joined", 7), ["queue_type_differs"]);
    let in_the_query = "/v1/events?event=joined&queue_type=preview_dialer";
    assert_eq!(flags(&service, in_the_query, 8), ["queue_type_differs"]);
    assert_eq!(flags(&service, "/v1/hooks/inbound_queue/joined", 9), [""; 0]);
    assert_eq!(flags(&service, "/v1/events?event=joined", 10), [""; 0]);
}

#[test]
fn an_event_that_the_definition_does_not_send_is_recorded_and_flagged() {
    let service = service();
    assert_eq!(flags(&service, "/v1/hooks/inbound_queue/missed", 7), ["hook_not_declared"]);
    let both = ["queue_type_differs", "hook_not_declared"];
    assert_eq!(flags(&service, "/v1/hooks/preview_dialer/missed", 8), both);
    // A definition that names no hooks says nothing about them.
    service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(200);
    assert_eq!(flags(&service, "/v1/hooks/inbound_queue/missed", 9), [""; 0]);
}

#[test]
fn a_duplicate_is_answered_with_the_flags_of_the_first() {
    let service = service();
    for status in [201, 200] {
        let told = service.post("/v1/hooks/inbound_queue/missed", body(7)).expect(status);
        assert_eq!(told["flags"], json!(["hook_not_declared"]));
    }
}

#[test]
fn a_record_is_held_against_the_definition_that_was_in_force_when_it_came() {
    let service = Service::start();
    let before = flags(&service, "/v1/hooks/preview_dialer/joined", 7);
    service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    let between = flags(&service, "/v1/hooks/preview_dialer/joined", 8);
    service.put("/v1/queues/17", &json!({ "type": "preview_dialer" })).expect(200);
    let after = flags(&service, "/v1/hooks/preview_dialer/joined", 9);
    assert_eq!([&before, &between, &after], [&vec![], &vec!["queue_type_differs".to_owned()], &vec![]]);
    for (attempt_id, flags) in [(7, before), (8, between), (9, after)] {
        assert_eq!(flags_of(&service, attempt_id), flags, "attempt {attempt_id}");
    }
    let pages = service.show("/v1/events?limit=9");
    let flagged: Vec<u64> = pages["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| {
            let is_flagged = event["flags"].as_array().unwrap().contains(&json!("queue_type_differs"));
            event["position"].as_u64().filter(|_| is_flagged)
        })
        .collect();
    assert_eq!(flagged, [3]);
}

#[test]
fn the_list_of_queues_shows_which_hooks_arrive() {
    let service = service();
    for (path, attempt_id) in [
        ("/v1/hooks/inbound_queue/joined", 7),
        ("/v1/hooks/inbound_queue/joined", 8),
        ("/v1/hooks/inbound_queue/missed", 7),
        ("/v1/hooks/preview_dialer/joined", 9),
    ] {
        service.post(path, body(attempt_id)).expect(201);
    }
    service.post("/v1/hooks/inbound_queue/answered", body(7)).expect(422);
    let listed = &service.read("/v1/queues")["queues"][0];
    let arriving: Vec<Value> = listed["hooks_arriving"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hook| json!([hook["queue_type"], hook["event"], hook["deliveries"], hook["refusals"]]))
        .collect();
    let expected = json!([
        ["inbound_queue", "answered", 0, 1],
        ["inbound_queue", "joined", 2, 0],
        ["inbound_queue", "missed", 1, 0],
        ["preview_dialer", "joined", 1, 0],
    ]);
    assert_eq!(json!(arriving), expected);
    assert_eq!(listed["hooks_silent"], json!(["offering", "bridged", "leaving"]));
    assert_eq!(listed["hooks_undeclared"], json!(["missed", "answered"]));
    assert_eq!(listed["queue_types_differing"], json!(["preview_dialer"]));
}

#[test]
fn a_queue_without_a_definition_misses_nothing() {
    let service = Service::start();
    service.post("/v1/hooks/inbound_queue/joined", body(7)).expect(201);
    let listed = &service.read("/v1/queues")["queues"][0];
    assert_eq!(listed["hooks_arriving"][0]["event"], "joined");
    for name in ["hooks_silent", "hooks_undeclared", "queue_types_differing"] {
        assert!(listed.get(name).is_none(), "{listed}");
    }
}
