//! A service in which something of everything has happened, and a question to each of its routes.

use attempt_ledger_domain::Rule;
use serde_json::{Value, json};

use crate::api::harness::{Service, T0, at};
use crate::api::world::world;

/// What stands in the place of a name in a path.
pub struct Places {
    /// A refusal that is open.
    pub open: String,
    /// A refusal that was replayed.
    pub replayed: String,
}

/// A service in which something of everything has happened.
pub fn eventful() -> (Service, Places) {
    let service = world();
    let refused = |queue_type: &str, event: &str, body: String| {
        let answer = service.post(&format!("/v1/hooks/{queue_type}/{event}"), body).expect(422);
        answer["refusal_id"].as_str().unwrap().to_owned()
    };
    let open = refused("inbound_queue", "answered", at(7, 1));
    let replayed = refused("inbound_queue", "active", at(11, 2));
    refused("inbound_queue", "joined", "no JSON".to_owned());
    let correction = json!({ "note": "sent to the wrong hook", "address": { "event": "joined" } });
    service.post(&format!("/v1/refusals/{replayed}/replay"), correction.to_string()).expect(200);
    let definition = json!({
        "type": "inbound_queue", "name": "Support",
        "hooks": ["joined", "offering", "missed", "bridged", "leaving"],
        "service_level_threshold_ms": 20_000, "short_abandon_threshold_ms": 5_000,
        "leaving_deadline_ms": 3_600_000
    });
    service.put("/v1/queues/17", &definition).expect(201);
    cloud_event(&service);
    let waits = json!({ "attempt_id": 7, "timestamp": T0, "member_name": "Ann" });
    service.post("/v1/hooks/inbound_queue/wait_agent", waits.to_string()).expect(201);
    service.read("/v1/attempts");
    (service, Places { open, replayed })
}

/// A delivery with an envelope, of an attempt that another names, too.
fn cloud_event(service: &Service) {
    let event = json!({
        "specversion": "1.0", "id": "c-1", "source": "/dialer/1", "type": "com.example.queue.joined",
        "queuetype": "inbound_queue", "time": "2026-07-22T09:14:00Z",
        "data": { "attempt_id": 12, "member_channel_id": "leg-1", "timestamp": T0, "queue_id": "sales" }
    });
    let headers = [("content-type", "application/cloudevents+json")];
    service.post_with("/v1/events", &headers, event.to_string()).expect(201);
    let same_leg = json!({ "attempt_id": 13, "member_channel_id": "leg-1", "timestamp": T0 + 1 });
    service.inbound("joined", same_leg.to_string()).expect(201);
}

/// The targets of GET requests to a path of the document, with query strings that give it something to say.
pub fn targets(path: &str, places: &Places) -> Vec<String> {
    let filled = path.replace("{attempt_id}", "7").replace("{agent_id}", "4").replace("{queue_id}", "17");
    let target = |query: &str| format!("{filled}{query}");
    let range = format!("?from={}&to={}", T0 - 60_000, T0 + 60_000);
    let ranged = |more: &str| target(&format!("{range}{more}"));
    match path {
        "/v1/refusals/{refusal_id}" => {
            [&places.open, &places.replayed].map(|id| path.replace("{refusal_id}", id)).to_vec()
        }
        "/v1/attempts/{attempt_id}"
        | "/v1/attempts/{attempt_id}/events"
        | "/v1/attempts/{attempt_id}/timeline" => {
            (7..=13).map(|id| path.replace("{attempt_id}", &id.to_string())).collect()
        }
        "/problems/{code}" => vec![path.replace("{code}", Rule::ALL[0].code())],
        "/v1/agents/history" => vec![ranged("&group_by=agent")],
        "/v1/queues/history" => vec![ranged(""), ranged("&group_by=queue"), ranged("&explain=n_answered")],
        path if path.ends_with("/history") => {
            ["", "&explain=n_answered", "&explain=n_answered&changed_since=3"].map(ranged).to_vec()
        }
        "/v1/agents/{agent_id}/intervals" => vec![ranged("")],
        "/readyz" => vec![target(""), target("?verbose")],
        _ => vec![target("")],
    }
}

/// Every operation of the document: method, path, and what the document says of it.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let operations = item.as_object().unwrap().iter();
        let one = |(method, operation): (&String, &Value)| (method.clone(), path.clone(), operation.clone());
        operations.map(one).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

/// Whether an operation has a query parameter.
pub fn has_parameter(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name))
}
