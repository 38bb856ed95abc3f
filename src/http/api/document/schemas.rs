//! What the schemas of objects that are put together from parts need besides.

use serde_json::{Value, json};

use super::visit::{entries, members};

/// Says of each part what it says of the whole.
pub fn join_parts(document: &mut Value) {
    for (_, schema) in members(&mut document["components"], "schemas") {
        for part in entries(schema, "allOf") {
            leave_out(part);
        }
        // A part that allows no other members would forbid those of the whole.
        if let Some(object) = schema.as_object_mut()
            && object.get("additionalProperties") == Some(&json!(false))
        {
            object.remove("additionalProperties");
        }
    }
}

/// A part that may be missing is missing with all its members; it is not null.
fn leave_out(part: &mut Value) {
    let alternatives = part["oneOf"].as_array().into_iter().flatten();
    let (none, rest): (Vec<_>, Vec<_>) = alternatives.partition(|one| one["type"] == "null");
    if let ([_], [reference]) = (none.as_slice(), rest.as_slice()) {
        *part = json!({ "anyOf": [reference, {}] });
    }
}
