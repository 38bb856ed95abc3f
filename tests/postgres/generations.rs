//! Rebuilding in a database: a shadow in a schema of its own, one transaction to swap it in, nothing dropped
//! that is read.

use std::sync::Arc;

use attempt_ledger::log::EventLog;
use attempt_ledger::projector::{
    Fold, Rebuild, RebuildError, RebuildPhase, RebuildProgress, SoleWriter, folds,
};
use attempt_ledger::read_store::{Models, PostgresModels, PostgresOptions, Projection, StoreError};
use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::CancellationToken;

use crate::postgres::support::{agent, changes_at, random};
use crate::read_models::support::{agents_of, agents_of_reader, bad_day, bring, check, recorded};
use crate::support::postgres::{Database, shared};

fn rebuild<'a>(
    log: &Arc<dyn EventLog>,
    models: &'a PostgresModels,
    projections: &[Projection],
    cancelled: &'a CancellationToken,
    folds: &'a [Arc<dyn Fold>],
) -> Rebuild<'a> {
    Rebuild { log: log.clone(), models, folds, projections: projections.to_vec(), swap: true, cancelled }
}

fn rebuild_all(log: &Arc<dyn EventLog>, models: &PostgresModels) {
    let (cancelled, folds) = (CancellationToken::new(), folds());
    let work = rebuild(log, models, &Projection::ALL, &cancelled, &folds);
    work.run(&SoleWriter, &mut |_| {}, &mut |_| {}).unwrap();
}

fn schemas(database: &Database<'_>) -> Vec<String> {
    database.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ledger%' ORDER BY 1")
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let database = shared().database();
    drop(database.models());
    database.ask("UPDATE ledger.generations SET schema_version = 77; DROP VIEW ledger.gaps");
    for opened in [
        PostgresModels::open(&database.address(), PostgresOptions::default()).map(drop),
        PostgresModels::open_existing(&database.address(), PostgresOptions::default()).map(drop),
    ] {
        let error = opened.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 77, known: 7 }), "{error}");
    }
    let remade = database.ask("SELECT to_regclass('ledger.gaps')");
    assert_eq!(remade, ["NULL"], "a database that is refused is not changed");
}

#[test]
fn a_look_makes_nothing() {
    let database = shared().database();
    let look = || PostgresModels::open_existing(&database.address(), PostgresOptions::default()).unwrap();
    assert!(look().is_none());
    assert_eq!(schemas(&database), [""; 0]);
    drop(database.models());
    assert!(look().is_some());
}

#[test]
fn many_that_open_an_empty_database_together_find_the_same_models() {
    let database = shared().database();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| database.models())).collect();
        for one in all {
            let statuses = one.join().unwrap().current().reader().unwrap().statuses().unwrap();
            assert_eq!(statuses.len(), Projection::ALL.len());
        }
    });
    assert_eq!(schemas(&database), ["ledger", "ledger_000001"]);
}

#[test]
fn a_rebuild_mends_what_differs_and_lists_it() {
    let ledger = recorded(&bad_day(3));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let database = shared().database();
    let models = database.models();
    bring(&log, &models.current(), head);
    database.ask("UPDATE ledger_000001.attempts SET offers = offers + 1 WHERE attempt_id = 7");
    let (cancelled, folds) = (CancellationToken::new(), folds());
    let mut found = Vec::new();
    let work = rebuild(&log, &models, &[Projection::Attempts, Projection::Refusals], &cancelled, &folds);
    let done = work.run(&SoleWriter, &mut |_| {}, &mut |difference| found.push(difference)).unwrap();
    assert_eq!(done.phase, RebuildPhase::Done);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].table, found[0].key.as_str()), ("attempts", "[7]"));
    check(&log, &models.current(), head);
    assert_eq!(schemas(&database), ["ledger", "ledger_000002"], "the old models are dropped");
    let columns =
        "SELECT count(*) FROM pg_indexes WHERE schemaname = 'ledger_000002' AND indexname LIKE '%\\_by\\_%'";
    assert!(database.ask(columns)[0].parse::<u32>().unwrap() > 10, "the shadow got its indexes");
}

#[test]
fn readers_keep_what_they_look_at_and_then_it_is_dropped() {
    let ledger = recorded(&bad_day(4));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let database = shared().database();
    let (models, elsewhere) = (database.models(), database.models());
    bring(&log, &models.current(), head);
    database.ask("INSERT INTO ledger_000001.agents VALUES (666, 'nobody', 1)");
    let has_nobody = |models: &PostgresModels| {
        let current = models.current();
        agents_of(current.as_ref()).iter().any(|agent| agent.agent_id.0 == 666)
    };
    assert!(has_nobody(&models) && has_nobody(&elsewhere));
    let (here, there) = (models.current(), elsewhere.current());
    // The second reader has read nothing yet but where the models stand.
    let readers = [here.reader().unwrap(), there.reader().unwrap()];
    rebuild_all(&log, &models);
    assert_eq!(schemas(&database), ["ledger", "ledger_000001", "ledger_000002"], "somebody looks at it");
    for reader in &readers {
        assert!(agents_of_reader(reader.as_ref()).iter().any(|agent| agent.agent_id.0 == 666));
        assert_eq!(reader.statuses().unwrap()[0].checkpoint.position, head);
    }
    // A process that begins now sees the new ones, in every process, and so do programs that read the views.
    assert!(!has_nobody(&models) && !has_nobody(&elsewhere));
    assert_eq!(database.ask("SELECT count(*) FROM ledger.agents WHERE agent_id = 666"), ["0"]);
    drop(readers);
    rebuild_all(&log, &models);
    assert!(!has_nobody(&elsewhere), "models that were swapped twice are found");
    assert_eq!(schemas(&database), ["ledger", "ledger_000003"]);
}

#[test]
fn an_interrupted_rebuild_goes_on_where_it_was() {
    let ledger = recorded(&[bad_day(5), bad_day(6)].concat());
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    assert!(head.0 > 4_096 + 100, "more than a page, so that there is a place to stop: {head}");
    for projections in [&Projection::ALL[..], &[Projection::QueueHistory]] {
        let database = shared().database();
        let folds = folds();
        let reached = {
            let models = database.models();
            bring(&log, &models.current(), Position(head.0 / 2));
            let cancelled = CancellationToken::new();
            let mut reached = 0;
            let stopped = rebuild(&log, &models, projections, &cancelled, &folds).run(
                &SoleWriter,
                &mut |progress: &RebuildProgress| {
                    reached = progress.position;
                    if reached > 0 {
                        cancelled.cancel();
                    }
                },
                &mut |_| {},
            );
            assert!(matches!(stopped, Err(RebuildError::Cancelled)), "{stopped:?}");
            reached
        };
        // Another process.
        let models = database.models();
        let cancelled = CancellationToken::new();
        let mut first = None;
        let done = rebuild(&log, &models, projections, &cancelled, &folds).run(
            &SoleWriter,
            &mut |progress: &RebuildProgress| {
                first.get_or_insert(progress.position);
            },
            &mut |_| {},
        );
        assert_eq!(done.unwrap().phase, RebuildPhase::Done);
        assert_eq!(first, Some(reached), "it resumed");
        assert!(reached > 0);
        check(&log, &models.current(), head);
    }
}

#[test]
fn one_process_at_a_time_rebuilds() {
    let database = shared().database();
    let (first, second) = (database.models(), database.models());
    first.shadow(&Projection::ALL).unwrap();
    let refused = second.shadow(&Projection::ALL).err().unwrap();
    assert!(matches!(refused, StoreError::Led { .. }), "{refused}");
    first.discard_shadow().unwrap();
    assert_eq!(schemas(&database), ["ledger", "ledger_000001"]);
    drop(first);
    second.shadow(&Projection::ALL).unwrap();
}

#[test]
fn models_that_somebody_dropped_are_made_anew() {
    let mut random = random();
    let database = shared().database();
    for dropped in ["ledger_000001", "ledger"] {
        let store = database.models();
        let changes =
            attempt_ledger::read_store::Changes { agents: vec![agent(&mut random)], ..changes_at(3) };
        store.current().apply(&changes).unwrap();
        drop(store);
        database.ask(&format!("DROP SCHEMA {dropped} CASCADE"));
        let store = database.models().current();
        assert_eq!(store.reader().unwrap().statuses().unwrap()[0].checkpoint.position, Position(0));
    }
}

#[test]
fn rows_that_nobody_wrote_are_named() {
    let database = shared().database();
    let models = database.models();
    let mut random = random();
    let rows = vec![crate::postgres::support::attempt(&mut random, 1)];
    let changes = attempt_ledger::read_store::Changes { attempts: rows, ..changes_at(1) };
    for odd in ["state = 'asleep'", "wait_ms = -1", "last_position = -1", "is_late = 2", "channel = E'\\x01'"]
    {
        models.current().apply(&changes).unwrap();
        database.ask(&format!("UPDATE ledger_000001.attempts SET {odd}"));
        let store = models.current();
        let error = store.reader().unwrap().attempt(changes.attempts[0].attempt_id).unwrap_err();
        assert!(matches!(error, StoreError::Row { table: "attempts", .. }), "{odd}: {error}");
    }
}

#[test]
fn a_database_that_cannot_keep_every_text_is_refused() {
    let database = shared().database();
    let url = database.url();
    let (server, name) = url.rsplit_once('/').unwrap();
    let name = format!("latin_{name}");
    let create = format!("CREATE DATABASE {name} OWNER ledger ENCODING 'LATIN1' TEMPLATE template0");
    shared().ask("postgres", &create);
    let url = format!("{server}/{name}");
    let error =
        PostgresModels::open(&url.parse().unwrap(), PostgresOptions::default()).err().unwrap().to_string();
    assert!(error.contains("LATIN1") && error.contains("hint: "), "{error}");
}
