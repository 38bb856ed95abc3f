//! Variables: an object in events; those that a queue's definition declares are shown, filtered and exported.

use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::api::world::{deliver, numbers};

/// Attempts 7 and 8 of queue 17 and 9 of queue 18, which all have variables. Queue 17 declares `region`.
fn served() -> Service {
    let service = Service::start();
    service.put("/v1/queues/17", &json!({ "type": 1, "variables": ["region"] })).expect(201);
    let of = |queue_id: i64, region: Value| json!({ "queue_id": queue_id, "region": region, "secret": "x" });
    deliver(&service, "joined", 7, 0, of(17, json!("south")));
    deliver(&service, "leaving", 7, 1_000, of(17, json!("north")));
    deliver(&service, "joined", 8, 2_000, of(17, json!(5)));
    deliver(&service, "joined", 9, 3_000, of(18, json!("north")));
    service
}

fn listed(service: &Service, query: &str) -> Vec<i64> {
    numbers(&service.read(&format!("/v1/attempts?{query}"))["attempts"], "attempt_id")
}

#[test]
fn variables_come_back_as_an_object() {
    let service = served();
    let event = service.show("/v1/attempts/8/events")["events"][0].clone();
    assert_eq!(event["variables"], json!({ "region": 5, "secret": "x" }));
    assert_eq!(event["fields"].get("region"), None);
}

#[test]
fn lists_show_the_variables_that_the_queue_declares() {
    let service = served();
    let of = |attempt_id: i64| {
        let row = service.read(&format!("/v1/attempts?attempt_id={attempt_id}"))["attempts"][0].clone();
        assert_eq!(
            row.get("variables"),
            service.show(&format!("/v1/attempts/{attempt_id}")).get("variables")
        );
        row.get("variables").cloned()
    };
    assert_eq!(of(7), Some(json!({ "region": "north" })), "as last reported");
    assert_eq!(of(8), Some(json!({ "region": "5" })));
    assert_eq!(of(9), None, "queue 18 declares nothing");
    let csv = service.ask("/v1/attempts?format=csv&order=oldest").text();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|name| name == "variables").unwrap();
    let cells: Vec<String> = reader.records().map(|row| row.unwrap()[place].to_owned()).collect();
    assert_eq!(cells, [r#"{"region":"north"}"#, r#"{"region":"5"}"#, ""]);
}

#[test]
fn a_definition_changes_the_entity_tag_of_what_it_shows() {
    let service = served();
    let tag = service.get("/v1/attempts/9").headers["etag"].clone();
    let current = [("if-none-match", tag.as_str())];
    assert_eq!(service.get_with("/v1/attempts/9", &current).status, 304);
    service.put("/v1/queues/18", &json!({ "type": 1, "variables": ["region"] })).expect(201);
    assert_eq!(service.get_with("/v1/attempts/9", &current).status, 200);
}

#[test]
fn declared_variables_filter() {
    let service = served();
    assert_eq!(listed(&service, "variable.region=north"), [7]);
    assert_eq!(listed(&service, "variable.region=5"), [8]);
    assert_eq!(listed(&service, "variable.region=south"), [0; 0], "the last report counts");
    assert_eq!(listed(&service, "variable.region=south&as_of=2"), [7]);
    for query in ["variable.secret=x", "variable.region=a&variable.region=b", "variable.=x"] {
        service.get(&format!("/v1/attempts?{query}")).problem(400, "parameter_invalid");
    }
    service.put("/v1/queues/18", &json!({ "type": 1, "variables": ["secret", "region"] })).expect(201);
    assert_eq!(listed(&service, "variable.region=north"), [9, 7], "also of what came before the definition");
    assert_eq!(listed(&service, "variable.secret=x"), [9]);
}

#[test]
fn a_definition_declares_variables_of_the_users_own_only() {
    let service = served();
    for name in ["agent_id", "queue_type", "", "\"", ",x"] {
        let body = json!({ "type": 1, "variables": [name] });
        assert!([400, 422].contains(&service.put("/v1/queues/17", &body).status), "{name}");
    }
    let definition = service.show("/v1/queues/17");
    assert_eq!(definition["variables"], json!(["region"]));
}
