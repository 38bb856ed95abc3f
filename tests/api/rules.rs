//! Each rule by name: the delivery that it refuses, and the nearest one that it lets in.

use std::collections::BTreeSet;

use attempt_ledger::limits::EVENT_BYTES_MAX;
use attempt_ledger_domain::Rule;
use serde_json::json;

use crate::api::harness::{Service, at};
use crate::support::http::Answer;

/// One delivery: the path, the `Idempotency-Key` and the body.
type Step = (String, Option<&'static str>, String);

/// A rule's border: after `before`, `fires` is refused by `code` and `passes` is recorded.
struct Border {
    code: &'static str,
    before: Vec<Step>,
    fires: Step,
    passes: Step,
}

fn hook(queue_type: &str, event: &str, offset_ms: i64) -> Step {
    (format!("/v1/hooks/{queue_type}/{event}"), None, at(7, offset_ms))
}

fn inbound(event: &str, offset_ms: i64) -> Step {
    hook("inbound_queue", event, offset_ms)
}

fn joined(body: impl Into<String>) -> Step {
    ("/v1/hooks/inbound_queue/joined".to_owned(), None, body.into())
}

fn of_length(bytes: usize) -> String {
    let empty = json!({ "attempt_id": 7, "filler": "" }).to_string().len();
    json!({ "attempt_id": 7, "filler": "x".repeat(bytes - empty) }).to_string()
}

fn border(code: &'static str, before: Vec<Step>, fires: Step, passes: Step) -> Border {
    Border { code, before, fires, passes }
}

fn borders_of_the_table() -> Vec<Border> {
    let border = |code, event| border(code, vec![], hook("outbound_ivr", event, 0), hook("0", event, 0));
    vec![
        border("answered_only_in_preview_and_offline", "answered"),
        border("answered_only_in_preview_and_offline", "active"),
        border("missed_needs_agent_participation", "missed"),
        border("processing_needs_agent_participation", "processing"),
    ]
}

fn borders_of_the_lifecycle() -> Vec<Border> {
    let preview = |event, offset_ms| hook("preview_dialer", event, offset_ms);
    let talk = "not_after_talk";
    vec![
        border("joined_only_once", vec![inbound("joined", 5)], inbound("joined", 6), inbound("offering", 6)),
        border("joined_only_once", vec![inbound("joined", 5)], inbound("joined", 4), inbound("missed", 5)),
        border(
            "joined_comes_first",
            vec![inbound("offering", 5)],
            inbound("joined", 6),
            inbound("joined", 5),
        ),
        border(talk, vec![inbound("bridged", 5)], inbound("offering", 6), inbound("offering", 5)),
        border(talk, vec![inbound("offering", 5)], inbound("bridged", 4), inbound("bridged", 5)),
        border(talk, vec![preview("bridged", 5)], preview("answered", 6), preview("answered", 5)),
        border(talk, vec![preview("bridged", 5)], preview("active", 6), preview("missed", 6)),
        border(talk, vec![preview("active", 5)], preview("offering", 6), preview("offering", 5)),
        border(
            talk,
            vec![inbound("bridged", 5), inbound("missed", 6)],
            inbound("bridged", 7),
            inbound("bridged", 4),
        ),
        border(
            "not_after_processing",
            vec![inbound("processing", 5)],
            inbound("bridged", 6),
            inbound("bridged", 5),
        ),
        border(
            "not_after_processing",
            vec![inbound("processing", 5)],
            inbound("processing", 6),
            inbound("leaving", 6),
        ),
        border("left_only_once", vec![inbound("leaving", 5)], inbound("leaving", 6), inbound("bridged", 5)),
        border(
            "not_after_leaving",
            vec![inbound("leaving", 5)],
            inbound("processing", 6),
            inbound("processing", 5),
        ),
        border(
            "not_after_leaving",
            vec![inbound("bridged", 5)],
            inbound("leaving", 4),
            inbound("leaving", 5),
        ),
    ]
}

fn borders_of_the_envelope() -> Vec<Border> {
    let in_queue = |queue_id: i64| json!({ "attempt_id": 7, "queue_id": queue_id }).to_string();
    let keyed = |key, body: &str| ("/v1/hooks/inbound_queue/joined".to_owned(), Some(key), body.to_owned());
    let unnamed = json!({ "attempt_id": 7 }).to_string();
    let offering = |body| ("/v1/hooks/inbound_queue/offering".to_owned(), None, body);
    let plain = |query: &str| (format!("/v1/events?event=joined{query}"), None, at(7, 0));
    vec![
        border("queue_changed", vec![joined(in_queue(17))], offering(in_queue(18)), offering(in_queue(17))),
        border(
            "queue_changed",
            vec![joined(in_queue(17))],
            offering(in_queue(18)),
            offering(unnamed.clone()),
        ),
        border(
            "queue_changed",
            vec![inbound("joined", 0)],
            hook("4", "offering", 1),
            hook("1", "offering", 1),
        ),
        border("unknown_event", vec![], inbound("ringing", 0), inbound("Joined", 0)),
        border("unknown_queue_type", vec![], plain(""), plain("&queue_type=1")),
        border("unknown_queue_type", vec![], plain("&queue_type=10"), plain("&queue_type=9")),
        border("attempt_id_missing", vec![], joined(r#"{"attempt_id":""}"#), joined(r#"{"attempt_id":"0"}"#)),
        border(
            "attempt_id_invalid",
            vec![],
            joined(r#"{"attempt_id":1.5}"#),
            joined(r#"{"attempt_id":1.0}"#),
        ),
        border("malformed_json", vec![], joined(r#"{"attempt_id":1"#), joined(r#"{"attempt_id":1}"#)),
        border(
            "malformed_json",
            vec![],
            joined(r#"{"attempt_id":1,"a":1,"a":1}"#),
            joined(r#"{"attempt_id":1,"a":1}"#),
        ),
        border(
            "too_large",
            vec![],
            joined(of_length(EVENT_BYTES_MAX + 1)),
            joined(of_length(EVENT_BYTES_MAX)),
        ),
        border(
            "identity_conflict",
            vec![keyed("k", &at(7, 0))],
            keyed("k", &at(7, 1)),
            keyed("l", &at(8, 1)),
        ),
    ]
}

fn send(service: &Service, (path, key, body): &Step) -> Answer {
    let headers: Vec<_> = key.iter().map(|key| ("idempotency-key", *key)).collect();
    service.post_with(path, &headers, body)
}

fn check(borders: &[Border]) {
    for border in borders {
        for is_refused in [true, false] {
            let service = Service::start();
            for step in &border.before {
                send(&service, step).expect(201);
            }
            let step = if is_refused { &border.fires } else { &border.passes };
            let answer = send(&service, step);
            if is_refused {
                let kept = service.refused(&answer, border.code, &step.2);
                let rule = Rule::parse(border.code).unwrap();
                assert_eq!((&kept["rule"], &kept["hint"]), (&rule.sentence().into(), &rule.hint().into()));
            } else {
                answer.expect(201);
            }
        }
    }
}

#[test]
fn rules_of_the_table_refuse_what_they_name_and_nothing_beside_it() {
    check(&borders_of_the_table());
}

#[test]
fn rules_of_the_lifecycle_refuse_what_they_name_and_nothing_beside_it() {
    check(&borders_of_the_lifecycle());
}

#[test]
fn rules_of_the_envelope_refuse_what_they_name_and_nothing_beside_it() {
    check(&borders_of_the_envelope());
}

#[test]
fn every_rule_has_its_border_tested() {
    let tested = [borders_of_the_table(), borders_of_the_lifecycle(), borders_of_the_envelope()];
    let mut tested: BTreeSet<_> = tested.iter().flatten().map(|border| border.code).collect();
    // It comes with damage: `hooks_of_attempts_that_do_not_read_are_kept_until_the_file_is_restored`.
    tested.insert("history_unreadable");
    assert_eq!(tested, Rule::ALL.iter().map(|rule| rule.code()).collect());
}

#[test]
fn a_refused_delivery_leaves_the_attempt_as_it_was() {
    let service = Service::start();
    service.inbound("leaving", at(7, 5)).expect(201);
    let answer = service.inbound("leaving", at(7, 6));
    service.refused(&answer, "left_only_once", at(7, 6));
    let attempt = service.show("/v1/attempts/7");
    assert_eq!(attempt["revision"], 1);
    assert_eq!(attempt["refused"], 1);
    assert_eq!(attempt["left_at"], crate::api::harness::T0 + 5);
}
