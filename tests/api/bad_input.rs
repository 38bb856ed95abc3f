//! Bodies that are no deliveries: each refused by its rule, and none lost.

use serde_json::json;

use crate::api::harness::{Service, at};

fn check(service: &Service, body: &[u8], code: &str) {
    let answer = service.inbound("joined", body);
    service.refused(&answer, code, body);
}

#[test]
fn what_is_not_one_json_object_is_malformed() {
    let service = Service::start();
    let bodies: [&str; 17] = [
        "",
        "{",
        "}",
        "{]",
        "{\"attempt_id\":7",
        "{\"attempt_id\":7}}",
        "{\"attempt_id\":7} x",
        "{'attempt_id':7}",
        "{\"attempt_id\":07}",
        "{\"attempt_id\":7,}",
        "17",
        "\"text\"",
        "null",
        "true",
        "attempt_id=7",
        "{\"attempt_id\":7}{\"attempt_id\":8}",
        "{\"a\":NaN,\"attempt_id\":7}",
    ];
    for body in bodies {
        check(&service, body.as_bytes(), "malformed_json");
    }
    assert_eq!(service.head(), 17, "each left one record");
}

#[test]
fn a_key_twice_is_malformed_even_when_it_is_spelled_in_two_ways() {
    let service = Service::start();
    for body in [
        r#"{"attempt_id":7,"attempt_id":7}"#,
        r#"{"attempt_id":7,"attempt_id":8}"#,
        r#"{"attempt_id":7,"a":1,"b":2,"\u0061":1}"#,
    ] {
        check(&service, body.as_bytes(), "malformed_json");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_kept_in_base64() {
    let service = Service::start();
    check(&service, b"{\"attempt_id\":7,\"name\":\"\xff\xfe\"}", "malformed_json");
    check(&service, b"\x00\x80\xff", "malformed_json");
    check(&service, b"{\"attempt_id\":7,\"half\":\"\xed\xa0\x80\"}", "malformed_json");
}

#[test]
fn raw_control_characters_in_a_string_are_malformed_and_kept() {
    let service = Service::start();
    for control in ["\n", "\r\n", "\t", "\u{0}", "\u{1f}"] {
        check(&service, format!("{{\"attempt_id\":7,\"a\":\"x{control}y\"}}").as_bytes(), "malformed_json");
    }
}

#[test]
fn a_packed_body_that_does_not_say_so_is_not_guessed_at_but_kept() {
    let service = Service::start();
    // The beginning of a gzip stream.
    let body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x2c\x29\x49\xcd\x2d\x28\x01\x00";
    check(&service, body, "malformed_json");
}

#[test]
fn deep_nesting_is_refused_and_kept_and_the_service_goes_on() {
    let service = Service::start();
    for levels in [200, 20_000] {
        let body = format!("{{\"attempt_id\":7,\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        check(&service, body.as_bytes(), "malformed_json");
    }
    let levels = 60;
    let body = format!("{{\"attempt_id\":7,\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    service.inbound("joined", &body).expect(201);
    assert!(service.get("/v1/attempts/7/events").text().contains(&body));
}

#[test]
fn the_deepest_nesting_that_is_recorded_can_be_read_back_everywhere() {
    let service = Service::start();
    let taken = (60..140).rev().find(|levels| {
        let body = format!("{{\"attempt_id\":7,\"a\":{}{}}}", "[".repeat(*levels), "]".repeat(*levels));
        service.inbound("joined", body).status == 201
    });
    assert!(taken.is_some_and(|levels| levels < 139), "the border lies within: {taken:?}");
    for path in ["/v1/attempts/7", "/v1/attempts/7/events", "/v1/attempts/7/timeline", "/v1/events"] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
}

#[test]
fn an_attempt_id_that_is_absent_is_missing() {
    for body in ["{}", r#"{"attempt_id":""}"#, r#"{"attempt_id":null}"#, r#"{"Attempt_id":7}"#] {
        check(&Service::start(), body.as_bytes(), "attempt_id_missing");
    }
}

#[test]
fn an_attempt_id_that_is_no_whole_64_bit_number_is_invalid() {
    let values = [
        "\"abc\"",
        "true",
        "[7]",
        "{}",
        "1.5",
        "\"1.5\"",
        "\" 7\"",
        "\"7 \"",
        "\"0x7\"",
        "1e30",
        "9223372036854775808",
        "\"9223372036854775808\"",
        "-9223372036854775809",
        "\"-9223372036854775809\"",
        "18446744073709551615",
        "\"\u{664}\u{662}\"",
    ];
    for value in values {
        check(&Service::start(), format!("{{\"attempt_id\":{value}}}").as_bytes(), "attempt_id_invalid");
    }
}

#[test]
fn attempt_ids_at_the_edges_of_64_bits_stay_exact() {
    let service = Service::start();
    for id in [i64::MAX, i64::MAX - 1, i64::MIN, 0, -1] {
        for value in [json!(id), json!(id.to_string())] {
            let body = json!({ "attempt_id": value, "as": value.to_string() }).to_string();
            let receipt = service.inbound("offering", body).expect(201);
            assert_eq!(receipt["attempt_id"], id);
        }
        assert_eq!(service.show(&format!("/v1/attempts/{id}"))["revision"], 2);
    }
}

#[test]
fn an_event_that_is_none_of_the_eight_is_refused_and_kept() {
    let service = Service::start();
    for event in ["ringing", "join", "0", "%20joined", "j%C3%B6ined"] {
        let answer = service.post(&format!("/v1/hooks/1/{event}"), at(7, 0));
        let kept = service.refused(&answer, "unknown_event", at(7, 0));
        assert_eq!(kept["attempt_id"], 7);
        assert!(kept.get("event").is_none());
    }
    for body in [r#"{"attempt_id":7}"#, r#"{"attempt_id":7,"event":17}"#, r#"{"attempt_id":7,"state":"x"}"#] {
        let answer = service.post("/v1/events?queue_type=1", body);
        service.refused(&answer, "unknown_event", body);
    }
}

#[test]
fn idle_means_joined_in_chats_and_messages_only() {
    let service = Service::start();
    for (channel, attempt_id) in [("chat", 1), ("im", 2)] {
        let body = json!({ "attempt_id": attempt_id, "state": "idle", "channel": channel }).to_string();
        assert_eq!(service.post("/v1/events?queue_type=9", body).expect(201)["event"], "Joined");
    }
    let body = json!({ "attempt_id": 3, "state": "idle", "channel": "call" }).to_string();
    let answer = service.post("/v1/events?queue_type=1", &body);
    service.refused(&answer, "unknown_event", &body);
}

#[test]
fn a_body_names_its_event_by_event_before_state() {
    let service = Service::start();
    let body = json!({ "attempt_id": 1, "event": "bridged", "state": "offering" }).to_string();
    assert_eq!(service.post("/v1/events?queue_type=1", body).expect(201)["event"], "Bridged");
    let body = json!({ "attempt_id": 1, "event": "", "state": "missed" }).to_string();
    assert_eq!(service.post("/v1/events?queue_type=1", body).expect(201)["event"], "Missed");
}

#[test]
fn what_cannot_be_read_is_one_refusal_however_often_it_comes() {
    let service = Service::start();
    for (event, body, code) in [
        ("joined", "{\"attempt_id\":7".to_owned(), "malformed_json"),
        ("joined", json!({ "agent_id": 5 }).to_string(), "attempt_id_missing"),
        ("no_event", json!({ "attempt_id": 7 }).to_string(), "unknown_event"),
    ] {
        let path = format!("/v1/events?queue_type=1&event={event}");
        let head = service.head();
        let first = service.post(&path, &body).problem(422, code);
        let again = service.post(&path, &body).problem(422, code);
        assert_eq!(first["refusal_id"], again["refusal_id"], "{body}");
        let batch = service.post(&path, format!("[{body},{body}]"));
        if code != "malformed_json" {
            let results = batch.expect(200)["results"].clone();
            assert_eq!(results[1]["refusal_id"], first["refusal_id"], "{body}");
        }
        let other = service.post("/v1/events?queue_type=2&event=joined", &body);
        assert_ne!(other.json()["refusal_id"], first["refusal_id"], "another address is another delivery");
        assert!(service.head() >= head + 2, "{body}");
    }
    let typed = json!({ "agent_id": "5" }).to_string();
    let twin = service.post("/v1/events?queue_type=1&event=joined", typed);
    let first = service.post("/v1/events?queue_type=1&event=joined", json!({ "agent_id": 5 }).to_string());
    assert_eq!(twin.json()["refusal_id"], first.json()["refusal_id"]);
}

#[test]
fn what_was_dismissed_and_comes_again_is_refused_anew() {
    let service = Service::start();
    let first = service.inbound("joined", "{").problem(422, "malformed_json");
    let id = first["refusal_id"].as_str().unwrap();
    service.post(&format!("/v1/refusals/{id}/dismiss"), json!({ "note": "a test" }).to_string()).expect(200);
    let again = service.inbound("joined", "{").problem(422, "malformed_json");
    assert_ne!(again["refusal_id"], first["refusal_id"]);
}
