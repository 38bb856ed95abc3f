//! What the document says of parameters: which a question needs, and which values they have.

use attempt_ledger_domain::Rule;
use serde_json::{Value, json};

use crate::api::harness::Service;
use crate::api::openapi::questions::{Places, eventful, operations};
use crate::support::http::Answer;

/// The values of query parameters, by name.
type Query = Vec<(String, String)>;

/// The parameters of a query.
fn of_query(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query")
}

/// The values that a parameter may have, when they are listed.
fn values(parameter: &Value) -> impl Iterator<Item = &str> {
    parameter["schema"]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A query of the parameters that the document says are needed.
fn needed(operation: &Value) -> Query {
    let parameters = of_query(operation).filter(|one| one["required"] == true);
    let value = |parameter: &Value| {
        let name = parameter["name"].as_str().unwrap();
        let value = values(parameter).next().unwrap_or(if name == "from" { "now-1d" } else { "now" });
        (name.to_owned(), value.to_owned())
    };
    parameters.map(value).collect()
}

fn asked(service: &Service, places: &Places, path: &str, query: &Query) -> Answer {
    let path = path.replace("{attempt_id}", "7").replace("{agent_id}", "4").replace("{queue_id}", "17");
    let path = path.replace("{code}", Rule::ALL[0].code());
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(';', "%3B").replace('\t', "%09")))
        .collect();
    service.get(&format!("{}?{}", path.replace("{refusal_id}", &places.open), pairs.join("&")))
}

#[test]
fn a_question_needs_no_parameter_but_those_that_are_required() {
    let (service, places) = eventful();
    for (method, path, operation) in operations(&service.show("/openapi.json")) {
        if method == "get" {
            let needed = needed(&operation);
            let answer = asked(&service, &places, &path, &needed);
            assert_ne!(answer.status, 400, "{path} with {needed:?}: {answer:?}");
            for (name, _) in &needed {
                let fewer: Query = needed.iter().filter(|(one, _)| one != name).cloned().collect();
                let answer = asked(&service, &places, &path, &fewer);
                assert_eq!(answer.status, 400, "{path} needs no {name}: {answer:?}");
            }
        }
    }
}

#[test]
fn each_member_of_an_exploded_object_is_a_parameter() {
    let service = Service::start();
    service.put("/v1/queues/17", &json!({ "type": 1, "variables": ["region"] })).expect(201);
    let mut asked = 0;
    for (_, path, operation) in operations(&service.show("/openapi.json")) {
        for parameter in of_query(&operation).filter(|one| one["explode"] == true) {
            assert_eq!(parameter["schema"]["propertyNames"]["pattern"], r"^variable\..+$", "{path}");
            for (name, text) in parameter["example"].as_object().unwrap() {
                let text = text.as_str().unwrap();
                assert_eq!(service.get(&format!("{path}?{name}={text}")).status, 200, "{path} {name}");
                asked += 1;
            }
            let own_name = parameter["name"].as_str().unwrap();
            assert_eq!(service.get(&format!("{path}?{own_name}=x")).status, 400, "{path} {own_name}");
        }
        let names: Vec<_> = of_query(&operation).map(|one| one["name"].as_str().unwrap()).collect();
        assert!(!names.iter().any(|name| name.contains('{')), "{path}: {names:?}");
    }
    assert!(asked > 0, "nothing is exploded");
}

#[test]
fn every_value_that_is_listed_of_a_parameter_is_taken() {
    let (service, places) = eventful();
    for (method, path, operation) in operations(&service.show("/openapi.json")) {
        for parameter in of_query(&operation).filter(|_| method == "get") {
            let name = parameter["name"].as_str().unwrap();
            for value in values(parameter) {
                let mut query = needed(&operation);
                query.retain(|(one, _)| one != name);
                if ["separator", "decimal"].contains(&name) {
                    query.retain(|(one, _)| one != "format");
                    query.push(("format".to_owned(), "csv".to_owned()));
                }
                query.push((name.to_owned(), value.to_owned()));
                let answer = asked(&service, &places, &path, &query);
                assert!(answer.status < 400, "{path} with {query:?}: {answer:?}");
            }
        }
    }
}
