//! A cluster with TLS and passwords: what the connection string names is used, checked, and never shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::cluster_log::{ClusterError, ClusterOptions};
use attempt_ledger::environment::System;
use attempt_ledger::ledger::{LedgerError, Receipt};
use attempt_ledger::log::{AppendError, EventLog as _};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;
use attempt_ledger_streams_double::{Certificates, Double, Options, User};
use tempfile::TempDir;

use crate::cluster::traffic::submissions;
use crate::cluster::world::{Node, hasty, open};
use crate::support::seed::seed;

/// Characters that mean something in an address, one that does not but is no letter, and one not of ASCII.
const PASSWORD: &str = "p@ss:w/rd?%,^é";

/// The same, as it stands in a connection string.
const ENCODED: &str = "p%40ss%3Aw%2Frd%3F%25%2C%5E%C3%A9";

struct Secured {
    double: Double,
    directory: TempDir,
}

impl Secured {
    fn start(nodes: usize) -> Self {
        let certificates = Certificates::generate();
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("ca.crt"), certificates.authority_pem()).expect("it is written");
        let users = vec![User::admin("ledger", PASSWORD), User::ordinary("clerk", PASSWORD)];
        let options = Options { nodes, certificates: Some(certificates), users, ..Options::default() };
        Self { double: Double::start(options).expect("ports are free"), directory }
    }

    fn authority(&self) -> PathBuf {
        self.directory.path().join("ca.crt")
    }

    /// The connection string with these credentials, such as `user:password@`.
    fn address(&self, credentials: &str, authority: &Path) -> String {
        let address = self.double.connection_string().replacen("://", &format!("://{credentials}"), 1);
        format!("{address}&tlsCAFile={}", authority.display())
    }

    fn good_address(&self) -> String {
        self.address(&format!("ledger:{ENCODED}@"), &self.authority())
    }

    async fn refusal(&self, address: &str) -> ClusterError {
        let directory = tempfile::tempdir().expect("a directory");
        let options = ClusterOptions { open_timeout_ms: 3_000, ..hasty() };
        let error = open(directory.path(), address, options).await.expect_err("it must not open");
        let text = format!("{error} {error:?}");
        for secret in [PASSWORD, ENCODED, "wrong-password"] {
            assert!(!text.contains(secret), "{text}");
        }
        error
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_and_three_are_used_with_tls_and_any_password() {
    for nodes in [1, 3] {
        let secured = Secured::start(nodes);
        let node = Node::start(&secured.good_address()).await;
        let deliveries = submissions(seed(), 3, Scenario::Clean);
        let count = deliveries.len() as u64;
        for delivery in deliveries {
            let receipt = node.ledger.record(delivery).await.expect("it is kept");
            assert!(matches!(receipt, Receipt::Recorded(_)), "{receipt:?}");
        }
        let witness = Node::start(&secured.good_address()).await;
        assert_eq!(witness.log.head(), Position(count));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_moves_between_secured_nodes_and_nothing_is_lost() {
    let secured = Secured::start(3);
    let node = Node::start_with(&secured.good_address(), Arc::new(System)).await;
    let deliveries = submissions(seed(), 6, Scenario::Clean);
    let count = deliveries.len() as u64;
    for (number, delivery) in deliveries.into_iter().enumerate() {
        if number == 2 {
            secured.double.kill_node(0);
            secured.double.make_leader(1);
        }
        let receipt = node.ledger.record(delivery).await.expect("it is kept");
        assert!(matches!(receipt, Receipt::Recorded(_)), "{receipt:?}");
    }
    assert_eq!(node.log.head(), Position(count));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_as_one_and_not_shown() {
    let secured = Secured::start(1);
    for credentials in ["ledger:wrong-password@", "nobody:wrong-password@", ""] {
        let error = secured.refusal(&secured.address(credentials, &secured.authority())).await;
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("credentials"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_read_all_streams_is_told_so() {
    let secured = Secured::start(1);
    let error = secured.refusal(&secured.address(&format!("clerk:{ENCODED}@"), &secured.authority())).await;
    assert!(error.to_string().contains("denied"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_another_authority_vouches_for_is_not_spoken_to() {
    let secured = Secured::start(1);
    let other = secured.directory.path().join("other.crt");
    std::fs::write(&other, Certificates::generate().authority_pem()).expect("it is written");
    let error = secured.refusal(&secured.address(&format!("ledger:{ENCODED}@"), &other)).await;
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_cannot_be_used_are_told_at_once_and_by_name() {
    let secured = Secured::start(1);
    let directory = secured.directory.path();
    let (empty, garbled) = (directory.join("empty.crt"), directory.join("garbled.crt"));
    std::fs::write(&empty, "").expect("it is written");
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&garbled, garbage).expect("it is written");
    for file in [directory.join("missing.crt"), empty, garbled.clone()] {
        let error = secured.refusal(&secured.address(&format!("ledger:{ENCODED}@"), &file)).await;
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        assert!(matches!(error, ClusterError::Certificates(_)), "nothing is waited for: {error}");
    }
    let own = format!("{}&userCertFile={1}&userKeyFile={1}", secured.good_address(), garbled.display());
    let error = secured.refusal(&own).await;
    assert!(error.to_string().contains(&garbled.display().to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_changed_refuses_deliveries_until_it_is_changed_back() {
    let secured = Secured::start(1);
    let node = Node::start(&secured.good_address()).await;
    let mut deliveries = submissions(seed(), 2, Scenario::Clean);
    node.ledger.record(deliveries.remove(0)).await.expect("it is kept");
    secured.double.set_users(vec![User::admin("ledger", "changed")]);
    // What runs goes on, as in the official server, which asks once a call. A new connection is refused.
    secured.double.kill_node(0);
    secured.double.restart_node(0).expect("its port is free");
    let delivery = deliveries.remove(0);
    let error = node.ledger.record(delivery.clone()).await.expect_err("it was refused");
    assert!(matches!(error, LedgerError::Append(AppendError::Failed { .. })), "{error:?}");
    assert!(error.to_string().contains("denied"), "{error}");
    secured.double.set_users(vec![User::admin("ledger", PASSWORD)]);
    let came_back = async {
        while node.ledger.record(delivery.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), came_back).await.expect("it comes back");
    assert_eq!(node.log.head(), Position(2));
}
