//! CloudEvents: binary, structured and batched.

use attempt_ledger::limits::Limits;
use base64::Engine as _;
use serde_json::{Value, json};

use crate::api::harness::{Service, T0, at};

const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json; charset=utf-8");
const BATCHED: (&str, &str) = ("content-type", "application/cloudevents-batch+json");

fn data(attempt_id: i64) -> Value {
    serde_json::from_str(&at(attempt_id, 0)).unwrap()
}

fn envelope(id: &str, members: Value) -> Value {
    let mut envelope = json!({
        "specversion": "1.0", "id": id, "source": "/dialer", "type": "com.example.queue.joined.v1",
        "queuetype": "inbound_queue",
    });
    envelope.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    envelope
}

#[test]
fn binary_mode_takes_event_queue_type_and_id_from_the_headers() {
    let service = Service::start();
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/dialer"),
        ("ce-type", "com.example.queue.joined.v1"),
        ("ce-queuetype", "1"),
    ];
    let receipt = service.post_with("/v1/events", &headers, at(7, 0)).expect(201);
    assert_eq!(receipt["event"], "Joined");
    service.post_with("/v1/events", &headers, at(7, 0)).expect(200);
}

#[test]
fn binary_mode_is_one_event_also_under_a_media_type_of_lines() {
    let service = Service::start();
    let headers = |id: &'static str| {
        [
            ("content-type", "application/x-ndjson"),
            ("ce-specversion", "1.0"),
            ("ce-id", id),
            ("ce-source", "/dialer"),
            ("ce-type", "x.joined"),
            ("ce-queuetype", "1"),
        ]
    };
    let answer = service.post_with("/v1/events", &headers("1"), at(7, 0)).expect(201);
    assert_eq!(answer["event"], "Joined", "the envelope says which");
    let two = format!("{}\n{}", at(8, 0), at(9, 0));
    service.post_with("/v1/events", &headers("2"), two).problem(422, "malformed_json");
    let refused = &service.show("/v1/refusals")["refusals"][0];
    assert_eq!(refused["address"]["envelope"]["id"], "2", "{refused}");
}

#[test]
fn structured_mode_records_the_data_exactly_as_it_was_sent() {
    let service = Service::start();
    let body = r#"{"specversion":"1.0","id":"1","source":"/d","type":"offering","queuetype":"1",
        "data" : {"attempt_id":7,  "b":[1, 2]} }"#;
    let receipt = service.post_with("/v1/events", &[STRUCTURED], body).expect(201);
    assert_eq!(receipt["event"], "Offering");
    let text = service.get("/v1/attempts/7/events").text();
    assert!(text.contains(r#""payload":{"attempt_id":7,  "b":[1, 2]}"#), "{text}");
}

#[test]
fn data_in_base64_is_decoded() {
    let service = Service::start();
    let text = base64::engine::general_purpose::STANDARD.encode(at(7, 0));
    let body = envelope("1", json!({ "data_base64": text })).to_string();
    service.post_with("/v1/events", &[STRUCTURED], &body).expect(201);
    let body = envelope("1", json!({ "data": data(7) })).to_string();
    service.post_with("/v1/events", &[STRUCTURED], body).expect(200);
}

#[test]
fn data_that_is_no_base64_is_refused_and_the_whole_envelope_kept() {
    let service = Service::start();
    let body = envelope("1", json!({ "data_base64": "***" })).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], &body);
    service.refused(&answer, "attempt_id_missing", &body);
}

#[test]
fn an_envelope_without_data_is_refused_and_kept() {
    let service = Service::start();
    let body = envelope("1", json!({})).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], &body);
    service.refused(&answer, "attempt_id_missing", &body);
}

#[test]
fn what_is_no_envelope_is_refused_as_what_it_is() {
    let service = Service::start();
    for (body, code) in [("{", "malformed_json"), ("[]", "malformed_json"), ("{}", "unknown_event")] {
        let answer = service.post_with("/v1/events", &[STRUCTURED], body);
        service.refused(&answer, code, body);
    }
}

#[test]
fn the_data_of_a_refused_event_is_kept_with_its_address() {
    let service = Service::start();
    let body = envelope("1", json!({ "type": "x.missed", "queuetype": "2", "data": data(7) })).to_string();
    let answer = service.post_with("/v1/events", &[STRUCTURED], body);
    let kept = service.refused(&answer, "missed_needs_agent_participation", data(7).to_string());
    let address = &kept["address"];
    assert_eq!((&address["event"], &address["queue_type"]), (&json!("missed"), &json!("2")));
    assert_eq!(address["envelope"], envelope("1", json!({ "type": "x.missed", "queuetype": "2" })));
}

#[test]
fn a_batch_of_envelopes_is_answered_one_by_one() {
    let service = Service::start();
    let batch = json!([
        envelope("1", json!({ "data": data(7) })),
        envelope("1", json!({ "data": data(7) })),
        envelope("1", json!({ "data": data(8) })),
        envelope("2", json!({ "data": data(8) })),
        {},
    ]);
    let answer = service.post_with("/v1/events", &[BATCHED], batch.to_string()).expect(200);
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["recorded", "duplicate", "recorded", "refused", "refused"]);
}

#[test]
fn a_batch_that_is_no_array_is_one_refusal() {
    let service = Service::start();
    let answer = service.post_with("/v1/events", &[BATCHED], "{}");
    service.refused(&answer, "unknown_event", "{}");
}

#[test]
fn the_url_is_asked_before_the_type() {
    let service = Service::start();
    let body = envelope("1", json!({ "data": data(7) })).to_string();
    let answer = service.post_with("/v1/hooks/outbound_ivr/bridged", &[STRUCTURED], body).expect(201);
    assert_eq!(answer["event"], "Bridged");
}

/// The address of the only record of an attempt.
fn address(service: &Service, attempt_id: i64) -> Value {
    service.show(&format!("/v1/attempts/{attempt_id}/events"))["events"][0]["address"].clone()
}

#[test]
fn the_envelope_is_kept_in_every_mode() {
    let service = Service::start();
    let attributes = |id: &str| {
        let more = json!({
            "time": "2026-07-22T10:00:00Z", "subject": "call/9", "traceparent": "00-ab-cd-01",
            "datacontenttype": "application/json",
        });
        envelope(id, more)
    };
    let structured = |id: &str, attempt_id: i64| {
        let mut event = attributes(id);
        event["data"] = data(attempt_id);
        event
    };
    service.post_with("/v1/events", &[STRUCTURED], structured("1", 1).to_string()).expect(201);
    let batch = json!([structured("2", 2)]).to_string();
    assert_eq!(service.post_with("/v1/events", &[BATCHED], batch).expect(200)["recorded"], 1);
    let binary = attributes("3");
    let mut headers: Vec<(String, &str)> = Vec::new();
    for (name, value) in binary.as_object().unwrap() {
        let name = if name == "datacontenttype" { "Content-Type".to_owned() } else { format!("CE-{name}") };
        headers.push((name, value.as_str().unwrap()));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    service.post_with("/v1/events", &headers, at(3, 0)).expect(201);
    for (attempt_id, id) in [(1, "1"), (2, "2"), (3, "3")] {
        assert_eq!(address(&service, attempt_id)["envelope"], attributes(id), "{attempt_id}");
    }
}

#[test]
fn headers_are_percent_decoded_and_unquoted() {
    let service = Service::start();
    let headers = [
        ("ce-id", "1"),
        ("ce-source", "/caf%C3%A9%20%22a%22"),
        ("ce-type", "x.joined"),
        ("ce-queuetype", "1"),
        ("ce-subject", r#""say \"hi\" 100%25""#),
        ("ce-cut", "%C3 %zz %"),
    ];
    service.post_with("/v1/events", &headers, at(7, 0)).expect(201);
    let kept = address(&service, 7)["envelope"].clone();
    assert_eq!(kept["source"], "/café \"a\"");
    assert_eq!(kept["subject"], "say \"hi\" 100%");
    assert_eq!(kept["cut"], "\u{fffd}C3 %zz %");
    // The same source in structured mode is the same source.
    let body =
        json!({ "id": "1", "source": "/café \"a\"", "type": "x.joined", "queuetype": 1, "data": data(7) });
    service.post_with("/v1/events", &[STRUCTURED], body.to_string()).expect(200);
}

#[test]
fn a_type_that_names_no_event_is_named_in_the_refusal_whatever_the_mode() {
    let service = Service::start();
    let event_type = "com.webitel.callcenter.queue.attempt.member.hold.v1";
    let detail = format!("the type {event_type:?} names none of the eight events");
    let sent = json!({ "type": event_type, "data": data(7) });
    let structured = service.post_with("/v1/events", &[STRUCTURED], envelope("1", sent).to_string());
    let headers = [("ce-id", "1"), ("ce-source", "/d"), ("ce-type", event_type), ("ce-queuetype", "1")];
    for answer in [structured, service.post_with("/v1/events", &headers, at(7, 0))] {
        let problem = answer.problem(422, "unknown_event");
        assert_eq!(problem["detail"], detail);
        let id = problem["refusal_id"].as_str().unwrap();
        let kept = service.show(&format!("/v1/refusals/{id}"));
        assert_eq!(kept["address"]["envelope"]["type"], event_type);
        assert!(kept["address"].get("event").is_none(), "a replay may name one");
    }
    // The data is asked when the type says nothing.
    let body = json!({ "type": event_type, "data": { "attempt_id": 8, "event": "joined" } });
    service.post_with("/v1/events", &[STRUCTURED], envelope("2", body).to_string()).expect(201);
}

#[test]
fn half_a_character_in_an_envelope_costs_no_byte_of_the_data() {
    let service = Service::start();
    let body = r#"{"id":"1","source":"/\ud83d","type":"joined","queuetype":"1",
        "data" : {"attempt_id":7,  "name":"\udc00"} }"#;
    service.post_with("/v1/events", &[STRUCTURED], body).expect(201);
    let event = service.show("/v1/attempts/7/events")["events"][0].clone();
    assert_eq!(event["payload_text"], r#"{"attempt_id":7,  "name":"\udc00"}"#);
    assert_eq!(event["address"]["envelope"]["source"], "/\u{fffd}");
}

#[test]
fn an_attribute_twice_makes_no_event() {
    let service = Service::start();
    let body = r#"{"id":"1","id":"2","source":"/d","type":"joined","queuetype":"1","data":{"attempt_id":7}}"#;
    let answer = service.post_with("/v1/events", &[STRUCTURED], body);
    service.refused(&answer, "malformed_json", body);
}

#[test]
fn an_envelope_is_no_longer_than_a_delivery() {
    let limits = Limits { event_bytes_max: 512, ..Limits::default() };
    let service = Service::start_with(limits);
    let empty = envelope("1", json!({ "subject": "" })).to_string().len();
    for (bytes, status) in [(512, 201), (513, 413)] {
        let attributes = json!({ "subject": "x".repeat(bytes - empty), "data": data(7) });
        let answer = service.post_with("/v1/events", &[STRUCTURED], envelope("1", attributes).to_string());
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let kept = service.show("/v1/refusals")["refusals"][0].clone();
    assert_eq!(
        (&kept["code"], &kept["detail"]),
        (&json!("too_large"), &json!("the envelope has 513 bytes, 512 are allowed"))
    );
}

#[test]
fn an_attribute_that_is_no_attribute_is_kept_as_text_and_read_back() {
    let service = Service::start();
    let deep = format!("{}{}", "[".repeat(125), "]".repeat(125));
    for (id, data) in [("1", "{}".to_owned()), ("2", data(7).to_string())] {
        let body = format!(
            r#"{{"id":"{id}","source":"/d","type":"joined","queuetype":"1","x":{deep},"data":{data}}}"#
        );
        service.post_with("/v1/events", &[STRUCTURED], body);
    }
    let events = service.show("/v1/events");
    let kept = events["events"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|one| one["address"]["envelope"]["x"] == json!(deep)));
    assert_eq!(service.read("/v1/attempts")["attempts"][0]["attempt_id"], 7, "the read models go on");
}

#[test]
fn what_has_more_members_than_any_event_is_a_body_by_itself() {
    let service = Service::start();
    let members: Vec<String> = (0..300).map(|number| format!("\"x{number}\":1")).collect();
    let body = format!(r#"{{"id":"1","source":"/d","type":"joined",{}}}"#, members.join(","));
    let answer = service.post_with("/v1/events?queue_type=1&event=joined", &[STRUCTURED], &body);
    service.refused(&answer, "attempt_id_missing", body);
}

#[test]
fn an_id_without_a_source_and_a_time_without_an_id_keep_events_apart() {
    let service = Service::start();
    let body = json!({ "attempt_id": 7, "agent_id": 5 }).to_string();
    let event = |second: i64, id: Option<&'static str>| {
        let time = chrono::DateTime::from_timestamp_millis(T0 + second * 1_000).unwrap().to_rfc3339();
        let mut headers = vec![("ce-specversion", "1.0"), ("ce-type", "offering"), ("ce-queuetype", "1")];
        headers.extend(id.map(|id| ("ce-id", id)));
        headers.push(("ce-time", &time));
        service.post_with("/v1/events", &headers, &body).status
    };
    assert_eq!([event(0, Some("a")), event(9, Some("b")), event(9, Some("b"))], [201, 201, 200]);
    assert_eq!([event(20, None), event(29, None), event(29, None)], [201, 201, 200]);
}
