//! The inputs of `tests/cases`, each sent as its README says, and the right value of each.

use std::fs;

use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::support::http::Answer;
use crate::support::program::run;
use crate::support::repository;

/// Later than everything that happens in the cases.
const AFTER_THE_CASES: i64 = 1_795_694_700_000;
/// 2026-11-26T12:00:00Z, when most of the cases begin.
const NOON: i64 = 1_795_694_400_000;

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");
const CLOUD_EVENT: (&str, &str) = ("content-type", "application/cloudevents+json");

fn service() -> Service {
    let service = Service::start();
    service.clock.set(AFTER_THE_CASES);
    service
}

fn case(name: &str) -> Vec<u8> {
    fs::read(repository("tests/cases").join(name)).unwrap()
}

fn send(service: &Service, name: &str, headers: &[(&str, &str)]) -> Answer {
    service.post_with("/v1/events", headers, case(name))
}

/// The records of an attempt.
fn events(service: &Service, attempt_id: i64) -> Vec<Value> {
    let page = service.show(&format!("/v1/attempts/{attempt_id}/events"));
    page["events"].as_array().unwrap().clone()
}

/// The attributes of a CloudEvent, without its data.
fn envelope(name: &str) -> Value {
    let mut event: Value = serde_json::from_slice(&case(name)).unwrap();
    event.as_object_mut().unwrap().remove("data");
    event
}

#[test]
fn case_01_a_byte_order_mark_and_carriage_returns_cost_no_line() {
    let service = service();
    let answer = send(&service, "01_bom_crlf.ndjson", &[NDJSON]).expect(200);
    assert_eq!((&answer["recorded"], &answer["refused"]), (&json!(3), &json!(0)), "{answer}");
    let room = tempfile::tempdir().unwrap();
    let (file, data) = (repository("tests/cases/01_bom_crlf.ndjson"), room.path().join("ledger"));
    let copy = room.path().join("lines.ndjson");
    fs::copy(file, &copy).unwrap();
    let ingested =
        run(&["ingest".as_ref(), copy.as_os_str(), "--data".as_ref(), data.as_os_str(), "--json".as_ref()]);
    let counts: Value = serde_json::from_slice(&ingested.stdout).unwrap();
    assert_eq!(counts, json!({ "lines": 3, "recorded": 3, "duplicates": 0, "refused": 0 }));
}

#[test]
fn case_04_the_time_of_an_envelope_is_the_time_of_its_event() {
    let service = service();
    send(&service, "04_cloudevent_time.json", &[CLOUD_EVENT]).expect(201);
    let event = &events(&service, 401)[0];
    assert_eq!(event["occurred_at"], NOON + 250, "{event}");
    assert_eq!(event["address"]["envelope"], envelope("04_cloudevent_time.json"), "{event}");
    assert!(event["payload_text"].as_str().unwrap().contains("\"queue_id\": \"17\""), "{event}");
}

#[test]
fn case_05_a_type_that_is_no_event_is_refused_by_its_name_and_kept_with_its_envelope() {
    let service = service();
    let answer = send(&service, "05_cloudevent_unknown_type.json", &[CLOUD_EVENT]);
    let problem = answer.problem(422, "unknown_event");
    assert!(problem["detail"].as_str().unwrap().contains("com.example.queue.hold.v1"), "{problem}");
    let kept = service.show(&format!("/v1/refusals/{}", problem["refusal_id"].as_str().unwrap()));
    assert_eq!(kept["address"]["envelope"], envelope("05_cloudevent_unknown_type.json"), "{kept}");
    assert_eq!(kept["attempt_id"], 402);
}

#[test]
fn case_07_a_packed_body_is_unpacked_and_an_encoding_that_is_not_known_is_not_taken() {
    let service = service();
    send(&service, "07_gzip.ndjson.gz", &[NDJSON, ("content-encoding", "br")])
        .problem(415, "encoding_unsupported");
    assert_eq!(service.head(), 0, "nothing is cut up");
    let answer = send(&service, "07_gzip.ndjson.gz", &[NDJSON, ("content-encoding", "gzip")]).expect(200);
    assert_eq!((&answer["recorded"], &answer["refused"]), (&json!(1), &json!(0)), "{answer}");
    assert_eq!(events(&service, 5009)[0]["occurred_at"], NOON + 1_464);
}

#[test]
fn case_12_half_a_character_is_recorded_shown_replaced_and_kept_as_it_was_sent() {
    let service = service();
    let answer = send(&service, "12_lone_surrogate.ndjson", &[NDJSON]).expect(200);
    assert_eq!((&answer["recorded"], &answer["refused"]), (&json!(1), &json!(0)), "{answer}");
    let event = &events(&service, 1201)[0];
    assert_eq!(event["payload"]["member_name"], "cut off \u{fffd}", "{event}");
    let sent = String::from_utf8(case("12_lone_surrogate.ndjson")).unwrap();
    assert_eq!(event["payload_text"], sent.trim_end(), "{event}");
    assert_eq!(event["flags"], json!(["unreadable_character"]));
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["state"], "waiting");
}
