//! The event × queue type table, cell by cell.

use serde_json::json;

use crate::api::harness::{Service, at};

const EVENTS: [(&str, &str); 8] = [
    ("joined", "Joined"),
    ("offering", "Offering"),
    ("answered", "Answered"),
    ("active", "Active"),
    ("bridged", "Bridged"),
    ("missed", "Missed"),
    ("processing", "Processing"),
    ("leaving", "Leaving"),
];

/// One letter for each of the events above: `+` legal, else the rule that refuses.
const TABLE: [(&str, &str); 8] = [
    ("offline_queue", "++++++++"),
    ("inbound_queue", "++aa++++"),
    ("outbound_ivr", "++aa+mp+"),
    ("preview_dialer", "++++++++"),
    ("progressive_dialer", "++aa++++"),
    ("predictive_dialer", "++aa++++"),
    ("chat_inbound_queue", "++aa++++"),
    ("task_queue", "++aa++++"),
];

const NUMBERS: [(&str, &str); 10] = [
    ("0", "offline_queue"),
    ("1", "inbound_queue"),
    ("2", "outbound_ivr"),
    ("3", "preview_dialer"),
    ("4", "progressive_dialer"),
    ("5", "predictive_dialer"),
    ("6", "chat_inbound_queue"),
    ("7", "task_queue"),
    ("8", "task_queue"),
    ("9", "chat_inbound_queue"),
];

fn rule(letter: char) -> &'static str {
    match letter {
        'a' => "answered_only_in_preview_and_offline",
        'm' => "missed_needs_agent_participation",
        'p' => "processing_needs_agent_participation",
        other => panic!("{other} is no cell"),
    }
}

/// Every cell of one row, each with an attempt of its own.
fn check_row(service: &Service, stated: &str, queue_type: &str, first_attempt: i64) {
    let cells = TABLE.iter().find(|(name, _)| *name == queue_type).unwrap().1;
    for (((event, name), cell), attempt_id) in EVENTS.iter().zip(cells.chars()).zip(first_attempt..) {
        let body = at(attempt_id, 0);
        let answer = service.post(&format!("/v1/hooks/{stated}/{event}"), &body);
        if cell != '+' {
            let kept = service.refused(&answer, rule(cell), &body);
            assert_eq!(kept["address"], json!({ "event": event, "queue_type": stated }));
            assert_eq!(kept["attempt_id"], attempt_id);
            assert_eq!(kept["event"], *name);
            continue;
        }
        let receipt = answer.expect(201);
        assert_eq!(receipt["outcome"], "recorded", "{stated} {event}");
        assert_eq!(receipt["attempt_id"], attempt_id);
        assert_eq!(receipt["event"], *name);
        assert_eq!(receipt["revision"], 1);
        assert_eq!(answer.headers["ledger-position"], receipt["position"].to_string());
        assert_eq!(answer.headers["location"], format!("/v1/attempts/{attempt_id}"));
        let attempt = service.show(&format!("/v1/attempts/{attempt_id}"));
        assert_eq!(attempt["queue_type"], queue_type);
    }
}

#[test]
fn every_cell_is_recorded_or_refused_by_its_rule() {
    let service = Service::start();
    for ((queue_type, _), first_attempt) in TABLE.iter().zip((1..).step_by(8)) {
        check_row(&service, queue_type, queue_type, first_attempt);
    }
    assert_eq!(service.head(), 64, "each cell left one record");
}

#[test]
fn the_producers_numbers_are_the_queue_types_names() {
    let service = Service::start();
    for ((number, queue_type), first_attempt) in NUMBERS.iter().zip((1..).step_by(8)) {
        check_row(&service, number, queue_type, first_attempt);
    }
}

#[test]
fn names_are_read_in_any_case() {
    let service = Service::start();
    service.post("/v1/hooks/Inbound_Queue/JOINED", at(1, 0)).expect(201);
}

#[test]
fn a_number_without_a_queue_type_is_refused_and_kept() {
    let service = Service::start();
    for stated in ["10", "-1", "01", "inbound", "1.0"] {
        let answer = service.post(&format!("/v1/hooks/{stated}/joined"), at(1, 0));
        service.refused(&answer, "unknown_queue_type", at(1, 0));
    }
}

#[test]
fn queue_type_and_event_are_read_from_the_query_and_the_body_too() {
    let service = Service::start();
    service.post("/v1/events?event=joined&queue_type=2", at(1, 0)).expect(201);
    let body = json!({ "attempt_id": 2, "event": "missed", "queue_type": 2 }).to_string();
    let answer = service.post("/v1/events", &body);
    service.refused(&answer, "missed_needs_agent_participation", &body);
    let body = json!({ "attempt_id": 3, "event": "missed", "queue_type": 2 }).to_string();
    let receipt = service.post("/v1/events?event=bridged&queue_type=inbound_queue", &body).expect(201);
    assert_eq!(receipt["event"], "Bridged", "the URL is asked before the body");
}
