//! The forms in which deliveries come, and the headers that belong to them.

use serde_json::{Value, json};

use super::visit::JSON;
use crate::http::api::request::{BATCHED_MEDIA_TYPE, STRUCTURED_MEDIA_TYPE};

/// Where deliveries are posted to.
const EVENTS: &str = "/v1/events";
const HOOKS: &str = "/v1/hooks/{queue_type}/{event}";

/// Headers that a delivery may have: name, values if they are few, meaning.
const HEADERS: [(&str, &[&str], &str); 8] = [
    (
        "Content-Encoding",
        &["gzip", "zstd", "identity"],
        "How the body is packed. Limits hold for what it unpacks to",
    ),
    ("Idempotency-Key", &[], "The identity of a single delivery, compared within its attempt"),
    ("ce-specversion", &["1.0"], "Of a CloudEvent in binary mode, whose body is its data alone"),
    ("ce-id", &[], "Together with `ce-source` the identity of the delivery"),
    ("ce-source", &[], "Who sends it"),
    ("ce-type", &[], "Whose last word may be one of the eight events, as in `com.example.queue.bridged`"),
    ("ce-time", &[], "When it happened, if the body does not say, as RFC 3339 text"),
    ("ce-queuetype", &[], "One of the eight queue types"),
];

/// Says in which forms deliveries are taken.
pub fn tell_forms(document: &mut Value) {
    let by_name = json!({
        "event": "joined", "queue_type": "inbound_queue", "attempt_id": "48210731", "queue_id": "17",
        "channel": "call", "destination": "380671112233", "timestamp": "1784711702121"
    });
    let by_hook = json!({
        "attempt_id": "48210731", "queue_id": "17", "agent_id": "301", "timestamp": "1784711703738"
    });
    for (path, event, delivery) in [(EVENTS, "joined", by_name), (HOOKS, "offering", by_hook)] {
        let operation = &mut document["paths"][path]["post"];
        operation["requestBody"] = json!({ "required": true, "content": forms(event, &delivery) });
        let parameters = operation["parameters"].as_array_mut().expect("a delivery has parameters");
        parameters.extend(HEADERS.iter().map(header));
    }
}

fn header((name, values, meaning): &(&str, &[&str], &str)) -> Value {
    let mut schema = json!({ "type": "string" });
    if !values.is_empty() {
        schema["enum"] = json!(values);
    }
    json!({ "name": name, "in": "header", "description": meaning, "schema": schema })
}

/// One delivery in each of its forms. Ids name the event, as they would otherwise name two contents.
fn forms(name: &str, delivery: &Value) -> Value {
    let mut later = delivery.clone();
    later["attempt_id"] = "48210732".into();
    let object = json!({ "type": "object", "description": "The variables of a hook, by name" });
    let many = json!({ "type": "array", "items": object });
    let event = |number: u8, data: &Value| {
        json!({
            "specversion": "1.0", "id": format!("{name}-{number}"), "source": "/dialer/1",
            "type": format!("com.example.queue.{name}"),
            "queuetype": "inbound_queue", "time": "2026-07-22T09:15:02.121Z", "data": data
        })
    };
    let envelope = json!({
        "type": "object", "description": "A CloudEvent in structured mode",
        "required": ["specversion", "id", "source", "type"]
    });
    json!({
        JSON: {
            "schema": { "oneOf": [object, many] },
            "examples": {
                "one": { "summary": "One delivery", "value": delivery },
                "many": { "summary": "Many, answered 200", "value": [delivery, later] },
            }
        },
        "application/x-ndjson": {
            "schema": { "type": "string", "description": "A delivery for each line" },
            "example": format!("{delivery}\n{later}\n")
        },
        STRUCTURED_MEDIA_TYPE: { "schema": envelope, "example": event(1, delivery) },
        BATCHED_MEDIA_TYPE: {
            "schema": { "type": "array", "items": envelope },
            "example": [event(1, delivery), event(2, &later)]
        },
        "application/x-www-form-urlencoded": {
            "schema": { "type": "string", "description": "The variables of a hook as a form" },
            "example": form(delivery)
        },
    })
}

fn form(delivery: &Value) -> String {
    let pairs = delivery.as_object().into_iter().flatten();
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
    pairs.map(pair).collect::<Vec<_>>().join("&")
}
