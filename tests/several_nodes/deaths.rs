//! Nodes are killed one after the other, each while it brings the read models forward.

use std::time::{Duration, Instant};

use attempt_ledger::seed::Scenario;

use crate::cluster::server::Server;
use crate::cluster::traffic::submissions;
use crate::several_nodes::node::Node;
use crate::several_nodes::sender::Sender;
use crate::support::http::Answer;
use crate::support::patience::until;
use crate::support::postgres::shared;
use crate::support::seed::seed;

const KILLS: usize = 6;

/// From the kill of the node that leads until another one has brought the read models to the log's head.
const HAND_OVER_MAX: Duration = Duration::from_secs(15);

#[test]
fn whichever_node_dies_the_others_record_everything_and_bring_the_read_models_forward() {
    let server = tokio::runtime::Runtime::new().unwrap().block_on(Server::start());
    let database = shared().database();
    let mut nodes = [(); 2].map(|()| Node::start(&server.address(), &database.url()));
    let begin = nodes[0].head();
    let deliveries = submissions(seed(), 150, Scenario::Clean);
    let sender = Sender::new(nodes.iter().map(Node::address).collect());
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| sender.send(&deliveries));
        for kill in 0..KILLS {
            sender.wait_until((kill + 1) * deliveries.len() / (KILLS + 1));
            let victim = leader(&nodes);
            let other = 1 - victim;
            nodes[victim].kill();
            let killed = Instant::now();
            assert_eq!(leader(&nodes[other..=other]), 0);
            nodes[other].wait_for_models(nodes[other].head());
            let took = killed.elapsed();
            println!("kill {kill}: the other node led and had the read models at the head after {took:?}");
            assert!(took < HAND_OVER_MAX, "{took:?}");
            nodes[victim].start_again();
            sender.moved(victim, nodes[victim].address());
        }
        sending.join().unwrap();
    });
    let head = begin + u64::try_from(deliveries.len()).unwrap();
    for node in &nodes {
        node.wait_for_models(head);
        if server.is_alone() {
            assert_eq!(node.head(), head, "every hook is one record, however often it was sent");
        }
    }
    for question in ["/v1/attempts?limit=500", "/v1/offers?limit=500", "/v1/agents", "/v1/queues"] {
        let answers = nodes.each_ref().map(|node| rows(&node.get(question)));
        assert!(!answers[0].is_empty(), "{question}");
        assert_eq!(answers[0], answers[1], "{question}");
    }
    for node in &mut nodes {
        node.stop();
        node.verify();
    }
}

/// Which of these nodes brings the read models forward.
fn leader(nodes: &[Node]) -> usize {
    until(|| "no node leads", || nodes.iter().position(Node::leads))
}

#[test]
fn the_node_that_leads_rebuilds_and_the_other_one_says_who_does() {
    let server = tokio::runtime::Runtime::new().unwrap().block_on(Server::start());
    let database = shared().database();
    let mut nodes = [(); 2].map(|()| Node::start(&server.address(), &database.url()));
    let deliveries = submissions(seed(), 30, Scenario::Clean);
    Sender::new(nodes.iter().map(Node::address).collect()).send(&deliveries);
    let leader = leader(&nodes);
    nodes[1 - leader].rebuild().problem(409, "led_elsewhere");
    nodes[leader].rebuild().expect(202);
    let progress = || nodes[leader].get("/v1/projections/rebuild").text();
    until(progress, || progress().contains("\"done\"").then_some(()));
    for node in &nodes {
        node.wait_for_models(nodes[0].head());
    }
    let answers = nodes.each_ref().map(|node| rows(&node.get("/v1/attempts?limit=500")));
    assert_eq!(answers[0], answers[1]);
    for node in &mut nodes {
        node.stop();
        node.verify();
    }
}

/// The rows of an answer, without what differs from moment to moment.
fn rows(answer: &Answer) -> Vec<serde_json::Value> {
    let mut body = answer.expect(200);
    let rows = body.as_object_mut().unwrap().values_mut().find(|value| value.is_array()).unwrap().take();
    serde_json::from_value(rows).unwrap()
}
