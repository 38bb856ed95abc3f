//! What every answer of the read models keeps to: freshness, entity tags, reading one's own write.

use attempt_ledger::limits::Limits;
use serde_json::json;

use crate::api::harness::{NOW, Service, at};
use crate::api::world::{deliver, named, world};

/// Answers that depend on nothing but position and question.
const TAGGED: [&str; 5] = [
    "/v1/attempts?limit=2",
    "/v1/attempts?as_of=5&order=oldest",
    "/v1/offers?agent_id=4",
    "/v1/agents",
    "/v1/queues/17/history?from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z&interval=PT1H",
];

#[test]
fn a_client_reads_its_own_write() {
    let service = Service::start();
    for attempt_id in 1..=20 {
        let answer = service.inbound("joined", at(attempt_id, attempt_id));
        let position = answer.headers["ledger-position"].clone();
        let page = service.show(&format!("/v1/attempts?limit=1&min_position={position}"));
        assert_eq!(page["attempts"][0]["attempt_id"], attempt_id);
        assert!(page["freshness"]["position"].as_u64().unwrap() >= position.parse().unwrap());
    }
}

#[test]
fn a_position_that_is_not_there_in_time_is_answered_503_and_when_to_come_back() {
    let limits = Limits { min_position_wait_ms: 20, ..Limits::default() };
    let service = Service::start_with(limits);
    service.inbound("joined", at(1, 0)).expect(201);
    for path in ["/v1/attempts", "/v1/offers", "/v1/agents", "/v1/now", "/v1/queues"] {
        service.show(&format!("{path}?min_position=1"));
        let answer = service.get(&format!("{path}?min_position=2"));
        let problem = answer.problem(503, "not_yet");
        assert_eq!(answer.headers["retry-after"], "1");
        assert!(problem["detail"].as_str().unwrap().contains("position 1, not 2"), "{problem}");
    }
}

#[test]
fn a_write_within_the_wait_is_waited_for() {
    let service = Service::start();
    let address = service.address;
    let waiting = std::thread::spawn(move || {
        crate::support::http::request(address, "GET /v1/attempts?min_position=1", &[], b"")
    });
    service.inbound("joined", at(1, 0)).expect(201);
    let page = waiting.join().unwrap().expect(200);
    assert_eq!(page["attempts"][0]["attempt_id"], 1);
}

#[test]
fn before_the_first_record_lists_are_empty_and_fresh() {
    let service = Service::start();
    let freshness = json!({ "position": 0, "recorded_at": 0, "head": 0, "lag_records": 0 });
    for (path, rows) in [
        ("/v1/attempts", "attempts"),
        ("/v1/offers", "offers"),
        ("/v1/agents", "agents"),
        ("/v1/now", "queues"),
    ] {
        let page = service.show(path);
        assert_eq!((&page[rows], &page["freshness"]), (&json!([]), &freshness), "{path}");
    }
}

#[test]
fn an_entity_tag_answers_304_until_the_read_models_move() {
    let service = world();
    for path in TAGGED {
        let first = service.ask(path);
        let tag = first.headers["etag"].clone();
        assert!(tag.contains("@11-") || tag.contains("@5-"), "{tag}");
        for tags in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let answer = service.get_with(path, &[("if-none-match", &tags)]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{path} {tags}");
        }
        let other =
            if path.contains('?') { format!("{path}&order=oldest") } else { format!("{path}?from=now-1d") };
        if !path.contains("order") && !path.contains("history") {
            assert_eq!(service.get_with(&other, &[("if-none-match", &tag)]).status, 200, "{path}");
        }
    }
    let tags: Vec<String> = TAGGED.iter().map(|path| service.get(path).headers["etag"].clone()).collect();
    deliver(&service, "joined", 12, 0, json!({}));
    service.ask("/v1/attempts").expect(200);
    for (path, tag) in TAGGED.iter().zip(tags) {
        let expected = if path.contains("as_of") { 304 } else { 200 };
        assert_eq!(service.get_with(path, &[("if-none-match", &tag)]).status, expected, "{path}");
    }
}

#[test]
fn an_answer_whose_question_moves_with_the_clock_is_not_taken_for_the_old_one() {
    let service = world();
    let path = "/v1/attempts?from=now-1m";
    let tag = service.ask(path).headers["etag"].clone();
    assert_eq!(service.get_with(path, &[("if-none-match", &tag)]).status, 304);
    service.clock.set(NOW + 30_000);
    assert_eq!(service.get_with(path, &[("if-none-match", &tag)]).status, 200);
}

#[test]
fn a_past_that_is_not_yet_is_answered_400_by_name() {
    let service = world();
    for path in ["/v1/attempts", "/v1/offers"] {
        for (as_of, code) in [
            ("12", "position_beyond_head"),
            ("18446744073709551615", "position_beyond_head"),
            ("x", "parameter_invalid"),
            ("", "parameter_invalid"),
        ] {
            let problem = service.get(&format!("{path}?as_of={as_of}")).problem(400, code);
            assert_eq!(named(&problem), "as_of", "{path} {as_of}");
        }
        assert_eq!(service.show(&format!("{path}?as_of=11"))["freshness"]["position"], 11);
    }
}
