//! A cluster that was restored from an older state: what nodes know and it does not is never built upon.

use std::time::Duration;

use attempt_ledger::log::EventLog as _;
use attempt_ledger::log::copy::{LogCopy, WriteOrder};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;
use attempt_ledger_streams_double::{Double, Options};
use tokio::time::timeout;

use crate::cluster::proxy::{Fault, Proxy};
use crate::cluster::traffic::submissions;
use crate::cluster::world::{Node, until};
use crate::support::seed::seed;

/// A cluster that holds what a node's held at a position, and a node of it.
async fn restored_from(node: &Node, position: Position) -> (Double, Node) {
    let restored = Double::start(Options::default()).expect("a port is free");
    let other = Node::start(&restored.connection_string()).await;
    let (from, to) = (node.log.as_ref(), other.log.as_ref());
    let copying = LogCopy { from, to, order: WriteOrder::Write };
    copying.run(Position(0), position, |_| ()).await.expect("it is copied");
    (restored, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_does_not_reach_a_restored_cluster_that_the_follower_has_not_seen() {
    let cluster = Double::start(Options::default()).expect("a port is free");
    let proxy = Proxy::start(cluster.address(0)).await;
    let node = Node::start(&format!("esdb://{}?tls=false", proxy.address())).await;
    let seed = seed();
    for delivery in submissions(seed, 5, Scenario::Clean) {
        node.ledger.record(delivery).await.expect("it is kept");
    }
    let head = node.log.head();
    let (restored, _other) = restored_from(&node, Position(head.0 - 5)).await;
    let held = restored.event_count();

    // The follower stays with the cluster that it knows; the writer's connection dies, and its next one leads
    // to the other.
    proxy.lead_new_ones_to(restored.address(0));
    proxy.arm(Fault::BeforeSend);
    // Of an attempt that neither cluster knows, so that no revision stands in its way.
    let delivery = submissions(seed + 1, 1, Scenario::Clean).remove(0);
    node.ledger.record(delivery).await.expect_err("no cluster that has this node's records takes it");
    assert_eq!(proxy.struck(), 1, "the writer's connection died");
    assert_eq!(restored.event_count(), held, "nothing of this node reached the restored cluster");
    let knows = until(|| node.log.unreachable().is_some());
    timeout(Duration::from_secs(10), knows).await.expect("a node that cannot write is not ready");

    // Where a refusal goes, the cluster must be asked. That it answers makes no node ready.
    let mut refused = submissions(seed + 2, 1, Scenario::Clean).remove(0);
    refused.body = "no json".into();
    tokio::select! {
        _ = timeout(Duration::from_secs(3), node.ledger.record(refused)) => {}
        () = until(|| node.log.unreachable().is_none()) => panic!("it calls itself ready"),
    }

    proxy.reset_all();
    let poisoned = until(|| node.log.poisoned().is_some());
    timeout(Duration::from_secs(30), poisoned).await.expect("the node notices");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_notices_that_its_cluster_was_restored_and_writes_nothing_more() {
    for goes_on in [false, true] {
        let cluster = Double::start(Options::default()).expect("a port is free");
        let proxy = Proxy::start(cluster.address(0)).await;
        let node = Node::start(&format!("esdb://{}?tls=false", proxy.address())).await;
        let mut deliveries = submissions(seed(), 40, Scenario::Clean);
        let later = deliveries.split_off(deliveries.len() / 2);
        for delivery in deliveries {
            node.ledger.record(delivery).await.expect("it is kept");
        }
        let head = node.log.head();

        let (restored, other) = restored_from(&node, Position(head.0 - 5)).await;
        if goes_on {
            // More than the node has seen, so that it would find something at its place.
            other.ledger.record_batch(later.clone()).await.expect("they are kept");
        }
        let held = restored.event_count();
        proxy.lead_to(restored.address(0));
        for _ in 0..400 {
            if node.log.poisoned().is_some() {
                break;
            }
            // Writes that wait for the answer to the doubt must not slip through.
            let write = node.ledger.record(later[later.len() - 1].clone());
            let _ = timeout(Duration::from_millis(50), write).await;
        }
        let reason = node.log.poisoned().expect("the node notices");
        assert!(reason.contains("restored from an older state"), "{reason}");
        node.ledger.record(later[0].clone()).await.expect_err("it takes no more writes");
        assert_eq!(restored.event_count(), held, "nothing of this node reached the restored cluster");
        assert_eq!(node.log.head(), head, "and nothing of the cluster its copy");
    }
}
