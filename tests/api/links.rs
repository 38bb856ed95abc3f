//! Attempts that name the same id of a sender, or the same leg of a call.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};

/// Delivers an event of an attempt, so many milliseconds after [`T0`].
fn send(service: &Service, attempt_id: i64, event: &str, offset_ms: i64, members: Value) {
    let mut body = json!({ "attempt_id": attempt_id, "timestamp": T0 + offset_ms });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.inbound(event, body.to_string()).expect(201);
}

/// Joined, bridged and left at these times, with the same members in every body.
fn call(service: &Service, attempt_id: i64, [joined, bridged, left]: [i64; 3], members: Value) {
    for (event, at) in [("joined", joined), ("bridged", bridged), ("leaving", left)] {
        send(service, attempt_id, event, at, members.clone());
    }
}

/// The same from the timeline and from the summary: links as kind, id and attempt, and flags.
fn story(service: &Service, attempt_id: i64) -> (Value, Vec<String>) {
    let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
    let summary = service.show(&format!("/v1/attempts/{attempt_id}"));
    assert_eq!((&timeline["links"], &timeline["flags"]), (&summary["links"], &summary["flags"]));
    let flags: Vec<String> = serde_json::from_value(timeline["flags"].clone()).unwrap();
    let of_others = ["sender_id_elsewhere", "channel_ids_contradict"];
    (timeline["links"].clone(), flags.into_iter().filter(|it| of_others.contains(&it.as_str())).collect())
}

fn link(kind: &str, id: &str, attempt_id: i64) -> Value {
    json!({ "kind": kind, "id": id, "attempt_id": attempt_id })
}

#[test]
fn a_sender_s_id_at_another_attempt_is_linked_from_both_and_flagged() {
    let service = Service::start();
    for attempt_id in [7, 8] {
        send(&service, attempt_id, "joined", 0, json!({ "event_id": "e-1" }));
    }
    send(&service, 9, "joined", 0, json!({ "event_id": "e-2" }));
    for (attempt_id, other) in [(7, 8), (8, 7)] {
        let (links, flags) = story(&service, attempt_id);
        assert_eq!(links.as_array().unwrap().len(), 1);
        assert_eq!((&links[0]["kind"], &links[0]["attempt_id"]), (&json!("sender_id"), &json!(other)));
        assert_eq!(links[0]["id"].as_str().unwrap().len(), 64, "a digest");
        assert_eq!(flags, ["sender_id_elsewhere"]);
    }
    assert_eq!(story(&service, 9), (Value::Null, Vec::new()));
}

#[test]
fn a_refused_delivery_is_linked_too() {
    let service = Service::start();
    send(&service, 7, "joined", 0, json!({ "member_channel_id": "leg" }));
    send(&service, 8, "joined", 0, json!({}));
    let body = json!({ "attempt_id": 8, "timestamp": T0 + 1, "member_channel_id": "leg" });
    service.inbound("answered", body.to_string()).problem(422, "answered_only_in_preview_and_offline");
    assert_eq!(story(&service, 7).0, json!([link("member_leg", "leg", 8)]));
    assert_eq!(story(&service, 8).0, json!([link("member_leg", "leg", 7)]));
}

#[test]
fn a_leg_is_linked_whichever_side_it_was_named_for() {
    let service = Service::start();
    send(&service, 7, "joined", 0, json!({ "member_channel_id": "leg" }));
    send(&service, 8, "bridged", 0, json!({ "agent_channel_id": "leg", "member_channel_id": "leg" }));
    let (links, flags) = story(&service, 7);
    assert_eq!(links, json!([link("agent_leg", "leg", 8), link("member_leg", "leg", 8)]));
    assert_eq!(story(&service, 8).0, json!([link("member_leg", "leg", 7)]));
    assert_eq!(flags, Vec::<String>::new());
}

#[test]
fn the_past_has_the_links_that_it_had() {
    let service = Service::start();
    for attempt_id in [7, 8, 9] {
        send(&service, attempt_id, "joined", 0, json!({ "member_channel_id": "leg", "event_id": "e" }));
    }
    service.read("/v1/attempts");
    let flags_at = |as_of: u64| {
        let told = service.show(&format!("/v1/attempts/7?as_of={as_of}"));
        let links = told.get("links").map_or(0, |links| links.as_array().unwrap().len());
        (links, told["flags"].as_array().unwrap().contains(&json!("sender_id_elsewhere")))
    };
    assert_eq!([1, 2, 3].map(flags_at), [(0, false), (2, true), (4, true)]);
}

#[test]
fn links_change_the_entity_tag_of_an_attempt_that_itself_stays() {
    let service = Service::start();
    send(&service, 7, "joined", 0, json!({ "member_channel_id": "leg" }));
    let tag = service.get("/v1/attempts/7").headers["etag"].clone();
    assert_eq!(service.get_with("/v1/attempts/7", &[("if-none-match", &tag)]).status, 304);
    send(&service, 8, "joined", 0, json!({ "member_channel_id": "leg" }));
    assert_eq!(service.get_with("/v1/attempts/7", &[("if-none-match", &tag)]).status, 200);
}

#[test]
fn a_hundred_links_are_shown_and_that_there_are_more() {
    let service = Service::start();
    let body = |attempt_id: i64| {
        format!(
            r#"{{"event":"joined","queue_type":"inbound_queue","attempt_id":{attempt_id},"event_id":"1"}}"#
        )
    };
    for (attempts, shown, has_more) in [(1..=101, 100, None), (102..=102, 100, Some(true))] {
        let lines: Vec<String> = attempts.map(body).collect();
        let sent = [("content-type", "application/x-ndjson")];
        service.post_with("/v1/events", &sent, lines.join("\n")).expect(200);
        let told = service.show("/v1/attempts/50");
        assert_eq!(told["links"].as_array().unwrap().len(), shown);
        assert_eq!(told.get("has_more_links").and_then(Value::as_bool), has_more);
    }
}

#[test]
fn a_transferred_calls_attempts_are_linked_and_not_flagged() {
    let service = Service::start();
    let leg = json!({ "member_channel_id": "leg", "agent_channel_id": "desk" });
    call(&service, 7, [0, 1_000, 9_000], leg.clone());
    call(&service, 8, [9_000, 9_000, 20_000], leg);
    let (links, flags) = story(&service, 7);
    assert_eq!(links, json!([link("agent_leg", "desk", 8), link("member_leg", "leg", 8)]));
    assert_eq!(flags, [""; 0]);
    assert_eq!(story(&service, 8).1, [""; 0]);
}

#[test]
fn one_leg_in_two_talks_is_flagged() {
    for name in ["member_channel_id", "agent_channel_id"] {
        let service = Service::start();
        call(&service, 7, [0, 1_000, 9_000], json!({ name: "leg" }));
        call(&service, 8, [0, 8_999, 20_000], json!({ name: "leg" }));
        for attempt_id in [7, 8] {
            assert_eq!(story(&service, attempt_id).1, ["channel_ids_contradict"], "{name}");
        }
    }
}

#[test]
fn a_talk_whose_time_is_that_of_receipt_contradicts_nothing() {
    let service = Service::start();
    call(&service, 7, [0, 1_000, 9_000], json!({ "member_channel_id": "leg" }));
    for event in ["joined", "bridged", "leaving"] {
        let body = json!({ "attempt_id": 8, "member_channel_id": "leg" });
        service.inbound(event, body.to_string()).expect(201);
    }
    call(&service, 9, [0, 0, 50_000], json!({ "member_channel_id": "another" }));
    assert_eq!(story(&service, 7), (json!([link("member_leg", "leg", 8)]), Vec::new()));
}

#[test]
fn one_leg_of_two_members_is_flagged() {
    let service = Service::start();
    call(&service, 7, [0, 1_000, 2_000], json!({ "member_channel_id": "leg", "member_id": 1 }));
    call(&service, 8, [3_000, 4_000, 5_000], json!({ "member_channel_id": "leg", "member_id": "1" }));
    assert_eq!(story(&service, 7).1, [""; 0]);
    call(&service, 9, [6_000, 7_000, 8_000], json!({ "member_channel_id": "leg", "member_id": 2 }));
    for attempt_id in [7, 8, 9] {
        assert_eq!(story(&service, attempt_id).1, ["channel_ids_contradict"]);
    }
    // Within one attempt it is the same.
    send(&service, 10, "joined", 0, json!({ "member_channel_id": "other", "member_id": 1 }));
    send(&service, 10, "offering", 1, json!({ "member_channel_id": "other", "member_id": 2 }));
    assert_eq!(story(&service, 10).1, ["channel_ids_contradict"]);
}

#[test]
fn a_retry_over_another_gateway_and_a_transfer_within_the_attempt_are_not() {
    let service = Service::start();
    send(&service, 7, "joined", 0, json!({ "member_channel_id": "first", "member_id": 1 }));
    send(&service, 7, "offering", 1, json!({ "member_channel_id": "second", "member_id": 1 }));
    send(&service, 7, "bridged", 2, json!({ "member_channel_id": "second", "agent_id": 3 }));
    send(&service, 7, "bridged", 5, json!({ "member_channel_id": "third", "agent_id": 4 }));
    send(&service, 7, "leaving", 9, json!({}));
    assert_eq!(story(&service, 7), (Value::Null, Vec::new()));
}
