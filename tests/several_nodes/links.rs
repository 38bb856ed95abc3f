//! One id at two nodes: the guard looks at no other attempt, and the links are the same everywhere.

use serde_json::{Value, json};

use crate::cluster::server::Server;
use crate::several_nodes::node::Node;
use crate::support::http::request;
use crate::support::patience::until;
use crate::support::postgres::shared;

/// An event of an attempt under the id that all share.
fn send(node: &Node, attempt_id: i64, event: &str) {
    let at = 1_784_711_700_000_i64;
    let body = json!({ "attempt_id": attempt_id, "timestamp": at, "member_channel_id": "leg" }).to_string();
    let line = format!("POST /v1/hooks/inbound_queue/{event}");
    let key = [("idempotency-key", "one for all")];
    request(node.address(), &line, &key, body.as_bytes()).expect(201);
}

#[test]
fn one_id_at_two_nodes_and_two_attempts_is_recorded_and_linked_everywhere() {
    let server = tokio::runtime::Runtime::new().unwrap().block_on(Server::start());
    // Each folds the log into a database of its own.
    let databases = [(); 2].map(|()| shared().database());
    let mut nodes = databases.each_ref().map(|database| Node::start(&server.address(), &database.url()));
    let begin = nodes[0].head();
    std::thread::scope(|scope| {
        for (place, node) in nodes.iter().enumerate() {
            scope.spawn(move || {
                for attempt_id in (1..=20).filter(|attempt_id| attempt_id % 2 == place as i64) {
                    send(node, attempt_id, "joined");
                }
            });
        }
    });
    let links = |node: &Node, attempt_id: i64| -> Value {
        let told = || node.get(&format!("/v1/attempts/{attempt_id}"));
        let reached = || told().status == 200 && told().json().get("links_known_to").is_none();
        until(|| told().text(), || reached().then(|| told().json()["links"].clone()))
    };
    for node in &nodes {
        until(|| node.head().to_string(), || (node.head() >= begin + 20).then_some(()));
        node.wait_for_models(begin + 20);
    }
    for attempt_id in 1..=20 {
        let [first, second] = nodes.each_ref().map(|node| links(node, attempt_id));
        assert_eq!(first, second);
        let kinds = ["member_leg", "sender_id"].map(|kind| {
            let of_kind = first.as_array().unwrap().iter().filter(|link| link["kind"] == kind);
            of_kind.map(|link| link["attempt_id"].as_i64().unwrap()).collect::<Vec<_>>()
        });
        let others: Vec<i64> = (1..=20).filter(|other| *other != attempt_id).collect();
        assert_eq!(kinds, [others.clone(), others], "attempt {attempt_id}");
    }
    for node in &mut nodes {
        node.stop();
        node.verify();
    }
}
