//! What holds for many operations: names, media types of problems and files, headers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::visit::{JSON, each_operation};
use crate::files::FileFormat;
use crate::http::problem::PROBLEM_CONTENT_TYPE;

/// The schema of problem documents.
const PROBLEM_REFERENCE: &str = "#/components/schemas/Problem";

/// Completes every operation.
pub fn complete(document: &mut Value) {
    each_operation(document, &mut |method, path, operation| {
        operation["operationId"] = operation_id(method, path).into();
        let is_file = has_parameter(operation, "format");
        if is_tagged(operation) {
            let parameters = operation["parameters"].as_array_mut().expect("what is tagged has parameters");
            parameters.push(json!({
                "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
                "description": "An entity tag: an answer that has not changed since is 304, without a body"
            }));
        }
        let is_strict = operation["tags"][0] != "service";
        let responses = operation["responses"].as_object_mut().expect("every operation has responses");
        let problem = |description: &str| {
            let schema = json!({ "schema": { "$ref": PROBLEM_REFERENCE } });
            json!({ "description": description, "content": { JSON: schema } })
        };
        if is_strict {
            responses.entry("400").or_insert_with(|| problem("A parameter that is not known or not valid"));
        }
        responses.entry("default").or_insert_with(|| problem("Any other problem"));
        for (status, response) in responses {
            describe(status, response);
            name_problem(response);
            if is_file && status == "200" {
                list_files(response);
            }
        }
    });
}

/// A name that no other operation has.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(['/', '{', '}']).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |name, word| name + "_" + &word.replace('.', "_"))
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name))
}

fn is_tagged(operation: &Value) -> bool {
    operation["responses"].get("304").is_some()
}

/// OpenAPI asks for a description of every response; where the status says it all, it is the status.
fn describe(status: &str, response: &mut Value) {
    if response["description"].as_str().is_none_or(str::is_empty) {
        let code = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        response["description"] = code.and_then(|code| code.canonical_reason()).unwrap_or_default().into();
    }
}

/// A problem has a media type of its own (RFC 9457).
fn name_problem(response: &mut Value) {
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { return };
    if content.get(JSON).is_some_and(|media_type| media_type["schema"]["$ref"] == PROBLEM_REFERENCE) {
        let media_type = content.remove(JSON).expect("it was just seen");
        content.insert(PROBLEM_CONTENT_TYPE.to_owned(), media_type);
    }
}

/// What `format` asks for.
fn list_files(response: &mut Value) {
    for format in FileFormat::ALL {
        let media_type = format.media_type().split(';').next().unwrap_or_default();
        response["content"][media_type] = match format {
            FileFormat::Csv => json!({ "schema": { "type": "string" } }),
            FileFormat::Ndjson => json!({ "schema": {
                "type": "object", "additionalProperties": {},
                "description": "Of each line: a row, with a member for each column"
            } }),
            FileFormat::Parquet | FileFormat::Xlsx => json!({}),
        };
    }
}
