//! Why an attempt is not in a number: what is said is what decided, in pages and in files.

use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::api::world::{deliver, named, numbers, world};

/// The hour in which everything of the world happens.
const HOUR: &str = "from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z";

fn explained(service: &Service, query: &str) -> Value {
    service.read(&format!("/v1/queues/17/history?{HOUR}&{query}"))
}

fn reasons(answer: &Value) -> Vec<(i64, Value)> {
    let reason = |share: &Value| (share["attempt_id"].as_i64().unwrap(), share["left_out"]["code"].clone());
    answer["attempts"].as_array().unwrap().iter().map(reason).collect()
}

#[test]
fn the_reason_is_the_condition_that_the_attempt_does_not_meet() {
    let service = world();
    for (metric, of_7, of_8) in [
        ("n_late", json!("not_late"), json!("not_late")),
        ("n_retries", json!("not_retry"), json!("not_retry")),
        ("n_short_abandoned", json!("no_threshold"), json!("no_threshold")),
        ("n_short_abandoned&short_abandon_ms=5000", json!("class"), json!("longer_than")),
        ("n_offers_withdrawn", json!("no_such_leg"), json!("no_such_leg")),
        ("n_missed", json!(null), json!("no_such_leg")),
        ("n_attempts_missed", json!(null), json!("not_missed")),
        ("asa", json!(null), json!("class")),
        ("n_offered&attribution=end", json!(null), json!(null)),
    ] {
        let answer = explained(&service, &format!("explain={metric}"));
        assert_eq!(reasons(&answer), [(7, of_7), (8, of_8)], "{metric}");
    }
    let answer = explained(&service, "explain=n_missed");
    assert_eq!(answer["attempts"][1]["left_out"]["rule"], "no leg of it was missed by the agent");
}

#[test]
fn what_counts_stands_before_what_was_left_out_on_every_page_or_alone() {
    let service = world();
    let call = json!({ "queue_id": 17 });
    deliver(&service, "joined", 11, 3_000, call.clone());
    deliver(&service, "leaving", 11, 4_000, json!({ "queue_id": 17, "cc_result": "abandoned" }));
    let whole = explained(&service, "explain=n_abandoned");
    assert_eq!(numbers(&whole["attempts"], "attempt_id"), [8, 11, 7]);
    let alone = explained(&service, "explain=n_abandoned&left_out=false");
    assert_eq!(numbers(&alone["attempts"], "attempt_id"), [8, 11]);
    assert_eq!(alone["measured"], whole["measured"]);
    for (more, all) in [("", vec![8, 11, 7]), ("&left_out=false", vec![8, 11])] {
        for limit in 1..=3 {
            let (mut told, mut cursor) = (Vec::new(), String::new());
            loop {
                let query = format!("explain=n_abandoned{more}&limit={limit}{cursor}");
                let page = explained(&service, &query);
                told.extend(numbers(&page["attempts"], "attempt_id"));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(told, all, "{limit} at once{more}");
        }
    }
    for query in ["left_out=false", "explain=asa&changed_since=3&left_out=false"] {
        let answer = service.ask(&format!("/v1/queues/17/history?{HOUR}&{query}"));
        assert_eq!(named(&answer.problem(400, "parameter_invalid")), "left_out");
    }
}

#[test]
fn an_explanation_comes_as_a_file_with_the_reason_in_each_row() {
    let service = world();
    let csv = service.ask(&format!("/v1/queues/17/history?{HOUR}&explain=asa&format=csv"));
    assert_eq!(csv.status, 200);
    let text = String::from_utf8(csv.body.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "attempt_id,started_at,asa,numerator,denominator,left_out,rule",
            "7,2026-07-22T09:14:00.000Z,9000.0,9000,1,,",
            "8,2026-07-22T09:14:02.000Z,,0,0,class,its class is abandoned",
        ]
    );
    let one = service.ask(&format!("/v1/queues/17/history?{HOUR}&explain=asa&format=csv&left_out=false"));
    assert_eq!(String::from_utf8(one.body.clone()).unwrap().lines().count(), 2);
    for format in ["xlsx", "parquet", "ndjson"] {
        let file = service.ask(&format!("/v1/queues/17/history?{HOUR}&explain=asa&format={format}"));
        assert_eq!((file.status, file.body.is_empty()), (200, false), "{format}");
    }
    let changes =
        service.ask(&format!("/v1/queues/17/history?{HOUR}&explain=asa&changed_since=3&format=csv"));
    assert_eq!(named(&changes.problem(400, "parameter_invalid")), "format");
}
