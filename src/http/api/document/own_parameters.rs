//! What a parameter is on one route and not on the others that have it: whether it is needed, and its values.

use attempt_ledger_projections::metrics::{HistoryKind, metrics_of};
use serde_json::{Value, json};

use super::visit::{each_operation, entries};
use crate::files::FileFormat;

/// Parameters without which a path is answered 400.
const NEEDED: [(&str, &[&str]); 5] = [
    ("/v1/agents/history", &["from", "to", "group_by", "format"]),
    ("/v1/agents/{agent_id}/history", &["from", "to"]),
    ("/v1/agents/{agent_id}/intervals", &["from", "to"]),
    ("/v1/queues/history", &["from", "to"]),
    ("/v1/queues/{queue_id}/history", &["from", "to"]),
];

/// Says of the parameters of each path what holds there alone.
pub fn tell(document: &mut Value) {
    each_operation(document, &mut |_, path, operation| {
        let needed = NEEDED.iter().find(|(one, _)| *one == path).map_or(&[][..], |(_, names)| names);
        for parameter in entries(operation, "parameters") {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            if let Some(values) = values(path, &name) {
                parameter["schema"]["enum"] = json!(values);
            }
            if needed.contains(&name.as_str()) {
                need(parameter);
            }
        }
    });
}

/// The values that the parameter has on this path.
fn values(path: &str, name: &str) -> Option<Vec<&'static str>> {
    let is_of_agents = path.starts_with("/v1/agents");
    match name {
        "explain" => {
            let whose = if is_of_agents { HistoryKind::Agent } else { HistoryKind::Queue };
            Some(metrics_of(whose).map(|metric| metric.key).collect())
        }
        "format" if path == "/v1/agents/history" => Some(FileFormat::ALL.map(FileFormat::name).to_vec()),
        "group_by" => Some(vec![if is_of_agents { "agent" } else { "queue" }]),
        _ => None,
    }
}

/// What is needed is not null.
fn need(parameter: &mut Value) {
    parameter["required"] = true.into();
    let schema = &mut parameter["schema"];
    if schema["type"].as_array().is_some_and(|types| types.contains(&json!("string"))) {
        schema["type"] = "string".into();
    }
}
