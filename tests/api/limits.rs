//! Limits one below, at, and one above.

use attempt_ledger::limits::Limits;
use serde_json::json;

use crate::api::harness::{Service, T0, at};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");
const EVENT_BYTES: usize = 512;

fn of_length(attempt_id: i64, bytes: usize) -> String {
    let empty = json!({ "attempt_id": attempt_id, "filler": "" }).to_string().len();
    json!({ "attempt_id": attempt_id, "filler": "x".repeat(bytes - empty) }).to_string()
}

fn small() -> Service {
    Service::start_with(Limits { event_bytes_max: EVENT_BYTES, ..Limits::default() })
}

#[test]
fn a_batch_one_line_too_long_is_refused_whole_and_records_nothing() {
    let lines_max = 5;
    let limits = Limits { batch_lines_max: lines_max, ..Limits::default() };
    for (count, is_taken) in [(lines_max - 1, true), (lines_max, true), (lines_max + 1, false)] {
        let lines: Vec<String> = (1..).take(count).map(|attempt_id| at(attempt_id, 0)).collect();
        for (headers, body) in [(&[NDJSON][..], lines.join("\n")), (&[], format!("[{}]", lines.join(",")))] {
            let service = Service::start_with(limits);
            let answer = service.post_with("/v1/hooks/inbound_queue/joined", headers, body);
            if is_taken {
                assert_eq!(answer.expect(200)["recorded"], count);
            } else {
                answer.problem(413, "batch_too_long");
                assert_eq!(service.head(), 0);
            }
        }
    }
}

#[test]
fn blank_lines_do_not_count_towards_the_batch() {
    let service = Service::start_with(Limits { batch_lines_max: 2, ..Limits::default() });
    let body = format!("\n\n{}\n\n{}\n\n", at(1, 0), at(2, 0));
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &[NDJSON], body).expect(200);
    assert_eq!(answer["recorded"], 2);
}

#[test]
fn a_delivery_one_byte_too_long_is_refused_and_kept() {
    let service = small();
    for bytes in [EVENT_BYTES - 1, EVENT_BYTES] {
        service.inbound("offering", of_length(7, bytes)).expect(201);
    }
    let body = of_length(7, EVENT_BYTES + 1);
    let answer = service.inbound("offering", &body);
    service.refused(&answer, "too_large", &body);
}

#[test]
fn a_line_one_byte_too_long_is_refused_and_kept_and_the_others_recorded() {
    let service = small();
    let long = of_length(2, EVENT_BYTES + 1);
    let body = [at(1, 0), long.clone(), of_length(3, EVENT_BYTES)].join("\n");
    let answer = service.post_with("/v1/hooks/inbound_queue/joined", &[NDJSON], body).expect(200);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results[1]["code"], "too_large");
    assert_eq!((&results[0]["outcome"], &results[2]["outcome"]), (&"recorded".into(), &"recorded".into()));
    let id = results[1]["refusal_id"].as_str().unwrap();
    assert_eq!(service.show(&format!("/v1/refusals/{id}"))["body"], long);
}

#[test]
fn white_space_around_a_delivery_does_not_count_towards_its_length() {
    let service = small();
    let body = format!("{}{}\n", " ".repeat(EVENT_BYTES), of_length(7, EVENT_BYTES));
    service.inbound("offering", body).expect(201);
}

#[test]
fn bytes_of_a_too_large_delivery_that_are_no_text_are_kept_too() {
    let service = small();
    let body = [b"\xff".as_slice(), &[b'x'; EVENT_BYTES]].concat();
    let answer = service.inbound("offering", &body);
    service.refused(&answer, "too_large", &body);
}

#[test]
fn a_body_one_byte_too_long_is_not_taken_in() {
    let body_bytes_max = 4_096;
    let limits = Limits { body_bytes_max, event_bytes_max: body_bytes_max, ..Limits::default() };
    for (bytes, is_taken) in [(body_bytes_max - 1, true), (body_bytes_max, true), (body_bytes_max + 1, false)]
    {
        let service = Service::start_with(limits);
        let answer = service.inbound("joined", of_length(7, bytes));
        if is_taken {
            answer.expect(201);
        } else {
            answer.problem(413, "body_too_large");
            assert_eq!(service.head(), 0);
        }
    }
}

#[test]
fn a_page_is_as_long_as_the_limit_and_no_longer() {
    let limits = Limits { page_limit_max: 3, page_limit_default: 2, ..Limits::default() };
    let service = Service::start_with(limits);
    for attempt_id in 1..=4 {
        service.inbound("answered", at(attempt_id, 0)).problem(422, "answered_only_in_preview_and_offline");
    }
    for attempt_id in 5..=8 {
        let body = json!({ "attempt_id": attempt_id, "timestamp": T0, "agent_id": 4 });
        service.inbound("offering", body.to_string()).expect(201);
    }
    service.read("/v1/attempts");
    for (path, list) in [
        ("/v1/events", "events"),
        ("/v1/refusals", "refusals"),
        ("/v1/attempts", "attempts"),
        ("/v1/offers", "offers"),
    ] {
        let length = |query: &str| service.show(&format!("{path}{query}"))[list].as_array().unwrap().len();
        assert_eq!((length(""), length("?limit=1"), length("?limit=3")), (2, 1, 3));
        for limit in [0, 4] {
            let problem = service.get(&format!("{path}?limit={limit}")).problem(400, "parameter_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "limit");
        }
    }
}
