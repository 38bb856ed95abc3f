//! Links and hooks: rows that single deliveries make, in whichever batches they come.

use std::collections::BTreeMap;

use attempt_ledger::read_store::{Changes, ReadStore as _};
use attempt_ledger_domain::{Position, QueueId};
use attempt_ledger_projections::{HookRow, LinkRow};
use rand::RngExt as _;

use super::place;
use super::support::{changes_at, hook, link, random};

#[test]
fn of_the_same_link_the_earliest_stays_and_both_ends_find_it() {
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
    for row in known.values() {
        let known_at = Position(random.random_range(0..110));
        let those = |wanted: &dyn Fn(&LinkRow) -> bool, limit: usize| -> Vec<LinkRow> {
            let known = known.values().filter(|row| row.first_position <= known_at && wanted(row));
            known.take(limit).cloned().collect()
        };
        for limit in [2, usize::MAX] {
            let found = reader.linked_attempts(row.kind, &row.id, known_at, limit.min(1_000)).unwrap();
            assert_eq!(found, those(&|it| (it.kind, &it.id) == (row.kind, &row.id), limit), "{row:?}");
        }
        let mut found = reader.links_of(row.attempt_id, known_at, 1_000).unwrap();
        assert!(found.is_sorted_by_key(|row| (row.kind.name(), row.id.clone())));
        found.sort();
        assert_eq!(found, those(&|it| it.attempt_id == row.attempt_id, usize::MAX));
    }
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
