//! The document of the API, judged by a validator that others wrote, and answers and examples judged by it.

mod answers;
mod examples;
mod page;
mod parameters;
mod questions;
mod served;

use std::fs;

use serde_json::{Value, json};

use crate::support::python::python_with;
use crate::support::script::run_script;

/// A value that shall be as the document says: what it is, and where in the document its media type is.
struct JudgedValue {
    what: String,
    pointer: String,
    value: Value,
}

/// Holds the document against the specification, and the values against the document.
fn judge(document: &Value, values: &[JudgedValue]) {
    let of = |one: &JudgedValue| json!({ "what": one.what, "pointer": one.pointer, "value": one.value });
    let values: Vec<Value> = values.iter().map(of).collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("values.json");
    fs::write(&file, json!({ "document": document, "values": values }).to_string()).unwrap();
    let python = python_with(&["openapi-spec-validator==0.9.0"]);
    run_script(&python, "tests/api/openapi/judge.py", &[&file]);
}

/// A step of a JSON pointer.
fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where the document has a media type of an answer.
fn answer_pointer(method: &str, path: &str, status: &str, media_type: &str) -> String {
    format!("/paths/{}/{method}/responses/{status}/content/{}", step(path), step(media_type))
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap().trim()
}
