//! What is applied is read back.

use std::collections::BTreeMap;

use attempt_ledger::read_store::{
    AttemptFilter, Changes, OfferFilter, Order, Projection, ReadStore as _, RefusalFilter,
};
use attempt_ledger_domain::{AgentId, QueueId, UnixMillis};
use attempt_ledger_projections::{AgentRow, QueueRow, RefusalState};
use rand::RngExt as _;

use super::place;
use super::support::{
    agent, attempt, attempts, calls, canonical, changes_at, maybe, offer, offers, queue, random, refusal,
    refusals, store_of,
};
use crate::read_models::support::agents_of;

#[test]
fn attempts_and_legs_are_read_back_and_replaced() {
    let mut random = random();
    let (mut known, mut legs) = calls(&mut random, 200);
    let store = store_of(&known, &legs);
    for round in 2..5 {
        let changed: Vec<i64> = (1..=200).filter(|_| random.random_ratio(1, 3)).collect();
        let removed: Vec<i64> =
            (1..=200).filter(|id| !changed.contains(id) && random.random_ratio(1, 20)).collect();
        let rows: Vec<_> = changed.iter().map(|id| attempt(&mut random, *id)).collect();
        let new_legs: Vec<_> = changed.iter().map(|id| offer(&mut random, *id, 1)).collect();
        let is_touched = |id: i64| changed.contains(&id) || removed.contains(&id);
        known.retain(|row| !is_touched(row.attempt_id.0));
        known.extend(rows.clone());
        legs.retain(|row| !is_touched(row.attempt_id.0));
        legs.extend(new_legs.clone());
        let ids =
            |ids: &[i64]| ids.iter().map(|id| attempt_ledger_domain::AttemptId(*id)).collect::<Vec<_>>();
        let changes = Changes {
            attempts: rows,
            attempts_removed: ids(&removed),
            offers_of: ids(&[changed.clone(), removed.clone()].concat())
                .into_iter()
                .map(|id| (id, 0))
                .collect(),
            offers: new_legs,
            ..changes_at(round)
        };
        store.apply(&changes).unwrap();
    }
    let reader = store.reader().unwrap();
    known.sort_by_key(|row| (row.started_at, row.attempt_id));
    legs.sort_by_key(|row| (row.started_at, row.attempt_id, row.leg));
    let every = AttemptFilter::default();
    assert_eq!(attempts(reader.as_ref(), &every, Order::OldestFirst, None, usize::MAX), known);
    assert_eq!(offers(reader.as_ref(), &OfferFilter::default(), Order::OldestFirst, None, usize::MAX), legs);
    for id in 1..=200 {
        let expected = known.iter().find(|row| row.attempt_id.0 == id);
        assert_eq!(reader.attempt(attempt_ledger_domain::AttemptId(id)).unwrap().as_ref(), expected);
    }
}

#[test]
fn agents_keep_the_greatest_report_whatever_the_order() {
    let mut random = random();
    let reports: Vec<AgentRow> = (0..300).map(|_| agent(&mut random)).collect();
    let mut greatest: BTreeMap<AgentId, AgentRow> = BTreeMap::new();
    for report in &reports {
        let known = greatest.entry(report.agent_id).or_insert_with(|| report.clone());
        if (report.agent_name.is_some(), report.last_seen_at, &report.agent_name)
            > (known.agent_name.is_some(), known.last_seen_at, &known.agent_name)
        {
            *known = report.clone();
        }
    }
    let store = place::empty();
    for (index, some) in reports.chunks(7).enumerate() {
        let changes = Changes { agents: some.to_vec(), ..changes_at(index as u64 + 1) };
        store.apply(&changes).unwrap();
    }
    assert_eq!(agents_of(&store), greatest.into_values().collect::<Vec<_>>());
}

#[test]
fn the_last_definition_of_a_queue_is_in_force() {
    let mut random = random();
    let definitions: Vec<QueueRow> = (0..100).map(|_| queue(&mut random)).collect();
    let last: BTreeMap<QueueId, QueueRow> =
        definitions.iter().map(|row| (row.definition.queue_id, row.clone())).collect();
    let store = place::empty();
    store.apply(&Changes { queues: definitions, ..changes_at(1) }).unwrap();
    assert_eq!(store.reader().unwrap().queues().unwrap(), last.into_values().collect::<Vec<_>>());
}

#[test]
fn queues_are_those_that_attempts_name_and_those_that_are_defined() {
    let mut random = random();
    let mut rows: Vec<_> = (1..=20).map(|id| attempt(&mut random, id)).collect();
    for row in &mut rows {
        row.queue_id = maybe(&mut random, |_| QueueId(row.attempt_id.0 % 3));
    }
    rows[0].queue_id = Some(QueueId(2));
    let mut defined = queue(&mut random);
    defined.definition.queue_id = QueueId(99);
    let mut expected: Vec<QueueId> = rows.iter().filter_map(|row| row.queue_id).collect();
    expected.push(QueueId(99));
    expected.sort_unstable();
    expected.dedup();
    let store = store_of(&rows, &[]);
    store.apply(&Changes { queues: vec![defined], ..changes_at(2) }).unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(reader.queue_ids(None, usize::MAX).unwrap(), expected);
    assert_eq!(reader.has_queueless().unwrap(), rows.iter().any(|row| row.queue_id.is_none()));
}

#[test]
fn refusals_are_read_back_with_what_was_decided() {
    let mut random = random();
    let mut known: Vec<_> = (1..=100).map(|position| refusal(&mut random, position)).collect();
    let store = place::empty();
    store.apply(&Changes { refusals: known.clone(), ..changes_at(100) }).unwrap();
    // A batch may bring a refusal and what was decided about it.
    known.push(refusal(&mut random, 101));
    let settled = vec![
        (known[5].refusal_id, RefusalState::Replayed, UnixMillis(7)),
        (known[100].refusal_id, RefusalState::Dismissed, UnixMillis(8)),
    ];
    let changes = Changes { refusals: vec![known[100].clone()], settled, ..changes_at(102) };
    store.apply(&changes).unwrap();
    (known[5].state, known[5].settled_at) = (RefusalState::Replayed, Some(UnixMillis(7)));
    (known[100].state, known[100].settled_at) = (RefusalState::Dismissed, Some(UnixMillis(8)));
    known.reverse();
    let reader = store.reader().unwrap();
    assert_eq!(refusals(reader.as_ref(), &RefusalFilter::default(), None, usize::MAX), known);
}

#[test]
fn canonical_rows_are_sorted_objects_with_every_column() {
    let mut random = random();
    let (rows, legs) = calls(&mut random, 3);
    let store = store_of(&rows, &legs);
    let reader = store.reader().unwrap();
    for (projection, expected) in [(Projection::Attempts, 3), (Projection::Offers, legs.len())] {
        let found = canonical(reader.as_ref(), projection);
        assert_eq!(found.len(), expected);
        assert!(found.is_sorted_by_key(|row| { serde_json::from_str::<Vec<i64>>(&row.key).unwrap() }));
        for row in found {
            // Written again by the same rules, nothing changes: keys are sorted, and there is no space.
            let columns: BTreeMap<String, serde_json::Value> = serde_json::from_str(&row.columns).unwrap();
            assert_eq!(serde_json::to_string(&columns).unwrap(), row.columns);
            assert!(columns.contains_key("queue_id"), "absent values are told as null");
        }
    }
}
