//! One process at a time writes; when it dies, another one goes on, and no row is counted twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::read_store::{Changes, Models, PostgresModels, Projection, StoreError};
use attempt_ledger_domain::Position;
use rand::RngExt as _;

use crate::postgres::support::changes_at;
use crate::read_models::support::{bad_day, check, random};
use crate::support::patience::{PATIENCE, until};
use crate::support::postgres::{Database, shared};
use crate::support::recording::record;

/// The session that holds the projector's lock in a database.
const LEADER: &str = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 1635021932 \
     AND objid = 1 AND granted \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

struct Process {
    models: Arc<PostgresModels>,
    projector: Projector,
}

impl Process {
    fn start(database: &Database<'_>, log: &Arc<dyn EventLog>) -> Self {
        let models = Arc::new(database.models());
        let projector = Projector::start(log.clone(), models.clone(), folds()).unwrap();
        Self { models, projector }
    }

    fn leads(&self) -> bool {
        self.models.leadership().is_held()
    }

    fn wait_for(&self, position: Position) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let reached = runtime.block_on(self.projector.reached(position, PATIENCE));
        assert!(reached, "the models stay at {}", self.projector.position());
    }
}

/// Waits until something is so.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    until(|| format!("{what} does not come"), || is_so().then_some(()));
}

/// Ends the session that leads, as an administrator would.
fn end_leader(database: &Database<'_>) {
    database.ask(&format!("SELECT pg_terminate_backend(pid) FROM ({LEADER}) AS leader"));
}

#[test]
fn one_of_two_projectors_leads_and_the_other_takes_over_when_it_is_gone() {
    let mut random = random();
    let days = [bad_day(random.random()), bad_day(random.random())];
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let database = shared().database();
    let first = Process::start(&database, &log);
    let second = Process::start(&database, &log);
    assert!(first.leads() && !second.leads());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(record(log.clone(), &days[0]));
    // Both know how far the models are, whichever of them brings them there.
    first.wait_for(log.head());
    second.wait_for(log.head());
    assert!(first.leads() && !second.leads());
    assert_eq!(database.ask(LEADER).len(), 1);
    std::thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(record(log.clone(), &days[1])));
        wait_until("the second day", || log.head() > second.projector.position());
        let began = Instant::now();
        drop(first);
        wait_until("a new leader", || second.leads());
        assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
    });
    second.wait_for(log.head());
    check(&log, &second.models.current(), log.head());
}

#[test]
fn leaders_whose_sessions_are_ended_count_no_row_twice() {
    let mut random = random();
    let days = [bad_day(random.random()), bad_day(random.random())].concat();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let database = shared().database();
    let processes = [(); 3].map(|()| Process::start(&database, &log));
    std::thread::scope(|scope| {
        let recording = scope.spawn(|| {
            tokio::runtime::Runtime::new().unwrap().block_on(record(log.clone(), &days));
        });
        let mut ended = 0;
        while !recording.is_finished() || ended < 8 {
            wait_until("a leader", || database.ask(LEADER).len() == 1);
            end_leader(&database);
            ended += 1;
        }
    });
    for process in &processes {
        process.wait_for(log.head());
    }
    check(&log, &processes[0].models.current(), log.head());
}

#[test]
fn whoever_does_not_lead_writes_nothing() {
    let database = shared().database();
    let (first, second) = (database.models(), database.models());
    first.current().apply(&changes_at(5)).unwrap();
    assert!(first.leadership().is_held());
    let refused = [
        second.current().apply(&changes_at(6)),
        second.current().reset(&[Projection::Agents]),
        second.current().set_failure(Projection::Agents, None),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(StoreError::Led { .. })), "{refused:?}");
    }
    assert!(!second.lead().unwrap() && !second.leadership().is_held());
    // A session that is ended has lost the lead, whether its process knows it or not.
    end_leader(&database);
    wait_until("a new leader", || second.lead().unwrap());
    second.current().apply(&Changes { follows: Some(Position(5)), ..changes_at(7) }).unwrap();
    let late = Changes { follows: Some(Position(5)), ..changes_at(6) };
    first.current().apply(&late).unwrap_err();
    second.leadership().resign();
    wait_until("the old leader", || first.lead().unwrap());
    let late = first.current().apply(&late).unwrap_err();
    assert!(matches!(late, StoreError::OutOfStep), "{late}");
    assert_eq!(first.current().reader().unwrap().statuses().unwrap()[0].checkpoint.position, Position(7));
}
