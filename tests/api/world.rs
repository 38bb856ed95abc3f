//! A small world that many tests ask about: four attempts in two queues.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};

/// Delivers one event of an attempt, so many milliseconds after [`T0`].
pub fn deliver(service: &Service, event: &str, attempt_id: i64, offset_ms: i64, members: Value) {
    let mut body = json!({ "attempt_id": attempt_id, "timestamp": T0 + offset_ms });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service.inbound(event, body.to_string()).expect(201);
}

/// * 7, queue 17, chat: missed by agent 3, then ten seconds with agent 4, done after wrap-up;
/// * 8, queue 17, call: gave up after ten seconds;
/// * 9, queue 18: connected with agent 4, which nothing announced, and goes on;
/// * 10, queue 18: waits.
pub fn world() -> Service {
    let service = Service::start();
    fill(&service);
    service
}

pub fn fill(service: &Service) {
    let in_17 = |more: Value| with(json!({ "queue_id": 17, "member_id": 70, "channel": "chat" }), &more);
    let agent = |agent_id: i64| json!({ "agent_id": agent_id, "agent_name": format!("agent {agent_id}") });
    deliver(service, "joined", 7, 0, in_17(json!({ "destination": "380441234567" })));
    deliver(service, "offering", 7, 1_000, in_17(agent(3)));
    deliver(service, "missed", 7, 6_000, in_17(agent(3)));
    deliver(service, "offering", 7, 7_000, in_17(agent(4)));
    deliver(service, "bridged", 7, 9_000, in_17(agent(4)));
    deliver(service, "processing", 7, 19_000, in_17(agent(4)));
    deliver(service, "leaving", 7, 24_000, in_17(json!({ "cc_result": "success" })));
    let call = json!({ "queue_id": 17, "channel": "call" });
    deliver(service, "joined", 8, 2_000, call.clone());
    deliver(service, "leaving", 8, 12_000, with(call, &json!({ "cc_result": "abandoned" })));
    deliver(service, "bridged", 9, 20_000, with(json!({ "queue_id": 18 }), &agent(4)));
    deliver(service, "joined", 10, 30_000, json!({ "queue_id": 18 }));
}

fn with(mut members: Value, more: &Value) -> Value {
    members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    members
}

/// The numbers under a name in each row of a list.
pub fn numbers(rows: &Value, name: &str) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row[name].as_i64().unwrap()).collect()
}

/// The parameter that a problem names.
pub fn named(problem: &Value) -> &str {
    problem["errors"][0]["pointer"].as_str().unwrap_or_else(|| panic!("no parameter is named in {problem}"))
}
