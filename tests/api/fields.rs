//! What a payload may hold: any spelling, any variable, and nothing of it changed.

use serde_json::{Value, json};

use crate::api::harness::{Service, flags_of};

fn flags_for(members: Value) -> Vec<String> {
    let service = Service::start();
    let mut body = json!({ "attempt_id": 7 });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.inbound("bridged", body.to_string()).expect(201);
    flags_of(&service, 7)
}

/// Records the body and finds it again letter for letter.
fn assert_kept_exactly(body: &str) {
    let service = Service::start();
    service.inbound("bridged", body).expect(201);
    for path in ["/v1/attempts/7/events", "/v1/events"] {
        let text = service.get(path).text();
        assert!(text.contains(&format!("\"payload\":{body}")), "{path}: {text}");
    }
}

#[test]
fn a_payload_is_answered_letter_for_letter() {
    for body in [
        r#"{"attempt_id":"7","b":1.50,"a":1e2,"z":"\u0041\/"}"#,
        r#"{ "attempt_id" : 7 , "nested":{"b":[1, 2,  {}],"b2":null}  }"#,
        "{\"attempt_id\":7,\"name\":\"\u{41e}\u{43b}\u{435}\u{43d}\u{430} \u{1f600}\u{2028}\"}",
        r#"{"attempt_id":7,"big":123456789012345678901234567890.5e-3}"#,
        r#"{"attempt_id":7,"":"the empty key","\u0000":0}"#,
    ] {
        assert_kept_exactly(body);
    }
}

#[test]
fn line_breaks_of_pretty_printed_json_are_kept() {
    for body in [
        "{\n  \"attempt_id\": 7,\n  \"a\": [\n    1\n  ]\n}",
        "{\r\n\t\"attempt_id\": 7\r\n}",
        "{\r\"attempt_id\": 7\r}",
    ] {
        let service = Service::start();
        service.inbound("bridged", body).expect(201);
        let events = service.show("/v1/attempts/7/events");
        assert_eq!(events["events"][0]["payload_text"], body);
        assert!(events["events"][0].get("payload").is_none());
    }
}

#[test]
fn documented_fields_are_read_typed_or_as_strings() {
    let typed = json!({
        "agent_id": 3, "member_id": 4, "user_id": 5, "cc_attempt_seq": 1, "call_duration": 1.5,
        "call_bill_sec": 0, "use_processing": true, "queue_id": 17, "call_sip_code": 200,
    });
    let strings = json!({
        "agent_id": "3", "member_id": "4", "user_id": "5", "cc_attempt_seq": "1", "call_duration": "1.5",
        "call_bill_sec": "0", "use_processing": "true", "queue_id": "17", "call_sip_code": "200",
    });
    assert_eq!(flags_for(typed), Vec::<String>::new());
    assert_eq!(flags_for(strings), Vec::<String>::new());
    for value in [json!(false), json!("false"), json!(1), json!(0), json!("1"), json!("0")] {
        assert_eq!(flags_for(json!({ "use_processing": value })), Vec::<String>::new());
    }
}

#[test]
fn text_may_come_as_a_number() {
    assert_eq!(flags_for(json!({ "destination": 100, "agent_extension": 2001 })), Vec::<String>::new());
}

#[test]
fn absent_empty_and_null_fields_are_not_flagged() {
    assert_eq!(
        flags_for(json!({ "agent_id": "", "call_duration": null, "use_processing": "" })),
        Vec::<String>::new()
    );
}

#[test]
fn a_documented_field_that_does_not_parse_is_flagged_and_recorded_all_the_same() {
    for (field, value) in [
        ("call_duration", json!("abc")),
        ("call_duration", json!("NaN")),
        ("call_duration", json!([1])),
        ("call_bill_sec", json!(true)),
        ("agent_id", json!("3.5")),
        ("agent_id", json!({})),
        ("queue_id", json!("first")),
        ("use_processing", json!("yes")),
        ("use_processing", json!(2)),
        ("destination", json!(["100"])),
        ("member_id", json!("9223372036854775808")),
    ] {
        assert_eq!(flags_for(json!({ field: value })), [format!("unparsable:{field}")], "{field} {value}");
    }
}

#[test]
fn an_undocumented_field_is_a_variable_and_never_flagged() {
    let variables =
        json!({ "crm": { "deep": [1, null] }, "x y": true, "__proto__": 1, "call_durations": "abc" });
    assert_eq!(flags_for(variables), Vec::<String>::new());
}

#[test]
fn variables_cannot_override_the_envelope() {
    let service = Service::start();
    let names = ["id", "revision", "position", "recorded_at", "occurred_at", "kind", "source", "flags"];
    let mut body = json!({ "attempt_id": 7, "event": "leaving", "queue_type": "outbound_ivr" });
    for name in names {
        body[name] = json!("999");
    }
    let receipt = service.inbound("bridged", body.to_string()).expect(201);
    let events = service.show("/v1/attempts/7/events");
    let event = &events["events"][0];
    assert_eq!(event["event"], "Bridged");
    assert_eq!(event["queue_type"], "inbound_queue");
    assert_eq!(event["id"], receipt["id"]);
    assert_eq!((&event["revision"], &event["position"]), (&json!(1), &json!(1)));
    assert_eq!(event["recorded_at"], crate::api::harness::NOW);
    assert_eq!((&event["kind"], &event["source"]), (&json!("event"), &json!("http")));
    assert_eq!(event["payload"], body, "and nothing of the payload is lost");
    let mut expected: Vec<String> =
        names.iter().chain(&["event", "queue_type"]).map(|name| format!("shadowed:{name}")).collect();
    let mut flags = flags_of(&service, 7);
    expected.sort();
    flags.sort();
    assert_eq!(flags, expected);
}

#[test]
fn an_envelope_name_that_says_the_same_shadows_nothing() {
    let same = json!({ "event": "BRIDGED", "queue_type": 1 });
    assert_eq!(flags_for(same), Vec::<String>::new());
}

#[test]
fn a_carried_instant_that_cannot_be_true_is_a_shadowing_variable() {
    assert_eq!(flags_for(json!({ "bridged_at": 5 })), ["shadowed:bridged_at"]);
    assert_eq!(flags_for(json!({ "joined_at": 5 })), ["shadowed:joined_at"]);
    assert_eq!(flags_for(json!({ "joined_at": 4_102_444_800_001_i64 })), ["shadowed:joined_at"]);
}
