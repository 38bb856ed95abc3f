//! The examples of the document: each request is taken, each answer was served.

use std::fs;
use std::path::Path;

use attempt_ledger_domain::Rule;
use serde_json::Value;

use crate::api::harness::Service;
use crate::api::openapi::questions::{eventful, operations};
use crate::api::openapi::served::{place, served, shape};
use crate::api::openapi::{JudgedValue, judge, step};
use crate::support::http::request;

/// The examples of a media type: one, or several with names.
pub fn examples(media_type: &Value) -> Vec<Value> {
    let several =
        media_type["examples"].as_object().into_iter().flatten().map(|(_, one)| one["value"].clone());
    media_type.get("example").cloned().into_iter().chain(several).collect()
}

/// An example as it is sent: text as it is, everything else as JSON.
pub fn sent(example: &Value) -> String {
    example.as_str().map_or_else(|| example.to_string(), str::to_owned)
}

#[test]
fn every_request_has_an_example_for_each_media_type_and_the_service_takes_it() {
    let document = eventful().0.show("/openapi.json");
    let mut all = Vec::new();
    for (method, path, operation) in operations(&document) {
        for (media_type, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            let examples = examples(content);
            assert!(!examples.is_empty(), "{method} {path}: {media_type} has no example");
            for example in examples {
                let (service, target) = place(&path);
                let line = format!("{} {target}", method.to_uppercase());
                let headers = [("content-type", media_type.as_str())];
                let answer = request(service.address, &line, &headers, sent(&example).as_bytes());
                assert!(matches!(answer.status, 200 | 201), "{line} {media_type} {example}: {answer:?}");
                if media_type.contains("json") && answer.json().get("results").is_some() {
                    assert_eq!(answer.json()["refused"], 0, "{line} {example}: {answer:?}");
                }
                let pointer =
                    format!("/paths/{}/{method}/requestBody/content/{}", step(&path), step(media_type));
                all.push(JudgedValue { what: format!("{line} {media_type}"), pointer, value: example });
            }
        }
    }
    judge(&document, &all);
}

#[test]
fn every_answer_has_an_example_that_is_as_the_document_says() {
    let document = eventful().0.show("/openapi.json");
    let mut all = Vec::new();
    for (method, path, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
                let what = format!("{method} {path} {status} {media_type}");
                let pointer = format!(
                    "/paths/{}/{method}/responses/{status}/content/{}",
                    step(&path),
                    step(media_type)
                );
                let examples = examples(content);
                let is_json = media_type == "application/json";
                assert!(!is_json || !examples.is_empty(), "{what} has no example");
                let of = |value| JudgedValue { what: what.clone(), pointer: pointer.clone(), value };
                all.extend(examples.into_iter().map(of));
            }
        }
    }
    judge(&document, &all);
}

#[test]
fn an_example_of_a_problem_has_the_status_of_its_answer_and_a_code_of_that_status() {
    let service = Service::start();
    let page = service.get("/docs").text();
    for (method, path, operation) in operations(&service.show("/openapi.json")) {
        let responses = operation["responses"].as_object().unwrap();
        for (status, answer) in responses {
            let Some(content) = answer["content"].get("application/problem+json") else { continue };
            let what = format!("{method} {path} {status}: {}", content["example"]);
            let example = &content["example"];
            let code = example["code"].as_str().expect(&what);
            assert_eq!(example["type"], format!("/problems/{code}"), "{what}");
            let told = example["status"].to_string();
            match status.as_str() {
                "default" => assert!(!responses.contains_key(&told) && told.len() == 3, "{what}"),
                _ => assert_eq!(&told, status, "{what}"),
            }
            let is_rule = Rule::parse(code).is_some();
            let row = format!("<tr><td>{told}</td><td><code>{code}</code></td>");
            assert!(is_rule || page.contains(&row), "{what}: /docs has no {row}");
        }
    }
}

/// Operations that tell how far something is; no two answers have the same members.
const PASSING: [&str; 3] =
    ["delete /v1/projections/rebuild", "get /v1/projections/rebuild", "post /v1/projections/{name}/rebuild"];

#[test]
fn every_example_of_an_answer_was_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/api/document/examples.json");
    let served = served();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&served).unwrap() + "\n").unwrap();
    }
    let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let lasting = |examples: &Value| -> Vec<(String, Value)> {
        let all = examples.as_object().unwrap().iter().filter(|(name, _)| !PASSING.contains(&name.as_str()));
        all.map(|(name, answers)| (name.clone(), shape(answers))).collect()
    };
    let hint = "hint: UPDATE_DOCUMENTS=1 cargo test --test suite openapi";
    for (written, served) in lasting(&written).into_iter().zip(lasting(&served)) {
        assert_eq!(written, served, "the example is not what is served; {hint}");
    }
    assert_eq!(lasting(&written).len(), lasting(&served).len(), "{hint}");
}
