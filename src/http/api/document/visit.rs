//! The parts of the document, one after another.

use serde_json::Value;

/// The media type of what most answers are.
pub const JSON: &str = "application/json";

/// The entries of a list, if there is one; looking for it adds nothing.
pub fn entries<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The members of an object, if there is one; looking for it adds nothing.
pub fn members<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = (&'v String, &'v mut Value)> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten()
}

/// Visits every operation of the document: its method, its path and what is said of it.
pub fn each_operation(document: &mut Value, visit: &mut dyn FnMut(&str, &str, &mut Value)) {
    for (path, item) in members(document, "paths") {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            visit(method, path, operation);
        }
    }
}
