//! What is wrong with the definition of a queue, in words of our own: the reader's quote what was sent.

use serde_json::{Map, Value};

use crate::http::api::request::invalid;
use crate::http::problem::Problem;

/// A member's name, whether a value is right for it, and what it has to be.
type MemberRule = (&'static str, fn(&Value) -> bool, &'static str);

/// What the members of a definition have to be.
const MEMBERS: [MemberRule; 8] = [
    ("type", is_type, "it must be a text or a number"),
    ("queue_type", is_type, "it must be a text or a number"),
    ("name", Value::is_string, "it must be a text"),
    ("hooks", is_texts, "it must be a list of texts"),
    ("service_level_threshold_ms", Value::is_u64, "it must be a whole number of milliseconds"),
    ("short_abandon_threshold_ms", Value::is_u64, "it must be a whole number of milliseconds"),
    ("leaving_deadline_ms", Value::is_u64, "it must be a whole number of milliseconds"),
    ("variables", is_texts, "it must be a list of texts"),
];

fn is_type(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().all(Value::is_string))
}

/// The first member that is not what it has to be; for a body that is no object, that.
pub fn queue_body_fault(body: &[u8]) -> Problem {
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return invalid("body", "it must be an object with the queue's `type`, in JSON");
    };
    for (name, is_right, reason) in MEMBERS {
        let is_left_out = |value: &Value| value.is_null() && !matches!(name, "type" | "queue_type");
        if members.get(name).is_some_and(|value| !is_left_out(value) && !is_right(value)) {
            return invalid(name, reason);
        }
    }
    if ["type", "queue_type"].iter().all(|name| !members.contains_key(*name)) {
        return invalid("type", "it is missing");
    }
    let is_known = |name: &str| MEMBERS.iter().any(|(known, ..)| *known == name);
    // What could be somebody's data is not repeated.
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let unknown = members.keys().find(|name| !is_known(name) && is_plain(name));
    let unknown = unknown.map(|name| format!("it has no member `{name}`; ")).unwrap_or_default();
    let names = MEMBERS.map(|(name, ..)| name).join(", ");
    invalid("body", &format!("{unknown}it may have each of these members once, and no other: {names}"))
}
