//! Examples of answers. The service served them: `UPDATE_DOCUMENTS=1 cargo test --test suite openapi` writes
//! them again.

use serde_json::Value;

use super::problem_examples::problem_example;
use super::visit::{each_operation, members};
use crate::http::problem::PROBLEM_CONTENT_TYPE;

/// By method and path, status and media type.
const SERVED: &str = include_str!("examples.json");

/// Puts the examples to their answers. An answer without one of its own has that of another with its schema;
/// a problem has no other's, whose status is not its own.
pub fn show(document: &mut Value) {
    let served: Value = serde_json::from_str(SERVED).expect("the examples are JSON");
    each_operation(document, &mut |method, path, operation| {
        let examples = &served[format!("{method} {path}")];
        each_answer(operation, &mut |status, media_type, content| {
            if let Some(example) = examples[status].get(media_type) {
                content["example"] = example.clone();
            }
        });
    });
    let mut by_schema = Vec::new();
    each_operation(document, &mut |_, _, operation| {
        each_answer(operation, &mut |_, _, content| {
            if let Some(example) = content.get("example") {
                by_schema.push((content["schema"].clone(), example.clone()));
            }
        });
    });
    each_operation(document, &mut |method, path, operation| {
        each_answer(operation, &mut |status, media_type, content| {
            if media_type == PROBLEM_CONTENT_TYPE {
                if content.get("example").is_none() {
                    content["example"] = problem_example(method, path, status);
                }
                return;
            }
            let alike = by_schema.iter().find(|(schema, _)| *schema == content["schema"]);
            if let (None, true, Some((_, example))) =
                (content.get("example"), content["schema"]["$ref"].is_string(), alike)
            {
                content["example"] = example.clone();
            }
        });
    });
}

fn each_answer(operation: &mut Value, visit: &mut dyn FnMut(&str, &str, &mut Value)) {
    for (status, response) in members(operation, "responses") {
        for (media_type, content) in members(response, "content") {
            visit(status, media_type, content);
        }
    }
}
