//! One object, an array of them, NDJSON, whatever the content type says.

use serde_json::{Value, json};

use crate::api::harness::{Service, at};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

fn counts(answer: &Value) -> (u64, u64, u64) {
    let count = |name: &str| answer[name].as_u64().unwrap();
    (count("recorded"), count("duplicates"), count("refused"))
}

#[test]
fn an_object_is_answered_by_its_own_status_and_an_array_by_one_result_each() {
    let service = Service::start();
    assert_eq!(service.inbound("joined", at(1, 0)).expect(201)["outcome"], "recorded");
    let batch = format!("[{}, {}, {{}}]", at(1, 0), at(2, 0));
    let answer = service.inbound("joined", batch).expect(200);
    assert_eq!(counts(&answer), (1, 1, 1));
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["duplicate", "recorded", "refused"]);
    assert_eq!(answer["results"][2]["code"], "attempt_id_missing");
}

#[test]
fn a_refused_element_of_an_array_is_kept_as_it_was_sent() {
    let service = Service::start();
    let answer = service.inbound("joined", "[ 17 , {\"a\" : [1, 2] } ,\"x\",null]").expect(200);
    assert_eq!(counts(&answer), (0, 0, 4));
    for (result, sent) in
        answer["results"].as_array().unwrap().iter().zip(["17", "{\"a\" : [1, 2] }", "\"x\"", "null"])
    {
        let id = result["refusal_id"].as_str().unwrap();
        assert_eq!(service.show(&format!("/v1/refusals/{id}"))["body"], sent);
    }
}

#[test]
fn an_array_that_breaks_off_is_one_refusal_that_keeps_it_whole() {
    let service = Service::start();
    let body = format!("[{},", at(1, 0));
    let answer = service.inbound("joined", &body);
    service.refused(&answer, "malformed_json", &body);
    service.get("/v1/attempts/1").problem(404, "attempt_unknown");
}

#[test]
fn ndjson_with_blank_lines_and_carriage_returns_is_read_line_by_line() {
    let service = Service::start();
    let body = format!("\r\n{}\r\n\r\n  \n{}\n{{broken\r\n{}", at(1, 0), at(2, 0), at(3, 0));
    for media_type in [
        "application/x-ndjson",
        "application/ndjson; charset=utf-8",
        "application/jsonl",
        "Application/X-JSONLines",
    ] {
        let answer = service
            .post_with("/v1/hooks/inbound_queue/joined", &[("content-type", media_type)], &body)
            .expect(200);
        assert_eq!(answer["results"].as_array().unwrap().len(), 4, "{media_type}");
        assert_eq!(answer["results"][2]["code"], "malformed_json");
    }
    let refusals = service.show("/v1/refusals");
    assert_eq!(refusals["refusals"][0]["body"], "{broken");
}

#[test]
fn ndjson_of_one_line_is_a_batch_of_one() {
    let service = Service::start();
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &[NDJSON], at(1, 0)).expect(200);
    assert_eq!(counts(&answer), (1, 0, 0));
}

#[test]
fn an_empty_batch_records_nothing_and_says_so() {
    let service = Service::start();
    assert_eq!(counts(&service.inbound("joined", "[]").expect(200)), (0, 0, 0));
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &[NDJSON], "\n\n").expect(200);
    assert_eq!(counts(&answer), (0, 0, 0));
    assert_eq!(service.head(), 0);
}

#[test]
fn the_content_type_of_a_single_object_does_not_matter() {
    let service = Service::start();
    let types =
        ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "nonsense", ""];
    for (media_type, attempt_id) in types.into_iter().zip(1..) {
        let headers = [("content-type", media_type)];
        service.post_with("/v1/hooks/inbound_queue/joined", &headers, at(attempt_id, 0)).expect(201);
    }
}

#[test]
fn white_space_around_an_object_is_not_part_of_it() {
    let service = Service::start();
    let body = at(1, 0);
    service.inbound("joined", format!(" \t\r\n{body}\r\n\n")).expect(201);
    let text = service.get("/v1/attempts/1/events").text();
    assert!(text.contains(&format!("\"payload\":{body}")), "{text}");
}

#[test]
fn a_byte_order_mark_before_a_body_is_skipped_and_any_other_is_not() {
    let service = Service::start();
    service.inbound("joined", format!("\u{feff}{}", at(1, 0))).expect(201);
    service.inbound("joined", at(1, 0)).expect(200);
    assert_eq!(service.inbound("joined", format!("\u{feff} [{}]", at(2, 0))).expect(200)["recorded"], 1);
    for (before, after) in [("\u{feff}\u{feff}", ""), (" \u{feff}", ""), ("", "\u{feff}")] {
        let body = format!("{before}{}{after}", at(3, 0));
        service.inbound("joined", &body).problem(422, "malformed_json");
    }
    let lines = format!("\u{feff}{}\n\u{feff}{}", at(4, 0), at(5, 0));
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &[NDJSON], lines).expect(200);
    assert_eq!(counts(&answer), (1, 0, 1), "the mark of the second line is no start of a body");
}

#[test]
fn an_idempotency_key_does_not_name_every_delivery_of_a_batch() {
    let service = Service::start();
    let headers = [("idempotency-key", "k")];
    let batch = format!("[{},{}]", at(1, 0), at(2, 0));
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &headers, batch).expect(200);
    assert_eq!(counts(&answer), (2, 0, 0));
    service.post_with("/v1/hooks/inbound_queue/joined", &headers, at(3, 0)).expect(201);
}

#[test]
fn lines_of_one_batch_see_those_before_them() {
    let service = Service::start();
    let line = |event: &str, offset_ms: i64| {
        let timestamp = crate::api::harness::T0 + offset_ms;
        json!({ "attempt_id": 1, "event": event, "queue_type": 1, "timestamp": timestamp }).to_string()
    };
    let lines = [line("joined", 0), line("leaving", 5), line("bridged", 6), line("bridged", 4)];
    let answer = service.post_with("/v1/events", &[NDJSON], lines.join("\n")).expect(200);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results[2]["code"], "not_after_leaving");
    let revisions: Vec<_> = results.iter().map(|one| one["revision"].as_u64()).collect();
    assert_eq!(revisions, [Some(1), Some(2), None, Some(3)]);
}
