//! The order of arrival does not matter: only the columns that tell it may differ.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger::read_store::{Projection, ReadStore};
use attempt_ledger_domain::UnixMillis;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use serde_json::Value;

use crate::read_models::support::{bad_day, fresh, random, recorded};
use crate::support::recording::Arrival;

/// Columns that tell the order of arrival itself.
const POSITIONAL: [&str; 3] = ["first_position", "last_position", "last_recorded_at"];

/// Every row but those of refusals and of hooks, which count them: which of two contradicting deliveries is
/// refused depends on their order.
fn rows(store: &Arc<dyn ReadStore>) -> BTreeMap<(String, String), Value> {
    let mut rows = BTreeMap::new();
    let reader = store.reader().unwrap();
    let by_order = [Projection::Refusals, Projection::Hooks];
    for projection in Projection::ALL.into_iter().filter(|projection| !by_order.contains(projection)) {
        let visited = reader.canonical_rows(projection, &mut |row| {
            let mut columns: Value = serde_json::from_str(&row.columns).unwrap();
            for name in POSITIONAL {
                columns.as_object_mut().unwrap().remove(name);
            }
            rows.insert((row.table.to_owned(), row.key), columns);
            ControlFlow::Continue(())
        });
        visited.unwrap();
    }
    rows
}

/// Deliveries that name their own time, all arriving long after: time of receipt means nothing then.
fn timed(arrivals: Vec<Arrival>) -> Vec<Arrival> {
    let after = arrivals.iter().map(|arrival| arrival.at.0).max().unwrap() + 200_000_000;
    let names_its_time = |arrival: &Arrival| {
        let body: Option<Value> = serde_json::from_str(&arrival.body).ok();
        let time = body.and_then(|body| body["timestamp"].as_str()?.parse::<i64>().ok());
        time.is_some_and(|time| (946_684_800_000..after).contains(&time))
    };
    let timed = arrivals.into_iter().filter(names_its_time);
    timed.map(|arrival| Arrival { at: UnixMillis(after), ..arrival }).collect()
}

#[test]
fn the_same_deliveries_in_any_order_give_the_same_tables() {
    let mut random = random();
    let mut arrivals = timed(bad_day(random.random()));
    let ledger = recorded(&arrivals);
    let expected = rows(&fresh(ledger.log(), ledger.log().head()));
    assert!(expected.len() > 3_000, "only {} rows", expected.len());
    for _ in 0..3 {
        arrivals.shuffle(&mut random);
        let ledger = recorded(&arrivals);
        let found = rows(&fresh(ledger.log(), ledger.log().head()));
        for (key, row) in &expected {
            assert_eq!(found.get(key), Some(row), "{key:?}");
        }
        assert_eq!(found.len(), expected.len());
    }
}
