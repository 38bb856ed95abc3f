//! The inputs of `tests/cases`, each sent as its README says, and the right value of each.

use std::fs;

use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::support::http::Answer;
use crate::support::processes::output;
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
    let told = ["lines", "recorded", "duplicates", "refused"].map(|name| counts[name].as_u64());
    assert_eq!(told, [3, 3, 0, 0].map(Some), "{counts}");
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
    // A replay under a corrected event succeeds, and says what it corrects.
    let id = problem["refusal_id"].as_str().unwrap();
    let correction = json!({ "note": "the dialer was new", "address": { "event": "joined" } }).to_string();
    let settled = service.post(&format!("/v1/refusals/{id}/replay"), correction).expect(200);
    assert_eq!((&settled["status"], &settled["event"]["attempt_id"]), (&json!("replayed"), &json!(402)));
    let events = events(&service, 402);
    let event = events.iter().find(|event| event["kind"] == "event").unwrap();
    assert_eq!((&event["event"], &event["corrects"]), (&json!("Joined"), &json!(id)), "{event}");
    assert_eq!(event["address"]["envelope"], kept["address"]["envelope"]);
    assert_eq!((&event["queue_type"], &event["occurred_at"]), (&json!("inbound_queue"), &json!(NOON)));
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

/// Queue 17's value of a metric over the whole of 2026-11-26.
fn metric(service: &Service, name: &str) -> Value {
    let path = "/v1/queues/17/history?from=2026-11-26&to=2026-11-27&metrics=";
    service.read(&format!("{path}{name}"))["total"][name]["value"].clone()
}

#[test]
fn case_02_seconds_are_read_as_seconds_and_flagged() {
    let service = service();
    let answer = send(&service, "02_timestamps_in_seconds.ndjson", &[NDJSON]).expect(200);
    for result in answer["results"].as_array().unwrap() {
        assert_eq!(
            (&result["outcome"], &result["flags"]),
            (&json!("recorded"), &json!(["converted:timestamp"]))
        );
    }
    for (attempt_id, wait_ms) in [(201, 90_000), (202, 45_000)] {
        let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
        assert_eq!(timeline["wait_ms"], wait_ms);
        assert_eq!(timeline["lanes"][0]["phases"][0]["certainty"], "observed");
    }
    assert_eq!(events(&service, 201)[0]["occurred_at"], NOON);
}

/// The legs of an attempt: outcome and how long it rang.
fn legs(service: &Service, attempt_id: i64) -> Vec<(String, Value)> {
    let offers = service.read(&format!("/v1/offers?attempt_id={attempt_id}&order=oldest"));
    let offers = offers["offers"].as_array().unwrap();
    offers.iter().map(|leg| (leg["outcome"].as_str().unwrap().to_owned(), leg["ring_ms"].clone())).collect()
}

#[test]
fn case_03_a_miss_and_the_next_offer_of_one_millisecond_are_two_legs() {
    for (name, attempt_id, rang) in [
        ("03_control_one_ms_apart.ndjson", 302, 3_999),
        ("03_miss_and_next_offer_in_one_ms.ndjson", 301, 4_000),
    ] {
        let service = service();
        send(&service, name, &[NDJSON]).expect(200);
        let expected = [("missed".to_owned(), json!(15_000)), ("bridged".to_owned(), json!(rang))];
        assert_eq!(legs(&service, attempt_id), expected, "{name}");
        let row = service.read("/v1/attempts")["attempts"][0].clone();
        assert_eq!((&row["attempt_id"], &row["gaps"]), (&json!(attempt_id), &json!([])), "{name}");
    }
}

#[test]
fn what_states_one_instant_has_one_order_also_beside_a_delivery_that_contradicts() {
    let at = |second: i64| (NOON + second * 1_000).to_string();
    let service = service();
    for attempt_id in 0..8 {
        let line = |event: &str, second: i64, agent_id: &str| {
            json!({ "attempt_id": attempt_id, "queue_id": 17, "queue_type": "inbound_queue", "event": event,
                "timestamp": at(second), "agent_id": agent_id })
            .to_string()
        };
        let lines = [
            line("joined", 0, ""),
            line("offering", 5, "22"),
            line("offering", 5, "21"),
            line("bridged", 5, "21"),
            line("leaving", 60, "21"),
            // Refused: the attempt has left.
            line("leaving", 61, "21"),
        ];
        service.post_with("/v1/events", &[NDJSON], lines.join("\n")).expect(200);
        let expected = [("withdrawn".to_owned(), json!(0)), ("bridged".to_owned(), json!(0))];
        assert_eq!(legs(&service, attempt_id), expected, "attempt {attempt_id}");
    }
}

#[test]
fn a_delivery_that_does_not_count_under_its_id_has_no_say_in_the_order_of_others() {
    let service = service();
    let line = |event: &str, second: i64, agent_id: &str, event_id: &str| {
        json!({ "attempt_id": 7, "queue_id": 17, "queue_type": "inbound_queue", "event": event,
            "timestamp": (NOON + second * 1_000).to_string(), "agent_id": agent_id, "event_id": event_id })
        .to_string()
    };
    let lines = [
        line("joined", 0, "", "once"),
        line("bridged", 4, "3", "once"),
        // Nobody has talked yet: this is a miss, and not the end of a talk.
        line("missed", 10, "2", ""),
        line("bridged", 10, "1", ""),
    ];
    service.post_with("/v1/events", &[NDJSON], lines.join("\n")).expect(200);
    let outcomes: Vec<String> = legs(&service, 7).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["missed", "bridged"]);
}

#[test]
fn case_09_of_four_deliveries_under_one_id_one_counts_whatever_came_first() {
    let text = String::from_utf8(case("09_missed_sent_four_times_same_id.ndjson")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for turn in 0..lines.len() {
        let mut turned = lines.clone();
        turned.rotate_left(turn);
        let service = service();
        service.post_with("/v1/events", &[NDJSON], turned.join("\n")).expect(200);
        for name in ["n_offers", "n_missed"] {
            assert_eq!(metric(&service, name), 1, "{name}, turned by {turn}");
        }
        let timeline = service.show("/v1/attempts/901/timeline");
        let aside = timeline["entries"].as_array().unwrap().iter();
        let aside = aside.filter(|entry| entry["set_aside_by"] == "identity_conflict").count();
        assert_eq!(aside, 3, "turned by {turn}");
        assert_eq!(legs(&service, 901), [("missed".to_owned(), json!(15_000))], "turned by {turn}");
    }
}

/// The attempt's row and timeline of two deliveries under one id that state no time, without what says when
/// which was received.
fn told_of_two(event: &str, results: [&str; 2]) -> (Value, Value) {
    let service = service();
    let line = |event: &str, second: i64| {
        json!({ "attempt_id": 7, "queue_id": 17, "queue_type": "inbound_queue", "event": event,
            "timestamp": (NOON + second * 1_000).to_string(), "agent_id": "5" })
    };
    let receive = |second: i64| service.clock.set(NOON + second * 1_000);
    let state = || {
        receive(55);
        let lines = format!("{}\n{}", line("offering", 50), line("bridged", 54));
        service.post_with("/v1/events", &[NDJSON], lines).expect(200);
    };
    let receipts = if event == "joined" { [10, 40] } else { [60, 90] };
    if event != "joined" {
        state();
    }
    for (result, second) in results.into_iter().zip(receipts) {
        receive(second);
        let agent_id = result.len().to_string();
        let body = json!({ "attempt_id": 7, "event_id": "once", "cc_result": result, "agent_id": agent_id });
        service.inbound(event, body.to_string());
    }
    if event == "joined" {
        state();
    }
    let mut row = service.read("/v1/attempts")["attempts"][0].clone();
    for name in ["first_position", "last_position", "last_recorded_at"] {
        row.as_object_mut().unwrap().remove(name);
    }
    let timeline = service.show("/v1/attempts/7/timeline");
    let counted = timeline["entries"].as_array().unwrap().iter().filter(|entry| entry["counted"] == true);
    let counted: Vec<Value> = counted
        .map(|entry| json!([entry["event"], entry["occurred_at"], entry["cc_result"], entry["agent_id"]]))
        .collect();
    (row, json!([counted, timeline["lanes"], timeline["result"]]))
}

#[test]
fn of_two_without_a_time_under_one_id_the_same_counts_whichever_came_first() {
    for event in ["joined", "processing", "leaving"] {
        let results = ["abandoned", "success"];
        let [one, other] = [results, [results[1], results[0]]].map(|results| told_of_two(event, results));
        assert_eq!(one, other, "{event}");
    }
}

#[test]
fn case_13_numbers_instead_of_strings_are_the_same_delivery() {
    let service = service();
    let answer = send(&service, "13_typed_twin.ndjson", &[NDJSON]).expect(200);
    assert_eq!((&answer["recorded"], &answer["duplicates"]), (&json!(2), &json!(1)), "{answer}");
}

#[test]
fn case_15_no_answer_depends_on_what_is_asked_beside_it() {
    let service = Service::start();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    service.clock.set(i64::try_from(now).unwrap());
    let script = repository("tests/cases/15_answer_by_company.py");
    let address = format!("http://{}", service.address);
    let told = output(std::process::Command::new("python3").arg(script).arg(address));
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    println!("{}", String::from_utf8_lossy(&told.stdout));
}
