//! What makes two payloads one content.

use attempt_ledger_domain::{ContentHash, EventKind, Payload};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn content(body: &Value) -> ContentHash {
    let body = body.to_string();
    let payload = Payload::parse(body.as_bytes()).expect("test body parses");
    ContentHash::of(EventKind::Offering, None, &payload, &mut Vec::new())
}

#[test]
fn values_are_compared_by_their_documented_type() {
    for (left, right) in [
        (json!({ "agent_id": "5" }), json!({ "agent_id": 5 })),
        (json!({ "agent_id": 5.0 }), json!({ "agent_id": "5" })),
        (json!({ "call_duration": "1.50" }), json!({ "call_duration": 1.5 })),
        (json!({ "use_processing": "true" }), json!({ "use_processing": true })),
        (json!({ "use_processing": 1 }), json!({ "use_processing": true })),
        (json!({ "destination": 380_441_234_567_i64 }), json!({ "destination": "380441234567" })),
        (json!({ "vip": 1 }), json!({ "vip": "1" })),
        (json!({ "vip": true }), json!({ "vip": "true" })),
        (json!({ "vip": "" }), json!({})),
        (json!({ "agent_id": null }), json!({})),
    ] {
        assert_eq!(content(&left), content(&right), "{left} and {right}");
    }
    for (left, right) in [
        (json!({ "agent_id": 5 }), json!({ "agent_id": 6 })),
        (json!({ "vip": "1.50" }), json!({ "vip": "1.5" })),
        (json!({ "vip": "x" }), json!({ "vip": "X" })),
        (json!({ "vip": [""] }), json!({})),
        (json!({ "vip": ["5"] }), json!({ "vip": [5] })),
        (json!({ "destination": "0380" }), json!({ "destination": 380 })),
        (json!({ "a": "1" }), json!({ "b": "1" })),
    ] {
        assert_ne!(content(&left), content(&right), "{left} and {right}");
    }
}

#[test]
fn a_number_and_a_text_are_one_where_their_digits_are() {
    let content = |value: &str| {
        let body = format!(r#"{{"vip":{value},"destination":{value}}}"#);
        let payload = Payload::parse(body.as_bytes()).expect("test body parses");
        ContentHash::of(EventKind::Offering, None, &payload, &mut Vec::new())
    };
    let spellings = ["1.50", "1.5", "15e-1", "1.0", "1", "1e2", "1E2", "100", "-0", "-0.0", "0"];
    let long = ["12345678901234567890.10", "12345678901234567890.1", "12345678901234567890"];
    for left in spellings.into_iter().chain(long) {
        assert_eq!(content(left), content(&format!("\"{left}\"")), "{left}");
        for right in spellings.into_iter().chain(long).filter(|right| *right != left) {
            assert_ne!(content(left), content(&format!("\"{right}\"")), "{left} and {right}");
            assert_ne!(content(left), content(right), "{left} and {right}");
        }
    }
}

const NAMES: [&str; 10] = [
    "agent_id",
    "queue_id",
    "call_duration",
    "use_processing",
    "timestamp",
    "destination",
    "vip",
    "joined_at",
    "cc_result",
    "empty",
];

proptest! {
    /// A body and the same one with every value as a string, absent fields written as empty or null.
    #[test]
    fn a_body_and_its_typed_twin_are_one_content(
        values in prop::collection::vec((0..NAMES.len(), -9_000_i64..9_000, 0..4_u8), 0..12),
    ) {
        let (mut typed, mut text) = (Map::new(), Map::new());
        for (name, number, form) in values {
            let name = NAMES[name].to_owned();
            let (left, right) = match form {
                0 => (json!(number), json!(number.to_string())),
                1 => (json!(number % 2 == 0), json!((number % 2 == 0).to_string())),
                2 => (json!(null), json!("")),
                _ => (json!(format!("text {number}")), json!(format!("text {number}"))),
            };
            typed.insert(name.clone(), left);
            text.insert(name, right);
        }
        prop_assert_eq!(content(&typed.into()), content(&text.into()));
    }
}
