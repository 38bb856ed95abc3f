//! Links and hooks: rows that single deliveries make, in whichever batches they come.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger::read_store::{Changes, ReadStore as _};
use attempt_ledger_domain::{Position, QueueId};
use attempt_ledger_projections::{HookRow, LinkKind, LinkRow};
use rand::RngExt as _;

use super::place;
use super::support::{changes_at, hook, link, random};

#[test]
fn of_the_same_link_the_earliest_stays_and_shared_ids_find_each_other() {
    let mut random = random();
    let store = place::empty();
    let mut known = BTreeMap::new();
    for position in 1..=200 {
        let row = link(&mut random);
        let key = (row.kind, row.id.clone(), row.attempt_id);
        let first = known.entry(key).or_insert_with(|| row.clone());
        first.first_position = first.first_position.min(row.first_position);
        store.apply(&Changes { links: vec![row], ..changes_at(position) }).unwrap();
    }
    let reader = store.reader().unwrap();
    let attempts: BTreeSet<_> = known.values().map(|row| row.attempt_id).collect();
    let mut shared = 0;
    for attempt_id in attempts {
        let known_at = Position(random.random_range(0..110));
        let those = || known.values().filter(|row| row.first_position <= known_at);
        let named = |row: &LinkRow| {
            let mut own = those().filter(|own| own.attempt_id == attempt_id);
            let is_leg = |row: &LinkRow| row.kind != LinkKind::SenderId;
            own.any(|own| own.id == row.id && (own.kind == row.kind || is_leg(own) && is_leg(row)))
        };
        let mut expected: Vec<_> = those().filter(|row| row.attempt_id != attempt_id && named(row)).collect();
        expected.sort_by_key(|row| (row.kind.name(), &row.id, row.attempt_id));
        shared += expected.len();
        for limit in [2, 1_000] {
            let found = reader.links(attempt_id, known_at, limit).unwrap();
            let expected: Vec<_> = expected.iter().take(limit).copied().cloned().collect();
            assert_eq!(found, expected, "{attempt_id}");
        }
    }
    assert!(shared > 0, "attempts of this test share ids");
}

#[test]
fn hooks_add_up_over_batches() {
    let mut random = random();
    let store = place::empty();
    let mut known: BTreeMap<_, HookRow> = BTreeMap::new();
    for position in 1..=100 {
        let row = hook(&mut random);
        let key = (row.queue_id, row.queue_type.name(), row.event.name());
        known.entry(key).and_modify(|sum| sum.add(&row)).or_insert_with(|| row.clone());
        store.apply(&Changes { hooks: vec![row], ..changes_at(position) }).unwrap();
    }
    let reader = store.reader().unwrap();
    for queues in [QueueId(i64::MIN)..=QueueId(i64::MAX), QueueId(0)..=QueueId(1)] {
        let expected: Vec<_> = known.values().filter(|row| queues.contains(&row.queue_id)).cloned().collect();
        assert_eq!(reader.hooks(queues).unwrap(), expected);
    }
}
