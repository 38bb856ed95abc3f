//! The copy: deletable, resumable, and never a copy of something else.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::cluster_log::ClusterError;
use attempt_ledger::cluster_log::FOLLOWED;
use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Receipt};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, StoredRecord};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;

use crate::cluster::server::Server;
use crate::cluster::traffic::submissions;
use crate::cluster::world::{Node, hasty, open};
use crate::support::seed::seed;

fn records(log: &dyn EventLog) -> Vec<StoredRecord> {
    log.read_after(Position(0), usize::MAX >> 1).expect("it reads")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_where_it_stopped_and_a_deleted_one_comes_back_the_same() {
    let seed = seed();
    let server = Server::start().await;
    let node = Node::start(&server.address()).await;
    let other = Node::start(&server.address()).await;
    let mut deliveries = submissions(seed, 30, Scenario::Normal);
    let later = deliveries.split_off(deliveries.len() / 2);
    node.ledger.record_batch(deliveries).await.expect("they are kept");
    let held = records(node.log.as_ref());
    let directory = node.stop().await;
    assert!(directory.path().join(FOLLOWED).exists());

    other.ledger.record_batch(later).await.expect("they are kept");
    let all = records(other.log.as_ref());
    assert!(all.len() > held.len());
    let resumed = open(directory.path(), &server.address(), hasty()).await.expect("it follows");
    assert_eq!(records(resumed.as_ref())[..all.len()], all[..]);

    let anew = tempfile::tempdir().expect("a directory");
    let anew = open(anew.path(), &server.address(), hasty()).await.expect("it follows");
    assert_eq!(records(anew.as_ref())[..all.len()], all[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_mark_costs_a_comparison_and_nothing_else() {
    let server = Server::start().await;
    let node = Node::start(&server.address()).await;
    node.ledger.record_batch(submissions(seed(), 10, Scenario::Normal)).await.expect("they are kept");
    let held = records(node.log.as_ref());
    let directory = node.stop().await;
    std::fs::write(directory.path().join(FOLLOWED), "{\"head\":").expect("it is written");
    let resumed = open(directory.path(), &server.address(), hasty()).await.expect("it follows");
    assert_eq!(records(resumed.as_ref())[..held.len()], held[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_a_ledger_of_its_own_is_never_made_a_copy() {
    let seed = seed();
    let server = Server::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let own = EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).expect("it opens");
    let own = Arc::new(own);
    let ledger = Ledger::open(own.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    ledger.record_batch(submissions(seed, 3, Scenario::Clean)).await.expect("they are kept");
    let held = records(own.as_ref());
    drop((ledger, own));

    // Once with an empty cluster, which has less, and once with one that has something else.
    for _ in 0..2 {
        let error = open(directory.path(), &server.address(), hasty()).await.expect_err("it is no copy");
        assert!(matches!(error, ClusterError::Stopped { .. }), "{error}");
        assert!(error.to_string().contains("hint"), "{error}");
        assert!(!directory.path().join(FOLLOWED).exists());
        let node = Node::start(&server.address()).await;
        node.ledger.record_batch(submissions(seed + 1, 9, Scenario::Clean)).await.expect("they are kept");
    }
    let own = EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).expect("it opens");
    assert_eq!(records(&own), held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_not_there_is_told_with_its_address_and_without_its_password() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut options = hasty();
    options.open_timeout_ms = 1_500;
    let address = "esdb://admin:changeit@127.0.0.1:9?tls=false";
    let error = open(directory.path(), address, options).await.expect_err("nobody is there");
    let text = error.to_string();
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{text}");
    assert!(text.contains("127.0.0.1:9") && !text.contains("changeit"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_after_the_node_is_found() {
    let server = Server::start().await;
    let proxy = crate::cluster::proxy::Proxy::start(server.socket()).await;
    proxy.close();
    let address = server.address_through(&[proxy.address()]);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_owned();
    let opening = tokio::spawn(async move { open(&path, &address, hasty()).await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    proxy.heal();
    opening.await.expect("no panic").expect("it follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_the_server_ends_with_a_friendly_word_is_begun_anew() {
    let server = Server::start().await;
    let node = Node::start(&server.address()).await;
    let mut deliveries = submissions(seed(), 12, Scenario::Clean).into_iter();
    let mut ended = 0;
    for _ in 0..5 {
        if !server.end_subscriptions_kindly() {
            println!("this server cannot be told to end subscriptions: nothing is claimed");
            return;
        }
        ended += 1;
        let delivery = deliveries.next().expect("enough");
        let receipt = node.ledger.record(delivery).await.expect("it is kept");
        assert!(matches!(receipt, Receipt::Recorded(_)));
    }
    let figures = node.log.figures();
    assert!(figures.subscriptions > ended, "{figures:?}");
    assert_eq!(figures.abandoned, 0, "no thread was left spinning");
}
