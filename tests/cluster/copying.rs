//! Copies between directories and clusters, with the proof that both are the same.

use std::path::Path;
use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::copy::{CopyError, LogCopy, WriteOrder, compare, fingerprint};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog as _};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;

use crate::cluster::server::Server;
use crate::cluster::traffic::{repeating, submissions_of_every_kind};
use crate::cluster::world::{hasty, open};
use crate::support::program::run;
use crate::support::seed::seed;

fn embedded(directory: &Path) -> Arc<EmbeddedLog> {
    Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"))
}

async fn filled(directory: &Path, seed: u64) -> Arc<EmbeddedLog> {
    let log = embedded(directory);
    let ledger = Ledger::open(log.clone(), Arc::new(repeating(seed)), LedgerOptions::default());
    let deliveries = submissions_of_every_kind(seed, 60, Scenario::Broken);
    ledger.expect("it opens").record_batch(deliveries).await.expect("they are kept");
    log
}

async fn copy(from: &str, to: &str) -> (Option<i32>, serde_json::Value, String) {
    let arguments = ["copy", "--json", "--from", from, "--to", to].map(str::to_owned);
    let output = tokio::task::spawn_blocking(move || run(&arguments)).await.expect("no panic");
    let proof = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), proof, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_copied_into_a_cluster_and_back_is_the_same_log() {
    let server = Server::start().await;
    if !server.is_alone() {
        println!("a copy needs an empty cluster, and this one is shared: nothing is claimed");
        return;
    }
    let (here, there) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let log = filled(here.path(), seed()).await;
    let head = log.head();
    let expected = fingerprint(log.as_ref(), head).expect("it reads");
    drop(log);
    let (here, there) = (here.path().display().to_string(), there.path().display().to_string());
    for (from, to) in [(&here, &server.address()), (&server.address(), &there)] {
        let (code, proof, said) = copy(from, to).await;
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(proof["equal"], true);
        for side in ["from", "to"] {
            assert_eq!(proof[side]["records"], head.0);
            assert_eq!(proof[side]["digest"], expected.digest.to_string());
        }
        let (_, again, _) = copy(from, to).await;
        assert_eq!((&again["copied"], &again["present"]), (&0.into(), &head.0.into()));
    }
    let back = embedded(Path::new(&there));
    assert_eq!(fingerprint(back.as_ref(), back.head()).expect("it reads"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_copy_is_gone_on_with() {
    let server = Server::start().await;
    if !server.is_alone() {
        println!("a copy needs an empty cluster, and this one is shared: nothing is claimed");
        return;
    }
    let (here, work) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let log = filled(here.path(), seed()).await;
    let target = open(work.path(), &server.address(), hasty()).await.expect("it follows");
    let half = Position(log.head().0 / 2);
    let copying = LogCopy { from: log.as_ref(), to: target.as_ref(), order: WriteOrder::Write };
    copying.run(Position(0), half, |_| ()).await.expect("it is copied");
    let head = log.head();
    drop(log);
    let (code, proof, said) = copy(&here.path().display().to_string(), &server.address()).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(proof["present"], half.0);
    assert_eq!(proof["copied"], head.0 - half.0);
    assert_eq!(proof["equal"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_holds_something_else_is_not_touched() {
    let seed = seed();
    let (one, two) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let (from, to) = (filled(one.path(), seed).await, filled(two.path(), seed + 1).await);
    let error = compare(from.as_ref(), to.as_ref(), from.head().max(to.head())).expect_err("they differ");
    assert!(matches!(error, CopyError::Differs { .. }), "{error}");
    let head = to.head();
    drop((from, to));
    let (code, _, said) = copy(&one.path().display().to_string(), &two.path().display().to_string()).await;
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(embedded(two.path()).head(), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_cluster_takes_no_records_of_its_own() {
    let server = Server::start().await;
    let (here, copied) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    drop(filled(here.path(), seed()).await);
    let follower = open(copied.path(), &server.address(), hasty()).await.expect("it follows");
    tokio::task::spawn_blocking(move || drop(follower)).await.expect("it closes");
    let (code, _, said) =
        copy(&here.path().display().to_string(), &copied.path().display().to_string()).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("copy of a cluster"), "{said}");
}
