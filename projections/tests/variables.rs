//! The variables of an attempt's row: as last reported, or not known.

use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueId, QueueType, UnixMillis};
use attempt_ledger_projections::fold::{Step, StepFields, fold_regular};
use attempt_ledger_projections::{AttemptRow, Variables};
use serde_json::{Value, json};

/// A row from Joined, Offering and so on, each with this payload.
fn row(payloads: &[Value]) -> AttemptRow {
    let events = [EventKind::Joined, EventKind::Offering, EventKind::Bridged];
    let step = |(second, (payload, event)): (i64, (&Value, EventKind))| Step {
        position: Position(second.unsigned_abs() + 1),
        event,
        queue_type: Some(QueueType::InboundQueue),
        queue_id: Some(QueueId(17)),
        occurred_at: UnixMillis(1_772_442_000_000 + second * 1_000),
        has_stated_time: true,
        recorded_at: UnixMillis(1_772_442_000_000 + second * 1_000),
        fields: StepFields::parse(payload.to_string().as_bytes()).expect("an object"),
    };
    let mut steps: Vec<Step> = (0..).zip(payloads.iter().zip(events)).map(step).collect();
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row").attempt
}

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[test]
fn variables_up_to_the_bound_are_kept_and_one_byte_more_is_not_known() {
    let full = Variables::BYTES_MAX - "name".len();
    assert!(row(&[json!({ "name": text(full) })]).variables.is_some());
    assert_eq!(row(&[json!({ "name": text(full + 1) })]).variables, None);
}

#[test]
fn of_several_deliveries_the_last_reports_count_towards_the_bound() {
    let half = Variables::BYTES_MAX / 2;
    let grown = row(&[json!({ "a": text(half) }), json!({ "b": text(half) })]);
    assert_eq!(grown.variables, None, "both names together are too long");
    let replaced = row(&[json!({ "a": text(half) }), json!({ "a": "short", "b": "1" })]);
    assert_eq!(replaced.variables.expect("short ones").to_json(), r#"{"a":"short","b":"1"}"#);
}

#[test]
fn a_list_and_an_object_are_their_json_however_it_was_spaced() {
    let payload: Value =
        serde_json::from_str(r#"{ "tags": [ "a", 1 ], "who": { "b": 2, "a": null } }"#).unwrap();
    let expected = r#"{"tags":"[\"a\",1]","who":"{\"a\":null,\"b\":2}"}"#;
    assert_eq!(row(&[payload]).variables.expect("two").to_json(), expected);
}

/// A value before a delivery that is too long may not be the last one.
#[test]
fn one_delivery_with_long_variables_leaves_none_known() {
    let long = json!({ "a": text(Variables::BYTES_MAX), "b": "2" });
    assert_eq!(row(&[json!({ "b": "1" }), long]).variables, None);
}

#[test]
fn a_name_without_an_agent_is_nobodys() {
    let shadow = json!({ "agent_name": "Shadow", "user_id": 9 });
    assert_eq!(row(std::slice::from_ref(&shadow)).agent_name, None);
    let offered = row(&[shadow, json!({ "agent_id": 5 })]);
    assert_eq!((offered.agent_id, offered.agent_name, offered.user_id), (Some(AgentId(5)), None, None));
}

#[test]
fn a_call_has_no_negative_length() {
    assert_eq!(row(&[json!({ "call_duration": "-5" })]).call_duration, None);
    assert!(row(&[json!({ "call_duration": "0" })]).call_duration.is_some());
}
