//! Logs, stores, and the oracle: a fresh fold of the whole log.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger::ledger::Ledger;
use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger::projector::{bring_forward, compare, folds};
use attempt_ledger::read_store::{AgentFilter, Projection, ReadStore, Reader, SqliteStore};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::AgentRow;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use crate::support::days::Day;
use crate::support::recording::{Arrival, record};
use crate::support::seed::seed;

/// A Wednesday.
const START: UnixMillis = UnixMillis(1_784_678_400_000);

/// Randomness from the seed of this test.
pub fn random() -> SmallRng {
    SmallRng::seed_from_u64(seed())
}

/// A day with late, repeated, missing, broken and contradicting deliveries.
pub fn bad_day(seed: u64) -> Vec<Arrival> {
    Day { seed, start: START, scenario: Scenario::Broken, lost: 5, unregistered: 10 }.arrivals()
}

/// A ledger in memory that recorded these deliveries.
pub fn recorded(arrivals: &[Arrival]) -> Arc<Ledger> {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    tokio::runtime::Runtime::new().unwrap().block_on(record(log, arrivals))
}

/// An empty store in a file that goes with it.
pub fn empty_store() -> Arc<dyn ReadStore> {
    Arc::new(SqliteStore::temporary().unwrap())
}

/// Brings a store to a position.
pub fn bring(log: &Arc<dyn EventLog>, store: &Arc<dyn ReadStore>, up_to: Position) {
    let flow = bring_forward(log, store, &folds(), up_to, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(flow.is_continue());
}

/// A fresh fold of the log up to a position.
pub fn fresh(log: &Arc<dyn EventLog>, up_to: Position) -> Arc<dyn ReadStore> {
    let store = empty_store();
    bring(log, &store, up_to);
    store
}

/// Every agent of a store.
pub fn agents_of(store: &dyn ReadStore) -> Vec<AgentRow> {
    agents_of_reader(store.reader().unwrap().as_ref())
}

/// Every agent of one look.
pub fn agents_of_reader(reader: &dyn Reader) -> Vec<AgentRow> {
    let mut agents = Vec::new();
    let take = &mut |agent| {
        agents.push(agent);
        ControlFlow::Continue(())
    };
    reader.agents(&AgentFilter::default(), take).unwrap();
    agents
}

/// The oracle: every row of every table is that of a fresh fold.
pub fn check(log: &Arc<dyn EventLog>, store: &Arc<dyn ReadStore>, up_to: Position) {
    let fresh = fresh(log, up_to);
    for projection in Projection::ALL {
        let mut differences = Vec::new();
        let compared =
            compare(store, &fresh, projection, &mut |difference| differences.push(difference)).unwrap();
        assert_eq!(differences, [], "{projection} is not a fresh fold");
        assert_eq!(compared.digest_before, compared.digest_after);
    }
}
