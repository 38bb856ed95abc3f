//! What the page about Webitel says, tried: its schema is pasted, and each queue type sends its events.

use std::collections::BTreeSet;
use std::fs;

use attempt_ledger_domain::{EventKind, HookName, Observation, QueueType};
use serde_json::{Map, Value, json};

use crate::api::harness::{NOW, Service};
use crate::support::repository;

fn page() -> String {
    fs::read_to_string(repository("docs/webitel.md")).unwrap()
}

/// The schema's request.
fn request(page: &str) -> Value {
    let block = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let schema: Value = serde_json::from_str(block).unwrap();
    schema[0]["httpRequest"].clone()
}

/// What Webitel makes of `data`: variables are put in, and those that are unknown are empty.
fn body(request: &Value, variables: &Map<String, Value>) -> String {
    let fields = request["data"].as_object().unwrap().iter().map(|(name, template)| {
        let variable = template.as_str().unwrap().trim_start_matches("${").trim_end_matches('}');
        assert_eq!(name, variable, "each field has the variable of its name");
        (name.clone(), variables.get(variable).cloned().unwrap_or_else(|| json!("")))
    });
    Value::Object(fields.collect()).to_string()
}

/// The queue types of the table, by number, each with the events in backquotes.
fn sent(page: &str) -> Vec<(String, String, Vec<EventKind>)> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let rows = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let numbered = rows.filter(|cells| cells[0].trim().parse::<u8>().is_ok());
    numbered
        .map(|cells| {
            let named = cells[2].split('`').filter_map(EventKind::parse).collect();
            (cells[0].trim().to_owned(), cells[1].trim_matches('`').to_owned(), named)
        })
        .collect()
}

#[test]
fn each_queue_type_of_the_table_sends_its_events_by_the_schema_of_the_page() {
    let page = page();
    let request = request(&page);
    assert_eq!(request["headers"], json!({ "content-type": "application/json" }));
    let path = request["url"].as_str().unwrap().strip_prefix("http://HOST:7878").unwrap().to_owned();
    assert_eq!(path, "/v1/hooks/inbound_queue/offering");
    let sent = sent(&page);
    assert_eq!(sent.len(), 10);
    for (number, name, events) in sent {
        assert_eq!(QueueType::parse(&number), QueueType::parse(&name), "{number} is {name}");
        for event in events {
            let service = Service::start();
            let variables = json!({ "attempt_id": "7", "queue_id": "17", "channel": "call",
                "timestamp": NOW.to_string(), "joined_at": (NOW - 5_000).to_string(), "agent_id": "5" });
            let body = body(&request, variables.as_object().unwrap());
            let answer = service.post(&format!("/v1/hooks/{number}/{}", event.wire_name()), &body);
            assert_eq!(answer.expect(201)["flags"], json!(null), "{name} {event}");
        }
    }
}

#[test]
fn there_is_a_schema_for_each_event_and_it_is_that_of_the_page() {
    let page = page();
    let block = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let events: BTreeSet<EventKind> = sent(&page).into_iter().flat_map(|(.., events)| events).collect();
    let events = events.into_iter().map(|event| ("inbound_queue", event.wire_name()));
    for (queue_type, hook) in
        events.chain([("predictive_dialer", HookName::from(Observation::WaitAgent).wire_name())])
    {
        let path = format!("deploy/webitel/{hook}.json");
        let schema = fs::read_to_string(repository(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let address = format!("/{queue_type}/{hook}\"");
        assert_eq!(schema, block.replace("/inbound_queue/offering\"", &address), "{path}");
        assert!(page.contains(&format!("](../{path})")), "{path} is not named");
    }
}

#[test]
fn the_page_says_why_each_field_of_the_schema_is_listed() {
    let page = page();
    let reasons = page.split("## Fields worth listing").nth(1).unwrap().split("##").next().unwrap();
    for (field, _) in request(&page)["data"].as_object().unwrap() {
        assert!(reasons.contains(&format!("`{field}`")), "{field}");
    }
}
