//! The document of the API: what the routes say of themselves, and here what none of them says alone.

mod bodies;
mod examples;
mod operations;
mod page;
mod problems;
mod schemas;
mod values;

use serde_json::Value;
use utoipa::openapi::OpenApi;

pub use self::page::{reference_page, rule_page};

/// The media type of what most answers are.
const JSON: &str = "application/json";

/// The whole document. It is read by programs at `/openapi.json`, and by people at `/docs`.
pub fn document(routes: &OpenApi) -> Value {
    let mut document = serde_json::to_value(routes).expect("the document serializes");
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    values::name_values(&mut document);
    schemas::join_parts(&mut document);
    operations::complete(&mut document);
    bodies::tell_forms(&mut document);
    examples::show(&mut document);
    document
}

/// The entries of a list, if there is one; looking for it adds nothing.
fn entries<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The members of an object, if there is one; looking for it adds nothing.
fn members<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = (&'v String, &'v mut Value)> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten()
}

/// Visits every operation of the document: its method, its path and what is said of it.
fn each_operation(document: &mut Value, visit: &mut dyn FnMut(&str, &str, &mut Value)) {
    for (path, item) in members(document, "paths") {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            visit(method, path, operation);
        }
    }
}
