//! Hooks as forms: `attempt_id=7&queue_id=17`.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0, at, flags_of};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const HOOK: &str = "/v1/hooks/inbound_queue/joined";

fn event(service: &Service, attempt_id: i64) -> Value {
    service.show(&format!("/v1/attempts/{attempt_id}/events"))["events"][0].clone()
}

#[test]
fn a_form_is_a_delivery_and_kept_as_it_was_sent() {
    let service = Service::start();
    let body =
        format!("attempt_id=7&queue_id=17&timestamp={T0}&member_name=%D0%9E+O%27Neil&destination=%2B380");
    service.post_with(HOOK, &[FORM], &body).expect(201);
    service.post_with(HOOK, &[FORM], format!("\n{body}\r\n")).expect(200);
    let event = event(&service, 7);
    let fields = json!({
        "attempt_id": "7", "queue_id": "17", "timestamp": T0.to_string(), "member_name": "О O'Neil",
        "destination": "+380",
    });
    assert_eq!((&event["payload"], &event["payload_text"]), (&fields, &json!(body)));
    assert_eq!((&event["occurred_at"], &event["queue_id"]), (&json!(T0), &json!(17)));
    assert_eq!(flags_of(&service, 7), Vec::<String>::new());
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["destination"], "+380");
}

#[test]
fn the_same_fields_are_the_same_delivery_as_a_form_and_as_json() {
    let service = Service::start();
    service.post_with(HOOK, &[FORM], format!("timestamp={T0}&attempt_id=7")).expect(201);
    service.post(HOOK, at(7, 0)).expect(200);
}

#[test]
fn a_form_names_its_event_and_its_own_id() {
    let service = Service::start();
    let body = "attempt_id=7&event=offering&queue_type=1&event_id=a";
    service.post_with("/v1/events", &[FORM], body).expect(201);
    let other = "attempt_id=7&event=offering&queue_type=1&event_id=a&agent_id=5";
    let answer = service.post_with("/v1/events", &[FORM], other);
    let kept = service.refused(&answer, "identity_conflict", other);
    assert_eq!(kept["address"], json!({ "id": "a", "media_type": "application/x-www-form-urlencoded" }));
}

#[test]
fn what_is_no_utf_8_in_a_form_is_shown_replaced_and_kept() {
    let service = Service::start();
    let body = format!("attempt_id=7&timestamp={T0}&agent_name=%CE%EB%E5%ED%E0");
    service.post_with(HOOK, &[FORM], &body).expect(201);
    let event = event(&service, 7);
    assert_eq!(event["payload"]["agent_name"], "\u{fffd}".repeat(5));
    assert_eq!(event["payload_text"], body);
    assert_eq!(flags_of(&service, 7), ["unreadable_character"]);
}

#[test]
fn a_form_that_is_no_delivery_is_refused_kept_and_judged_again_as_a_form() {
    let service = Service::start();
    for (body, code) in [
        ("queue_id=17", "attempt_id_missing"),
        ("attempt_id=x", "attempt_id_invalid"),
        ("attempt_id=7&attempt_id=7", "malformed_json"),
    ] {
        let answer = service.post_with(HOOK, &[FORM], body);
        service.refused(&answer, code, body);
        // The same again is the same refusal.
        let again = service.post_with(HOOK, &[FORM], body).problem(422, code);
        assert_eq!(again["refusal_id"], answer.json()["refusal_id"]);
    }
    let body = "attempt_id=7&queue_id=55&event=joined";
    let answer = service.post_with("/v1/events", &[FORM], body);
    service.refused(&answer, "unknown_queue_type", body);
    service.put("/v1/queues/55", &json!({ "type": 1 })).expect(201);
    assert_eq!(event(&service, 7)["payload_text"], body);
}

#[test]
fn json_under_the_media_type_of_a_form_is_json() {
    let service = Service::start();
    // `curl -d` states the media type of a form.
    service.post_with(HOOK, &[FORM], at(7, 0)).expect(201);
    assert_eq!(service.post_with(HOOK, &[FORM], format!("[{}]", at(8, 0))).expect(200)["recorded"], 1);
    let answer = service.post_with(HOOK, &[FORM], "{broken");
    service.refused(&answer, "malformed_json", "{broken");
}
