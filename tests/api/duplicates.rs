//! The same delivery again: answered as the first time, and appended once.

use attempt_ledger_domain::DUPLICATE_WINDOW_MS;
use serde_json::json;

use crate::api::harness::{NOW, Service, at};
use crate::support::http::Answer;

/// Without a timestamp, so that only the window separates repetitions from honest equals.
fn offering() -> String {
    json!({ "attempt_id": 7, "agent_id": 3 }).to_string()
}

fn assert_same_place(first: &Answer, again: &Answer) {
    let (first, again) = (first.expect(201), again.expect(200));
    assert_eq!(again["outcome"], "duplicate");
    for member in ["attempt_id", "event", "revision", "position", "id"] {
        assert_eq!(first[member], again[member], "{member}");
    }
}

#[test]
fn the_same_body_again_is_answered_with_the_first_place() {
    let service = Service::start();
    let first = service.inbound("joined", at(7, 0));
    service.inbound("offering", at(7, 1)).expect(201);
    let again = service.inbound("joined", at(7, 0));
    assert_same_place(&first, &again);
    assert_eq!(again.headers["ledger-position"], "1");
    assert_eq!(service.head(), 2, "a duplicate appends nothing");
}

#[test]
fn a_body_with_a_timestamp_is_a_duplicate_however_late() {
    let service = Service::start();
    let first = service.inbound("joined", at(7, 0));
    service.clock.set(NOW + 30 * 24 * 60 * 60 * 1_000);
    assert_same_place(&first, &service.inbound("joined", at(7, 0)));
}

#[test]
fn key_order_white_space_and_escapes_do_not_make_another_delivery() {
    let service = Service::start();
    let first = service.inbound("joined", r#"{"attempt_id":7,"a":"x","b":1.50}"#);
    let again = service.inbound("joined", "\n{ \"b\" : 1.50 , \"a\":\"\\u0078\",\r\n\"attempt_id\":7 }\n");
    assert_same_place(&first, &again);
}

#[test]
fn the_same_body_under_another_event_is_another_delivery() {
    let service = Service::start();
    service.inbound("joined", at(7, 0)).expect(201);
    assert_eq!(service.inbound("offering", at(7, 0)).expect(201)["revision"], 2);
}

#[test]
fn an_equal_body_without_timestamp_is_a_duplicate_up_to_the_end_of_the_window() {
    let window_ms = i64::try_from(DUPLICATE_WINDOW_MS).unwrap();
    assert_eq!(window_ms, 10_000);
    for after_ms in [0, window_ms - 1, window_ms] {
        let service = Service::start();
        let first = service.inbound("offering", offering());
        service.clock.set(NOW + after_ms);
        assert_same_place(&first, &service.inbound("offering", offering()));
    }
}

#[test]
fn an_equal_body_without_timestamp_is_a_new_event_after_the_window() {
    let service = Service::start();
    service.inbound("offering", offering()).expect(201);
    service.clock.set(NOW + 10_001);
    let later = service.inbound("offering", offering()).expect(201);
    assert_eq!(later["revision"], 2);
    service.clock.set(NOW + 20_001);
    let again = service.inbound("offering", offering()).expect(200);
    assert_eq!(again["revision"], 2, "the window is counted from the newest equal event");
}

#[test]
fn a_delivery_whose_time_cannot_be_true_is_the_same_whenever_it_comes_again() {
    let body = json!({ "attempt_id": 7, "timestamp": 1 }).to_string();
    let service = Service::start();
    for event in ["joined", "offering"] {
        service.clock.set(NOW);
        let first = service.inbound(event, &body);
        service.clock.set(NOW + 24 * 60 * 60 * 1_000);
        assert_same_place(&first, &service.inbound(event, &body));
    }
    assert_eq!(service.head(), 2, "what states a time is never recorded twice");
}

#[test]
fn a_typed_twin_and_an_empty_field_are_the_same_content() {
    let text = json!({ "attempt_id": "7", "agent_id": "5", "queue_id": "17", "vip": "1",
        "timestamp": NOW.to_string() });
    let typed = json!({ "attempt_id": 7, "agent_id": 5, "queue_id": 17, "vip": 1, "timestamp": NOW });
    let spelled = json!({ "timestamp": NOW / 1_000, "attempt_id": 7.0, "vip": "1", "agent_id": "5",
        "queue_id": "17", "cc_result": "", "channel": null });
    let service = Service::start();
    let first = service.inbound("offering", text.to_string());
    assert_same_place(&first, &service.inbound("offering", typed.to_string()));
    assert_same_place(&first, &service.inbound("offering", spelled.to_string()));
    let other = json!({ "attempt_id": 7, "agent_id": 6, "queue_id": 17, "vip": 1, "timestamp": NOW });
    service.inbound("offering", other.to_string()).expect(201);
}

#[test]
fn a_refused_delivery_again_gets_the_first_refusal() {
    let service = Service::start();
    service.inbound("leaving", at(7, 5)).expect(201);
    let first = service.inbound("leaving", at(7, 6)).problem(422, "left_only_once");
    let again = service.inbound("leaving", at(7, 6)).problem(422, "left_only_once");
    assert_eq!(first["refusal_id"], again["refusal_id"]);
    assert_eq!(service.head(), 2, "a repeated refusal appends nothing");
}

#[test]
fn a_refused_delivery_is_recorded_once_the_attempt_admits_it() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7 }).to_string();
    service.post("/v1/events?event=offering", &body).problem(422, "unknown_queue_type");
    service.inbound("joined", at(7, 0)).expect(201);
    service.post("/v1/events?event=offering", &body).expect(201);
}

#[test]
fn a_batch_recognises_duplicates_within_itself_and_of_earlier_ones() {
    let service = Service::start();
    service.inbound("joined", at(7, 0)).expect(201);
    let line = at(8, 0);
    let batch = format!("[{},{line},{line}]", at(7, 0));
    let answer = service.inbound("joined", batch).expect(200);
    assert_eq!((&answer["recorded"], &answer["duplicates"]), (&json!(1), &json!(2)));
    assert_eq!(answer["results"][0]["position"], 1);
    assert_eq!(answer["results"][1]["position"], answer["results"][2]["position"]);
}
