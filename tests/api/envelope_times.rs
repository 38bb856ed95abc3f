//! The `time` of a CloudEvent: what is converted, not read or not believed is flagged, as a body's time is.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, flags_of};

const WHOLE: i64 = NOW / 1_000 * 1_000;

/// Delivers an event with this `time`, binary and structured, and returns the time and the flags under which
/// both are recorded.
fn recorded(time: &Value, body: &Value) -> (i64, Vec<String>) {
    let service = Service::start();
    let mut data = json!({ "attempt_id": 7 });
    data.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let mut envelope =
        json!({ "specversion": "1.0", "id": "1", "source": "/d", "type": "offering", "queuetype": "1" });
    envelope["time"] = time.clone();
    envelope["data"] = data.clone();
    let structured = ("content-type", "application/cloudevents+json");
    let answer = service.post_with("/v1/events", &[structured], envelope.to_string()).expect(201);
    let (at, flags) = seen(&service, 7, &answer);
    if let Some(text) = time.as_str().filter(|text| !text.is_empty()) {
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "/d"),
            ("ce-type", "offering"),
            ("ce-queuetype", "1"),
            ("ce-time", text),
        ];
        data["attempt_id"] = json!(8);
        let answer = service.post_with("/v1/events", &headers, data.to_string()).expect(201);
        assert_eq!(seen(&service, 8, &answer), (at, flags.clone()), "{text}");
    }
    (at, flags)
}

/// The time of an attempt's only event, and its flags: the same in the answer, the record and the timeline.
fn seen(service: &Service, attempt_id: i64, answer: &Value) -> (i64, Vec<String>) {
    let flags = flags_of(service, attempt_id);
    let told: Vec<String> = serde_json::from_value(answer["flags"].clone()).unwrap_or_default();
    assert_eq!(told, flags, "{answer}");
    let timeline = service.show(&format!("/v1/attempts/{attempt_id}/timeline"));
    let drawn: Vec<String> = serde_json::from_value(timeline["entries"][0]["flags"].clone()).unwrap();
    assert_eq!(drawn, flags, "{timeline}");
    (timeline["entries"][0]["occurred_at"].as_i64().unwrap(), flags)
}

fn flags(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

#[test]
fn rfc_3339_is_the_form_of_an_envelope_and_is_not_flagged() {
    for time in ["2026-07-22T09:15:00Z", "2026-07-22T11:15:00.000+02:00"] {
        assert_eq!(recorded(&json!(time), &json!({})), (WHOLE, vec![]), "{time}");
    }
    for absent in [json!(null), json!("")] {
        assert_eq!(recorded(&absent, &json!({})), (NOW, vec![]), "{absent}");
    }
}

#[test]
fn an_envelope_time_in_another_form_is_converted_and_flagged() {
    let seconds = WHOLE / 1_000;
    for time in [json!(seconds.to_string()), json!((WHOLE * 1_000_000).to_string()), json!(WHOLE)] {
        assert_eq!(recorded(&time, &json!({})), (WHOLE, flags(&["converted:time"])), "{time}");
    }
}

#[test]
fn an_envelope_time_that_is_not_read_gives_way_and_is_flagged() {
    for time in ["2026-07-22T09:15:00", "junk", "2026-07-22T11:15:00+0200"] {
        let expected = (NOW, flags(&["clock_implausible", "unparsable:time"]));
        assert_eq!(recorded(&json!(time), &json!({})), expected, "{time}");
        let expected = (NOW - 5, flags(&["unparsable:time"]));
        assert_eq!(recorded(&json!(time), &json!({ "timestamp": NOW - 5 })), expected, "{time}");
    }
}

#[test]
fn an_envelope_time_that_cannot_be_true_gives_way_to_the_body_and_is_flagged() {
    let expected = flags(&["clock_implausible"]);
    let body = json!({ "timestamp": NOW - 5 });
    assert_eq!(recorded(&json!("1999-12-31T23:59:59Z"), &body), (NOW - 5, expected.clone()));
    assert_eq!(recorded(&json!("1999-12-31T23:59:59Z"), &json!({})), (NOW, expected.clone()));
    // It is before the Joined that the body names.
    let body = json!({ "joined_at": WHOLE - 20_000, "timestamp": WHOLE - 10_000 });
    assert_eq!(recorded(&json!("2026-07-22T09:14:30Z"), &body), (WHOLE - 10_000, expected));
    // A whole second can be after an instant within it.
    let body = json!({ "joined_at": WHOLE - 20_000 + 400 });
    assert_eq!(recorded(&json!("2026-07-22T09:14:40Z"), &body), (WHOLE - 20_000, vec![]));
}

#[test]
fn two_times_that_are_not_read_are_two_deliveries() {
    let service = Service::start();
    let structured = ("content-type", "application/cloudevents+json");
    let missed = |time: &str| {
        let data = json!({ "attempt_id": 7, "agent_id": 5 });
        let envelope = json!({ "specversion": "1.0", "source": "/d", "type": "missed", "queuetype": "1",
            "time": time, "data": data });
        service.post_with("/v1/events", &[structured], envelope.to_string())
    };
    missed("28.11.2026 10:00").expect(201);
    missed("28.11.2026 11:00").expect(201);
    missed("28.11.2026 10:00").expect(200);
}
