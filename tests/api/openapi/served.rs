//! Answers of the service in short, as the examples of the document.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::harness::{Service, at};
use crate::api::openapi::answers::{answers, problems};
use crate::api::openapi::essence;
use crate::api::openapi::examples::{examples, sent};
use crate::api::openapi::questions::{eventful, operations, targets};
use crate::support::http::{Answer, request};

/// Entries of a list that an example shows.
const ENTRIES_SHOWN: usize = 2;
/// Lines of a text that an example shows.
const LINES_SHOWN: usize = 3;

/// Examples by operation, status and media type.
type Examples = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// What the service answers to one question of each kind.
pub fn served() -> Value {
    let (service, places) = eventful();
    service.post("/v1/projections/all/rebuild", "").expect(202);
    let mut rebuild = service.stream("/v1/projections/rebuild", &[]);
    while rebuild.next().is_some() {}
    let document = service.show("/openapi.json");
    // Nothing was rebuilt in it, and what is asked of it is never fit to be answered.
    let (unfit, still) = eventful();
    let mut all = Examples::new();
    for (method, path, operation) in operations(&document) {
        let mut taken = all.remove(&format!("{method} {path}")).unwrap_or_default();
        let mut take = |answer: &Answer| {
            if let Some(value) = in_short(answer) {
                let media_type = essence(&answer.headers["content-type"]).to_owned();
                taken.entry(answer.status.to_string()).or_default().entry(media_type).or_insert(value);
            }
        };
        if method == "get" {
            let target = &targets(&path, &places)[0];
            answers(&service, &operation, &in_brief(target)).iter().for_each(&mut take);
        } else {
            posted(&method, &path, &operation).iter().for_each(&mut take);
        }
        if path.starts_with("/v1/hooks/") {
            take(&service.inbound("answered", at(7, 9)));
        }
        let of_its_status = |answer: &Answer| operation["responses"].get(answer.status.to_string()).is_some();
        if path.ends_with("/replay") && method == "post" {
            take(&unfit.post(&path.replace("{refusal_id}", &still.open), ""));
        }
        for (_, answer) in problems(&unfit, &method, &path) {
            if of_its_status(&answer) {
                take(&answer);
            }
        }
        all.insert(format!("{method} {path}"), taken);
    }
    all.retain(|_, answers| !answers.is_empty());
    json!(all)
}

/// A history of two metrics, whose example is not longer than its meaning.
fn in_brief(target: &str) -> String {
    match target.split_once("/history?") {
        Some((path, query)) => format!("{path}/history?{query}&interval=P1D&metrics=n_offered,aht"),
        None => target.to_owned(),
    }
}

/// The answers to the examples of requests.
fn posted(method: &str, path: &str, operation: &Value) -> Vec<Answer> {
    let forms = operation["requestBody"]["content"].as_object().into_iter().flatten();
    let json = forms.filter(|(media_type, _)| *media_type == "application/json");
    let mut answers = Vec::new();
    for example in json.flat_map(|(_, content)| examples(content)) {
        let (service, target) = place(path);
        let line = format!("{} {target}", method.to_uppercase());
        let send = || request(service.address, &line, &[], sent(&example).as_bytes());
        answers.push(send());
        if path.ends_with("/events") || path.starts_with("/v1/hooks/") {
            answers.push(send());
        }
    }
    answers.retain(|answer| answer.status < 300);
    answers
}

/// A fresh service, and a target in it that takes the example of a request.
pub fn place(path: &str) -> (Service, String) {
    let (service, places) = eventful();
    let target = path
        .replace("{queue_type}", "inbound_queue")
        .replace("{event}", "offering")
        .replace("{queue_id}", "19")
        .replace("{refusal_id}", &places.open);
    (service, target)
}

/// An answer without what repeats itself; `None` for what is neither JSON nor text.
fn in_short(answer: &Answer) -> Option<Value> {
    match essence(&answer.headers["content-type"]) {
        media_type if media_type.ends_with("x-ndjson") => {
            answer.text().lines().next().map(|line| serde_json::from_str(line).unwrap())
        }
        media_type if media_type.ends_with("json") => Some(shortened(answer.json())),
        media_type if media_type.starts_with("text/") || media_type.ends_with("-text") => {
            let text = answer.text();
            Some(text.lines().take(LINES_SHOWN).map(|line| format!("{line}\n")).collect::<String>().into())
        }
        _ => None,
    }
}

fn shortened(value: Value) -> Value {
    match value {
        Value::Array(entries) => entries.into_iter().take(ENTRIES_SHOWN).map(shortened).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, one)| (name, shortened(one)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// What of a value stays the same from one run to the next: its members, and the types of their values.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().map(shape).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, one)| (name.clone(), shape(one)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null => "null".into(),
        Value::Bool(_) => "a truth".into(),
        Value::Number(_) => "a number".into(),
        Value::String(_) => "a text".into(),
    }
}
