//! The server dies at any moment and comes back; the process that brings the models forward goes on by
//! itself.

use std::sync::Arc;

use attempt_ledger::ledger::Ledger;
use attempt_ledger::projector::{Projector, RebuildPhase, folds};
use attempt_ledger::read_store::{Models, PostgresModels, Projection, StoreError};
use attempt_ledger_domain::Position;
use rand::RngExt as _;
use rand::rngs::SmallRng;

use crate::read_models::support::{bad_day, bring, check, random, recorded};
use crate::support::patience::PATIENCE;
use crate::support::postgres::Cluster;

fn projector(ledger: &Ledger, models: &Arc<PostgresModels>) -> Projector {
    Projector::start(ledger.log().clone(), models.clone(), folds()).unwrap()
}

fn wait_for(projector: &Projector, position: Position) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(runtime.block_on(projector.reached(position, PATIENCE)), "the models do not move any more");
}

/// Kills the server a few times, each time when a little more has been done.
fn kill_and_go_on(cluster: &Cluster, random: &mut SmallRng, times: usize, is_done: impl Fn() -> bool) {
    for _ in 0..times {
        for _ in 0..random.random_range(0..5) {
            // As long as a question takes.
            cluster.ask("postgres", "SELECT count(*) FROM pg_class");
        }
        if is_done() {
            return;
        }
        cluster.kill();
        cluster.go_on();
    }
}

#[test]
fn a_projection_through_deaths_of_the_server_equals_a_fresh_fold() {
    let mut random = random();
    let ledger = recorded(&[bad_day(random.random()), bad_day(random.random())].concat());
    let head = ledger.log().head();
    let cluster = Cluster::start();
    let database = cluster.database();
    let models = Arc::new(database.models());
    let projector = projector(&ledger, &models);
    kill_and_go_on(&cluster, &mut random, 5, || projector.position() >= head);
    wait_for(&projector, head);
    check(ledger.log(), &models.current(), head);
}

#[test]
fn a_rebuild_through_deaths_of_the_server_equals_a_fresh_fold() {
    let mut random = random();
    let ledger = recorded(&[bad_day(random.random()), bad_day(random.random())].concat());
    let head = ledger.log().head();
    let cluster = Cluster::start();
    let database = cluster.database();
    let models = Arc::new(database.models());
    bring(ledger.log(), &models.current(), head);
    database
        .ask(&format!("UPDATE {}.attempts SET offers = offers + 1 WHERE attempt_id = 1", database.schema()));
    let projector = projector(&ledger, &models);
    projector.rebuild(Projection::ALL.to_vec(), true).unwrap();
    let progress = projector.progress();
    let is_done = || progress.borrow().as_ref().is_some_and(|it| it.phase == RebuildPhase::Done);
    kill_and_go_on(&cluster, &mut random, 4, is_done);
    let mut progress = projector.progress();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(async {
        let ended = progress.wait_for(|it| {
            it.as_ref().is_some_and(|it| {
                matches!(it.phase, RebuildPhase::Done | RebuildPhase::Failed | RebuildPhase::Cancelled)
            })
        });
        tokio::time::timeout(PATIENCE, ended).await.unwrap().unwrap().clone().unwrap()
    });
    assert_eq!((ended.phase, ended.reason), (RebuildPhase::Done, None));
    wait_for(&projector, head);
    check(ledger.log(), &models.current(), head);
}

#[test]
fn a_store_whose_server_is_away_says_so_and_comes_back() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let models = database.models();
    let store = models.current();
    assert!(models.lead().unwrap());
    cluster.kill();
    let is_away = |error: StoreError| assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    is_away(store.reader().err().unwrap());
    is_away(store.reset(&[Projection::Agents]).unwrap_err());
    is_away(models.lead().unwrap_err());
    assert!(!models.leadership().is_held());
    is_away(PostgresModels::open(&database.address(), Default::default()).err().unwrap());
    cluster.go_on();
    store.reset(&[Projection::Agents]).unwrap();
    assert!(models.leadership().is_held());
    assert_eq!(store.reader().unwrap().statuses().unwrap().len(), Projection::ALL.len());
}
