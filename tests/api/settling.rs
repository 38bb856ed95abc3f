//! Refusals settled: replayed, dismissed, and never twice.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0, at};

/// A delivery that waits for its queue's definition.
pub fn waiting(service: &Service, attempt_id: i64, queue_id: i64) -> String {
    let body = json!({ "attempt_id": attempt_id, "queue_id": queue_id, "timestamp": T0 }).to_string();
    let problem = service.post("/v1/events?event=joined", body).problem(422, "unknown_queue_type");
    problem["refusal_id"].as_str().unwrap().to_owned()
}

fn settle(service: &Service, id: &str, action: &str, note: &str) -> crate::support::http::Answer {
    let body = if note.is_empty() { String::new() } else { json!({ "note": note }).to_string() };
    service.post(&format!("/v1/refusals/{id}/{action}"), body)
}

pub fn status(service: &Service, id: &str) -> Value {
    service.show(&format!("/v1/refusals/{id}"))["status"].clone()
}

#[test]
fn defining_the_queue_replays_what_waited_for_it() {
    let service = Service::start();
    let (first, second, other) =
        (waiting(&service, 1, 17), waiting(&service, 2, 17), waiting(&service, 3, 18));
    let defined = service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    assert_eq!((&defined["replayed"], &defined["revision"]), (&json!(2), &json!(1)));
    assert_eq!(status(&service, &first), "replayed");
    assert_eq!(status(&service, &second), "replayed");
    assert_eq!(status(&service, &other), "open");
    assert_eq!(service.show("/v1/attempts/1")["revision"], 1);
    service
        .post("/v1/events?event=leaving", json!({ "attempt_id": 1, "queue_id": 17 }).to_string())
        .expect(201);
}

#[test]
fn defining_the_queue_again_replays_nothing_again() {
    let service = Service::start();
    waiting(&service, 1, 17);
    service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    let head = service.head();
    let unchanged = service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(200);
    assert_eq!(unchanged["replayed"], 0);
    assert_eq!(service.head(), head, "an unchanged definition appends nothing");
    let renamed = service.put("/v1/queues/17", &json!({ "type": "inbound_queue", "name": "a" })).expect(200);
    assert_eq!(renamed["replayed"], 0);
    assert_eq!(service.head(), head + 1);
}

#[test]
fn a_dismissed_refusal_is_not_replayed_by_a_definition() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    settle(&service, &id, "dismiss", "not ours").expect(200);
    let defined = service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    assert_eq!(defined["replayed"], 0);
    assert_eq!(status(&service, &id), "dismissed");
    service.show("/v1/attempts/1");
    assert_eq!(service.show("/v1/attempts/1")["revision"], 0);
}

#[test]
fn a_definition_does_not_touch_what_the_url_misnamed() {
    let service = Service::start();
    let body = json!({ "attempt_id": 1, "queue_id": 17, "timestamp": T0 }).to_string();
    service.post("/v1/hooks/inbnd/joined", &body).problem(422, "unknown_queue_type");
    let defined = service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    assert_eq!(defined["replayed"], 0);
    let open = service.show("/v1/refusals");
    assert_eq!(open["refusals"].as_array().unwrap().len(), 1, "no copy of the refusal appears");
}

#[test]
fn a_replay_that_the_rules_let_in_tells_its_place() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "timestamp": T0 + 1 }).to_string();
    let problem = service.post("/v1/events?event=offering", body).problem(422, "unknown_queue_type");
    let id = problem["refusal_id"].as_str().unwrap();
    service.inbound("joined", at(7, 0)).expect(201);
    let settled = settle(&service, id, "replay", "joined by now").expect(200);
    assert_eq!((&settled["refusal_id"], &settled["status"]), (&json!(id), &json!("replayed")));
    assert_eq!((&settled["event"]["attempt_id"], &settled["event"]["revision"]), (&json!(7), &json!(2)));
    let kept = service.show(&format!("/v1/refusals/{id}"));
    assert_eq!((&kept["status"], &kept["note"]), (&json!("replayed"), &json!("joined by now")));
    assert_eq!(kept["settled_at"], NOW);
}

#[test]
fn a_replay_that_the_rules_still_refuse_leaves_it_open() {
    let service = Service::start();
    service.inbound("leaving", at(7, 5)).expect(201);
    let problem = service.inbound("leaving", at(7, 6)).problem(422, "left_only_once");
    let id = problem["refusal_id"].as_str().unwrap();
    let head = service.head();
    let again = settle(&service, id, "replay", "").problem(422, "left_only_once");
    assert_eq!(again["refusal_id"], id);
    assert_eq!(status(&service, id), "open");
    assert_eq!(service.head(), head);
}

#[test]
fn a_replay_of_what_never_parses_moves_nothing() {
    let service = Service::start();
    let problem = service.inbound("joined", "{").problem(422, "malformed_json");
    let id = problem["refusal_id"].as_str().unwrap();
    let again = settle(&service, id, "replay", "").problem(422, "malformed_json");
    assert_eq!(again["refusal_id"], id, "no new id");
    assert_eq!(status(&service, id), "open");
    assert_eq!(service.head(), 1, "and no second record");
}

#[test]
fn a_replay_of_what_is_recorded_by_now_settles_it_with_the_first_place() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "timestamp": T0 + 1 }).to_string();
    let problem = service.post("/v1/events?event=offering", &body).problem(422, "unknown_queue_type");
    let place = service.inbound("offering", &body).expect(201);
    let id = problem["refusal_id"].as_str().unwrap();
    let settled = settle(&service, id, "replay", "").expect(200);
    assert_eq!(settled["event"]["position"], place["position"]);
    assert_eq!(service.show("/v1/attempts/7")["revision"], 1);
}

#[test]
fn a_dismissal_keeps_the_body_and_the_note() {
    let service = Service::start();
    let problem = service.inbound("joined", "{").problem(422, "malformed_json");
    let id = problem["refusal_id"].as_str().unwrap();
    let settled = settle(&service, id, "dismiss", "a test of the integrator").expect(200);
    assert_eq!(settled["status"], "dismissed");
    assert!(settled.get("event").is_none());
    let kept = service.show(&format!("/v1/refusals/{id}"));
    assert_eq!((&kept["status"], &kept["body"]), (&json!("dismissed"), &json!("{")));
    assert_eq!(kept["note"], "a test of the integrator");
}

#[test]
fn a_settled_refusal_answers_how_it_was_settled_and_appends_nothing() {
    let service = Service::start();
    let (dismissed, replayed) = (waiting(&service, 1, 17), waiting(&service, 2, 18));
    settle(&service, &dismissed, "dismiss", "first").expect(200);
    service.put("/v1/queues/18", &json!({ "type": 1 })).expect(201);
    let head = service.head();
    for (id, expected) in [(&dismissed, "dismissed"), (&replayed, "replayed")] {
        for action in ["replay", "dismiss"] {
            assert_eq!(settle(&service, id, action, "second").expect(200)["status"], expected);
        }
    }
    assert_eq!(service.head(), head);
    assert_eq!(service.show(&format!("/v1/refusals/{dismissed}"))["note"], "first");
}

#[test]
fn a_body_that_is_no_note_is_answered_400_and_settles_nothing() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    for body in ["{", "17", r#"{"note":17}"#, r#"{"not":"x"}"#] {
        let problem =
            service.post(&format!("/v1/refusals/{id}/dismiss"), body).problem(400, "parameter_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "body");
    }
    assert_eq!(status(&service, &id), "open");
}

#[test]
fn a_replayed_delivery_without_timestamp_keeps_the_time_of_its_receipt() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7 }).to_string();
    let problem = service.post("/v1/events?event=joined", body).problem(422, "unknown_queue_type");
    let id = problem["refusal_id"].as_str().unwrap();
    service.clock.set(NOW + 1_000);
    service.inbound("leaving", json!({ "attempt_id": 7, "timestamp": NOW + 1_000 }).to_string()).expect(201);
    service.clock.set(NOW + 60_000);
    settle(&service, id, "replay", "").expect(200);
    assert_eq!(service.show("/v1/attempts/7")["joined_at"], NOW);
}

#[test]
fn a_replayed_delivery_without_timestamp_that_came_again_meanwhile_is_not_a_second_event() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7 }).to_string();
    let problem = service.post("/v1/events?event=offering", &body).problem(422, "unknown_queue_type");
    service.clock.set(NOW + 5_000);
    let place = service.inbound("offering", &body).expect(201);
    service.clock.set(NOW + 60_000);
    let settled = settle(&service, problem["refusal_id"].as_str().unwrap(), "replay", "").expect(200);
    assert_eq!(settled["event"]["position"], place["position"]);
    assert_eq!(service.show("/v1/attempts/7")["revision"], 1);
}

#[test]
fn a_replayed_event_is_recorded_when_it_was_replayed() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "queue_id": 17 }).to_string();
    service.post("/v1/events?event=joined", body).problem(422, "unknown_queue_type");
    service.clock.set(NOW + 60_000);
    service.put("/v1/queues/17", &json!({ "type": 1 })).expect(201);
    let events = service.show("/v1/events?after=2");
    assert_eq!(events["events"][0]["recorded_at"], NOW + 60_000);
    assert_eq!(events["events"][0]["occurred_at"], NOW);
}

#[test]
fn many_refusals_are_replayed_in_the_background_and_each_is_counted() {
    const COUNT: usize = 600;
    let service = Service::start();
    let lines: Vec<String> = (0..COUNT)
        .map(|number| {
            json!({ "event": "joined", "attempt_id": number, "queue_id": 17, "timestamp": T0 }).to_string()
        })
        .collect();
    let headers = [("content-type", "application/x-ndjson")];
    let refused = service.post_with("/v1/events", &headers, lines.join("\n")).expect(200);
    assert_eq!(refused["refused"], COUNT);
    service.get("/v1/queues/17/replay").problem(404, "replay_unknown");
    let defined = service.put("/v1/queues/17", &json!({ "type": "inbound_queue" })).expect(201);
    assert!(defined["replayed"].as_u64().unwrap() <= COUNT as u64, "{defined}");
    let ended = crate::support::patience::until(
        || "the end of the replay",
        || {
            let replay = service.show("/v1/queues/17/replay");
            (replay["phase"] == "done").then_some(replay)
        },
    );
    let expected = json!({
        "phase": "done", "searched": COUNT, "waiting": 0, "replayed": COUNT, "refused": 0,
    });
    assert_eq!(ended, expected);
    let figures = service.get("/metrics").text();
    let line = format!("ledger_events_appended_total{{event=\"Joined\"}} {COUNT}");
    assert!(figures.lines().any(|found| found == line), "{figures}");
    assert_eq!(service.show("/v1/attempts/599")["revision"], 1);
}

#[test]
fn what_was_dismissed_has_no_say_in_the_queue_of_its_attempt() {
    let service = Service::start();
    let line = |event: &str, queue_id: i64| {
        json!({ "attempt_id": 1, "queue_id": queue_id, "timestamp": T0, "event": event }).to_string()
    };
    service.post("/v1/events?queue_type=inbound_queue", line("joined", 17)).expect(201);
    for event in ["offering", "leaving"] {
        let problem = service.post("/v1/events?queue_type=inbound_queue", line(event, 18));
        let problem = problem.problem(422, "queue_changed");
        settle(&service, problem["refusal_id"].as_str().unwrap(), "dismiss", "not ours").expect(200);
    }
    let timeline = service.show("/v1/attempts/1/timeline");
    assert_eq!((&timeline["queue_id"], &timeline["flags"]), (&json!(17), &json!([])), "{timeline}");
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["queue_id"], 17);
}
