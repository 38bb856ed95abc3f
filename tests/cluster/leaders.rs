//! Clusters of three: nodes that die for good, and leaders that change.

use std::time::{Duration, Instant};

use attempt_ledger::ledger::Receipt;
use attempt_ledger::log::EventLog as _;
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;

use crate::cluster::server::three;
use crate::cluster::traffic::submissions;
use crate::cluster::world::{Node, until_as_far_as};
use crate::support::seed::seed;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_die_for_good_are_left_for_others_without_a_restart() {
    let seed = seed();
    let three = three();
    let node = Node::start(&three.connection_string()).await;
    let mut deliveries = submissions(seed, 20, Scenario::Clean).into_iter();
    let mut recorded = 0;
    for survivors in [3, 2, 1] {
        if survivors < 3 {
            three.make_leader(3 - survivors);
            three.kill_node(2 - survivors);
        }
        let began = Instant::now();
        for delivery in deliveries.by_ref().take(8) {
            let receipt = node.ledger.record(delivery).await.expect("it is kept");
            assert!(matches!(receipt, Receipt::Recorded(_)));
            recorded += 1;
        }
        println!("{survivors} nodes: {:?}, {:?}", began.elapsed(), node.log.figures());
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
    assert_eq!(node.log.head(), Position(recorded));
    let witness = Node::start(&three.connection_string()).await;
    until_as_far_as(witness.log.as_ref(), Position(recorded)).await;
    assert_eq!(witness.log.head(), Position(recorded), "nothing was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_follow_a_leader_that_changes_again_and_again() {
    let seed = seed();
    let three = three();
    let node = Node::start(&three.connection_string()).await;
    let deliveries = submissions(seed, 20, Scenario::Clean);
    let mut recorded = 0;
    for (round, delivery) in deliveries.into_iter().take(30).enumerate() {
        three.make_leader(round % 3);
        let receipt = node.ledger.record(delivery).await.expect("it is kept");
        assert!(matches!(receipt, Receipt::Recorded(_)));
        recorded += 1;
    }
    println!("{:?}", node.log.figures());
    assert_eq!(node.log.head(), Position(recorded));
}
