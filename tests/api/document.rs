//! The description of the API, and whether it is true.

use std::collections::BTreeSet;

use attempt_ledger_domain::Rule;
use serde_json::Value;

use crate::api::harness::{Service, at};
use crate::support::http::request;

/// Every route that the service promises.
const ROUTES: [&str; 35] = [
    "delete /v1/projections/rebuild",
    "get /livez",
    "get /metrics",
    "get /problems/{code}",
    "get /readyz",
    "get /v1/agents",
    "get /v1/agents/history",
    "get /v1/agents/{agent_id}/history",
    "get /v1/agents/{agent_id}/intervals",
    "get /v1/attempts",
    "get /v1/attempts/{attempt_id}",
    "get /v1/attempts/{attempt_id}/events",
    "get /v1/attempts/{attempt_id}/timeline",
    "get /v1/backup",
    "get /v1/events",
    "get /v1/metrics",
    "get /v1/now",
    "get /v1/offers",
    "get /v1/projections",
    "get /v1/projections/rebuild",
    "get /v1/projections/rebuild/differences",
    "get /v1/projections/snapshot",
    "get /v1/queues",
    "get /v1/queues/history",
    "get /v1/queues/{queue_id}",
    "get /v1/queues/{queue_id}/history",
    "get /v1/queues/{queue_id}/replay",
    "get /v1/refusals",
    "get /v1/refusals/{refusal_id}",
    "post /v1/events",
    "post /v1/hooks/{queue_type}/{event}",
    "post /v1/projections/{name}/rebuild",
    "post /v1/refusals/{refusal_id}/dismiss",
    "post /v1/refusals/{refusal_id}/replay",
    "put /v1/queues/{queue_id}",
];

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let operations = item.as_object().unwrap().iter();
        let one = |(method, operation): (&String, &Value)| (method.clone(), path.clone(), operation.clone());
        operations.map(one).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn every_route_is_in_the_document() {
    let document = Service::start().show("/openapi.json");
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let documented: BTreeSet<String> =
        operations(&document).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let promised = ROUTES.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(documented, promised);
}

#[test]
fn every_documented_operation_answers_with_a_status_that_it_documents() {
    let service = Service::start();
    service.inbound("joined", at(7, 0)).expect(201);
    let refused = service.inbound("answered", at(7, 1)).expect(422);
    service.put("/v1/queues/17", &serde_json::json!({ "type": 1 })).expect(201);
    service.post("/v1/projections/all/rebuild", "").expect(202);
    for (method, path, operation) in operations(&service.show("/openapi.json")) {
        let path = path
            .replace("{attempt_id}", "7")
            .replace("{agent_id}", "4")
            .replace("{name}", "attempts")
            .replace("{code}", Rule::ALL[0].code())
            .replace("{queue_id}", "17")
            .replace("{queue_type}", "inbound_queue")
            .replace("{event}", "offering")
            .replace("{refusal_id}", refused["refusal_id"].as_str().unwrap());
        let body = match (method.as_str(), path.ends_with("/replay") || path.ends_with("/dismiss")) {
            ("get", _) | (_, true) => String::new(),
            ("put", _) => r#"{"type":1}"#.to_owned(),
            _ => operation["requestBody"]["content"]["application/json"]["examples"]["one"]["value"]
                .to_string(),
        };
        let answer =
            request(service.address, &format!("{} {path}", method.to_uppercase()), &[], body.as_bytes());
        assert_ne!(answer.status, 404, "{method} {path}");
        let documented = operation["responses"].as_object().unwrap();
        assert!(documented.contains_key(&answer.status.to_string()), "{method} {path}: {answer:?}");
    }
}

#[test]
fn every_documented_parameter_is_known_and_no_other() {
    let service = Service::start();
    for (method, path, operation) in operations(&service.show("/openapi.json")) {
        if method != "get" || ["/livez", "/metrics", "/readyz"].contains(&path.as_str()) {
            continue;
        }
        let path = path.replace("{attempt_id}", "7").replace("{agent_id}", "4").replace("{queue_id}", "17");
        let path = path.replace("{refusal_id}", "00000000-0000-0000-0000-000000000000");
        let code = |query: &str| {
            let answer = service.get(&format!("{path}?{query}"));
            serde_json::from_slice::<Value>(&answer.body).map(|body| body["code"].clone()).unwrap_or_default()
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            // The members of an exploded object are parameters, its own name is none.
            let members = parameter["example"].as_object().filter(|_| parameter["explode"] == true);
            let names: Vec<&str> = match members {
                Some(members) => members.keys().map(String::as_str).collect(),
                None => vec![parameter["name"].as_str().unwrap()],
            };
            for name in names.into_iter().filter(|_| parameter["in"] == "query") {
                assert_ne!(code(&format!("{name}=1")), "query_invalid", "{path}?{name}");
            }
        }
        if operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query")) {
            assert_eq!(code("no_such_parameter=1"), "query_invalid", "{path}");
        }
    }
}

#[test]
fn the_first_example_of_each_route_is_recorded() {
    let service = Service::start();
    let document = service.show("/openapi.json");
    for (path, url) in
        [("/v1/events", "/v1/events"), ("/v1/hooks/{queue_type}/{event}", "/v1/hooks/inbound_queue/offering")]
    {
        let body = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
            ["one"]["value"];
        service.post(url, body.to_string()).expect(201);
    }
}

#[test]
fn a_parameter_is_in_the_path_exactly_when_the_path_names_it() {
    for (method, path, operation) in operations(&Service::start().show("/openapi.json")) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let place = if path.contains(&format!("{{{name}}}")) { "path" } else { "query" };
            assert!(
                parameter["in"] == place || place == "query" && parameter["in"] == "header",
                "{method} {path}: {name}"
            );
        }
    }
}

#[test]
fn every_reference_within_the_document_leads_somewhere() {
    let document = Service::start().show("/openapi.json");
    let text = document.to_string();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn the_reference_page_names_every_operation_and_every_rule_and_loads_nothing() {
    let service = Service::start();
    let answer = service.get("/docs");
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].starts_with("text/html"));
    let page = answer.text();
    for (_, path, _) in operations(&service.show("/openapi.json")) {
        assert!(page.contains(&path), "{path}");
    }
    for rule in Rule::ALL {
        assert!(page.contains(rule.code()), "{rule}");
    }
    for foreign in ["<script", "src=", "https://", "@import"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn every_problem_is_explained_where_it_points() {
    let service = Service::start();
    let reference = service.get("/docs").text();
    let (_, problems) = reference.split_once("id=\"problems\"").expect("problems are listed");
    let (problems, _) = problems.split_once("id=\"rules\"").expect("rules are listed");
    let rows = problems.split("<tr><td>").skip(1);
    let codes: Vec<&str> = rows.filter_map(|row| row.split("<code>").nth(1)?.split('<').next()).collect();
    assert!(codes.contains(&"log_poisoned") && codes.len() > 40, "{codes:?}");
    for code in codes {
        let answer = service.get(&format!("/problems/{code}"));
        assert_eq!(answer.status, 200, "{code}");
        assert!(answer.text().contains(code), "{code}");
    }
    for rule in Rule::ALL {
        let answer = service.get(&format!("/problems/{}", rule.code()));
        assert_eq!(answer.status, 200, "{rule}");
        let page = answer.text();
        assert!(page.contains(rule.code()) && page.contains(rule.sentence()), "{page}");
    }
    service.get("/problems/no_such_rule").problem(404, "not_found");
}

#[test]
fn what_is_no_route_is_answered_404_and_another_method_405() {
    let service = Service::start();
    for path in ["/", "/v1", "/v1/attempt", "/v1/hooks/inbound_queue", "/v1/events/1"] {
        service.get(path).problem(404, "not_found");
    }
    let answer = service.post("/v1/attempts/7", "{}");
    answer.problem(405, "method_not_allowed");
    assert!(answer.headers["allow"].contains("GET"));
}
