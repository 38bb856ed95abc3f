//! The database is away for a while: deliveries are recorded all the same, and shown when it is back.

use attempt_ledger::ledger::Submission;
use attempt_ledger::seed::Scenario;
use serde_json::Value;

use crate::cluster::server::Server;
use crate::cluster::traffic::submissions;
use crate::several_nodes::node::Node;
use crate::several_nodes::sender::Sender;
use crate::support::postgres::Cluster;
use crate::support::seed::seed;

fn attempt_of(delivery: &Submission) -> i64 {
    let body: Value = serde_json::from_slice(&delivery.body).unwrap();
    body["attempt_id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn deliveries_are_recorded_while_the_database_is_away_and_shown_when_it_is_back() {
    let server = tokio::runtime::Runtime::new().unwrap().block_on(Server::start());
    let cluster = Cluster::start();
    let database = cluster.database();
    let mut nodes = [(); 2].map(|()| Node::start(&server.address(), &database.url()));
    let deliveries = submissions(seed(), 60, Scenario::Clean);
    let sender = Sender::new(nodes.iter().map(Node::address).collect());
    let (before, rest) = deliveries.split_at(deliveries.len() / 3);
    let (meanwhile, after) = rest.split_at(rest.len() / 2);
    sender.send(before);
    cluster.kill();
    sender.send(meanwhile);
    for node in &nodes {
        assert_eq!(node.get("/readyz").status, 200, "deliveries are taken");
        node.get("/v1/attempts").expect(503);
        let timeline = node.get(&format!("/v1/attempts/{}/timeline", attempt_of(&before[0]))).expect(200);
        assert_eq!(timeline["links_known_to"], 0, "a timeline is told from the log: {timeline}");
    }
    // A node that starts meanwhile takes deliveries, too.
    nodes[0].kill();
    nodes[0].start_again();
    sender.moved(0, nodes[0].address());
    sender.send(&after[..2]);
    assert_eq!(nodes[0].get("/readyz").status, 200, "deliveries are taken");
    assert_eq!(nodes[0].get("/v1/attempts").status, 503);
    cluster.go_on();
    sender.send(&after[2..]);
    let head = nodes[0].head();
    for node in &nodes {
        node.wait_for_models(head);
    }
    for node in &mut nodes {
        node.stop();
        node.verify();
    }
}
