//! Agents and queues have pages, and histories of many queues have, too.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::numbers;

/// Seven agents in as many queues, of which two are defined, and one that is defined only.
fn seven() -> Service {
    let service = Service::start();
    for number in 1..=7 {
        let body = json!({
            "attempt_id": number, "queue_id": 10 * number, "agent_id": number, "agent_name": "x",
            "timestamp": T0,
        });
        service.inbound("offering", body.to_string()).expect(201);
    }
    for queue_id in [20, 35, 70] {
        service.put(&format!("/v1/queues/{queue_id}"), &json!({ "type": 1 })).expect(201);
    }
    service
}

/// Every page of a list, by following `next_cursor` and the link beside it.
fn pages(service: &Service, path: &str, member: &str, id: &str) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut next = service.ask(path);
    loop {
        let page = next.expect(200);
        pages.push(numbers(&page[member], id));
        let link = next.headers.get("link").cloned();
        match (page["next_cursor"].as_str(), link) {
            (Some(cursor), Some(link)) => {
                let path = link.split(['<', '>']).nth(1).unwrap().to_owned();
                assert!(path.contains(&format!("cursor={cursor}")), "{path}");
                next = service.get(&path);
            }
            (None, None) => return pages,
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[test]
fn agents_and_queues_come_page_by_page_and_whole_when_they_are_few() {
    let service = seven();
    let agents = pages(&service, "/v1/agents?limit=3", "agents", "agent_id");
    assert_eq!(agents, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
    let queues = pages(&service, "/v1/queues?limit=4", "queues", "queue_id");
    assert_eq!(queues, [vec![10, 20, 30, 35], vec![40, 50, 60, 70]]);
    assert_eq!(pages(&service, "/v1/agents", "agents", "agent_id").concat().len(), 7);
    assert_eq!(pages(&service, "/v1/queues", "queues", "queue_id").concat().len(), 8);
    for path in ["/v1/agents", "/v1/queues"] {
        for limit in [0, 10_001] {
            let problem = service.get(&format!("{path}?limit={limit}")).problem(400, "parameter_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "limit");
        }
        service.get(&format!("{path}?cursor=x")).problem(400, "parameter_invalid");
    }
}

#[test]
fn histories_of_queues_come_page_by_page() {
    let service = seven();
    let path =
        format!("/v1/queues/history?group_by=queue&metrics=n_offers&interval=P1D&from={}&to={}", T0, T0 + 1);
    let whole: Value = service.read(&path);
    let page = format!("{path}&limit=3");
    let found = pages(&service, &page, "queues", "queue_id");
    assert_eq!(found, [vec![10, 20, 30], vec![35, 40, 50], vec![60, 70]]);
    assert_eq!(numbers(&whole["queues"], "queue_id"), found.concat());
    let cursor = service.read(&page)["next_cursor"].as_str().unwrap().to_owned();
    service.get(&format!("{path}&limit=3&attribution=emit&cursor={cursor}")).problem(400, "invalid_cursor");
    let problem = service.get(&page.replace("&group_by=queue", "").replace("group_by=queue&", ""));
    assert_eq!(problem.problem(400, "parameter_invalid")["errors"][0]["pointer"], "limit");
}
