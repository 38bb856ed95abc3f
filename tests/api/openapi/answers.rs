//! What the service answers is what the document says: every media type, every member, every problem.

use serde_json::Value;

use attempt_ledger::files::FileFormat;

use crate::api::harness::{Service, at};
use crate::api::openapi::questions::{eventful, has_parameter, operations, targets};
use crate::api::openapi::{JudgedValue, answer_pointer, essence, judge};
use crate::support::http::{Answer, request};

#[test]
fn the_document_is_valid() {
    judge(&Service::start().show("/openapi.json"), &[]);
}

/// The JSON values of an answer: its body, or each of its lines.
fn values(answer: &Answer) -> Vec<Value> {
    match essence(&answer.headers["content-type"]) {
        "application/x-ndjson" => {
            answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
        media_type if media_type.ends_with("json") => vec![answer.json()],
        media_type if media_type.starts_with("text/") => vec![answer.text().into()],
        _ => Vec::new(),
    }
}

/// An answer as values that are judged by its media type in the document.
fn judged((method, path): (&str, &str), status: &str, target: &str, answer: &Answer) -> Vec<JudgedValue> {
    let media_type = essence(&answer.headers["content-type"]);
    let pointer = answer_pointer(method, path, status, media_type);
    let what = format!("{method} {target} {media_type}");
    let of = |value| JudgedValue { what: what.clone(), pointer: pointer.clone(), value };
    values(answer).into_iter().map(of).collect()
}

/// Every GET operation is asked for each of its media types; whatever comes must be one that is documented,
/// and each that is documented must come.
#[test]
fn every_get_answers_with_its_media_types_and_members() {
    let (service, places) = eventful();
    service.post("/v1/projections/all/rebuild", "").expect(202);
    let mut rebuild = service.stream("/v1/projections/rebuild", &[]);
    while rebuild.next().is_some() {}
    let document = service.show("/openapi.json");
    let mut all = Vec::new();
    for (method, path, operation) in operations(&document) {
        if method != "get" {
            continue;
        }
        let documented = operation["responses"]["200"]["content"].as_object().unwrap();
        let mut missing: Vec<&str> = documented.keys().map(String::as_str).collect();
        for target in targets(&path, &places) {
            for answer in answers(&service, &operation, &target) {
                let media_type = essence(&answer.headers["content-type"]).to_owned();
                assert!(documented.contains_key(&media_type), "{target}: {media_type} is not documented");
                missing.retain(|one| *one != media_type);
                all.extend(judged((&method, &path), "200", &target, &answer));
            }
            if missing.contains(&"text/event-stream") {
                service.stream(&target, &[]).next().unwrap();
                missing.retain(|one| *one != "text/event-stream");
            }
        }
        // No replay was needed for the queue, so that there is nothing to tell of it.
        assert!(missing.is_empty(), "{path} never answers {missing:?}");
    }
    judge(&document, &all);
}

/// The answers to one question in every form that can be asked for.
pub fn answers(service: &Service, operation: &Value, target: &str) -> Vec<Answer> {
    let sign = if target.contains('?') { '&' } else { '?' };
    let mut answers =
        vec![service.get(target), service.get_with(target, &[("accept", "application/x-ndjson")])];
    if has_parameter(operation, "format") {
        for format in FileFormat::ALL {
            answers.push(service.get(&format!("{target}{sign}format={}", format.name())));
        }
    }
    // A file of all agents has no other form, and not every explanation is a file.
    answers.retain(|answer| answer.status != 400);
    assert!(answers.iter().all(|answer| answer.status == 200), "{target}: {answers:?}");
    answers
}

#[test]
fn every_problem_is_of_a_status_and_media_type_that_is_documented() {
    let (service, _) = eventful();
    let document = service.show("/openapi.json");
    let mut all = Vec::new();
    for (method, path, operation) in operations(&document) {
        for (target, answer) in problems(&service, &method, &path) {
            let is_told = operation["responses"].get(answer.status.to_string()).is_some();
            assert!(is_told || answer.status != 400, "{method} {target}: 400 is not documented");
            let status = if is_told { answer.status.to_string() } else { "default".to_owned() };
            all.extend(judged((&method, &path), &status, &target, &answer));
        }
    }
    judge(&document, &all);
}

/// The problems that an operation answers with to what is not there, not known or packed, and their targets.
pub fn problems(service: &Service, method: &str, path: &str) -> Vec<(String, Answer)> {
    let absent = path
        .replace("{attempt_id}", "404")
        .replace("{agent_id}", "x")
        .replace("{queue_id}", "404")
        .replace("{name}", "x")
        .replace("{code}", "x")
        .replace("{refusal_id}", "00000000-0000-0000-0000-000000000000")
        .replace("{queue_type}", "inbound_queue")
        .replace("{event}", "answered");
    let body = if method == "get" { String::new() } else { at(7, 3) };
    let ask = |target: String, headers: &[(&str, &str)]| {
        let line = format!("{} {target}", method.to_uppercase());
        let answer = request(service.address, &line, headers, body.as_bytes());
        (target, answer)
    };
    let unknown = format!("{absent}?no_such_parameter=1");
    let packed: &[_] = if method == "get" { &[] } else { &[("content-encoding", "br")] };
    let mut all = vec![ask(absent.clone(), &[]), ask(unknown, &[]), ask(absent, packed)];
    all.retain(|(_, answer)| answer.status >= 400);
    all
}
