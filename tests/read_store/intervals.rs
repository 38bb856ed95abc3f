//! Intervals add up, give back exactly what was added, and vanish when everything is taken out again.

use std::collections::BTreeMap;

use attempt_ledger::read_store::{Changes, HistoryFilter, HistoryScope, Projection, ReadStore as _};
use attempt_ledger_domain::{QueueGroup, UnixMillis};
use attempt_ledger_projections::history::{
    Attribution, Count, Dimension, INTERVAL_MS, IntervalKey, Item, Measure, Mix, Scope, Totals, Values,
};
use rand::RngExt as _;
use rand::rngs::SmallRng;

use super::place;
use super::support::{agent_id, canonical, changes_at, maybe, one_of, queue_group, queue_id, random, text};

type Booked = BTreeMap<IntervalKey, Totals>;

fn key(random: &mut SmallRng) -> IntervalKey {
    let queue = maybe(random, queue_id);
    let scope = if random.random() { Scope::Queue(queue) } else { Scope::Agent(agent_id(random), queue) };
    let start = UnixMillis(random.random_range(-2..6) * INTERVAL_MS);
    IntervalKey { scope, attribution: one_of(random, &Attribution::ALL), start }
}

/// Something that can be booked; only queues keep a mix.
fn item(random: &mut SmallRng, scope: Scope) -> Item<'static> {
    match (random.random_range(0..3), scope) {
        (0, Scope::Queue(_)) => Item::Mix(one_of(random, &Dimension::ALL), text(random).into()),
        (1, _) => Item::Value(one_of(random, &Measure::ALL), random.random_range(0..9)),
        _ => Item::Count(one_of(random, &Count::ALL)),
    }
}

fn apply(store: &place::Store, position: u64, delta: &Booked) {
    let intervals = delta.iter().map(|(key, totals)| (*key, Box::new(totals.clone()))).collect();
    store.apply(&Changes { intervals, ..changes_at(position) }).unwrap();
}

/// What a filter means, worked out from everything that was booked.
fn expected(booked: &Booked, filter: &HistoryFilter) -> Vec<(Scope, UnixMillis, Totals)> {
    let is_meant = |scope: Scope| match (filter.scope, scope) {
        (HistoryScope::Queue(wanted), Scope::Queue(queue)) => wanted.has(queue),
        (HistoryScope::Queues, Scope::Queue(_)) | (HistoryScope::Agents, Scope::Agent(..)) => true,
        (HistoryScope::Agent(wanted, queues), Scope::Agent(agent, queue)) => {
            agent == wanted && queues.is_none_or(|wanted| wanted.has(queue))
        }
        _ => false,
    };
    let meant = booked.iter().filter(|(key, totals)| {
        is_meant(key.scope)
            && key.attribution == filter.attribution
            && filter.range.contains(&key.start)
            && !totals.is_zero()
    });
    meant.map(|(key, totals)| (key.scope, key.start, asked_for(totals.clone(), key.scope, filter))).collect()
}

/// Values and mix are only there where they were asked for.
fn asked_for(mut totals: Totals, scope: Scope, filter: &HistoryFilter) -> Totals {
    let is_agent = matches!(scope, Scope::Agent(..));
    for measure in Measure::ALL {
        if is_agent || !filter.values_of.contains(&measure) {
            totals.measure_mut(measure).values = Values::default();
        }
    }
    if is_agent || !filter.with_mix {
        *totals.mix_mut() = Mix::default();
    }
    totals
}

fn filter(random: &mut SmallRng) -> HistoryFilter {
    let scope = match random.random_range(0..6) {
        0 => HistoryScope::Queue(queue_id(random).into()),
        5 => HistoryScope::Queue(QueueGroup::NoQueue),
        1 => HistoryScope::Queues,
        2 => HistoryScope::Agents,
        3 => HistoryScope::Agent(agent_id(random), None),
        _ => HistoryScope::Agent(agent_id(random), Some(queue_group(random))),
    };
    let start = random.random_range(-3..7);
    let end = random.random_range(start..=8);
    HistoryFilter {
        scope,
        attribution: one_of(random, &Attribution::ALL),
        range: UnixMillis(start * INTERVAL_MS)..UnixMillis(end * INTERVAL_MS),
        values_of: Measure::ALL.into_iter().filter(|_| random.random_ratio(1, 3)).collect(),
        with_mix: random.random(),
    }
}

#[test]
fn every_question_is_answered_by_what_was_added() {
    let mut random = random();
    let store = place::empty();
    let mut booked = Booked::new();
    let mut items = Vec::new();
    for position in 1..12 {
        let mut delta = Booked::new();
        for _ in 0..200 {
            let key = key(&mut random);
            let item = item(&mut random, key.scope);
            delta.entry(key).or_default().add(&item, 1);
            // An interval has a row as soon as anything is counted in it.
            delta.entry(key).or_default().add(&Item::Count(Count::Offered), 1);
            items.push((key, item));
        }
        // Some of what was booked before turns out otherwise.
        for _ in 0..50 {
            let (key, item) = items.swap_remove(random.random_range(0..items.len()));
            delta.entry(key).or_default().add(&item, -1);
            delta.entry(key).or_default().add(&Item::Count(Count::Offered), -1);
        }
        apply(&store, position, &delta);
        for (key, totals) in &delta {
            booked.entry(*key).or_default().merge(totals);
        }
    }
    let reader = store.reader().unwrap();
    let mut found = 0;
    for _ in 0..300 {
        let filter = filter(&mut random);
        let answer = reader.history(&filter).unwrap();
        found += answer.len();
        let expected = expected(&booked, &filter);
        let differing = answer.iter().zip(&expected).find(|(one, other)| one != other);
        assert_eq!(differing, None, "{filter:?}");
        assert_eq!(answer.len(), expected.len(), "{filter:?}");
    }
    assert!(found > 300, "the questions found next to nothing");
}

#[test]
fn what_is_taken_out_again_leaves_no_row() {
    let mut random = random();
    let store = place::empty();
    let mut items = Vec::new();
    for _ in 0..500 {
        let key = key(&mut random);
        items.push((key, item(&mut random, key.scope)));
    }
    for (position, times) in [(1, 2), (2, -1), (3, -1)] {
        let mut delta = Booked::new();
        for (key, item) in &items {
            delta.entry(*key).or_default().add(item, times);
        }
        apply(&store, position, &delta);
        let reader = store.reader().unwrap();
        for projection in [Projection::QueueHistory, Projection::AgentHistory] {
            assert_eq!(canonical(reader.as_ref(), projection).is_empty(), position == 3, "{projection}");
        }
    }
}

#[test]
fn a_change_that_moves_only_values_makes_no_row_of_zeros() {
    let store = place::empty();
    let key = IntervalKey {
        scope: Scope::Queue(None),
        attribution: Attribution::Emit,
        start: UnixMillis(INTERVAL_MS),
    };
    let mut delta = Totals::default();
    delta.add(&Item::Mix(Dimension::Result, "success".into()), 1);
    apply(&store, 1, &BTreeMap::from([(key, delta)]));
    let reader = store.reader().unwrap();
    let tables: Vec<_> =
        canonical(reader.as_ref(), Projection::QueueHistory).iter().map(|row| row.table).collect();
    assert_eq!(tables, ["queue_history_mix"]);
}

#[test]
fn value_sets_are_told_as_values_with_how_often() {
    let store = place::empty();
    let key = IntervalKey {
        scope: Scope::Queue(Some(attempt_ledger_domain::QueueId(1))),
        attribution: Attribution::Start,
        start: UnixMillis(0),
    };
    let mut delta = Totals::default();
    delta.add(&Item::Value(Measure::Ring, 300), 1);
    delta.add(&Item::Value(Measure::Ring, 7), 2);
    apply(&store, 1, &BTreeMap::from([(key, delta)]));
    let reader = store.reader().unwrap();
    let rows = canonical(reader.as_ref(), Projection::QueueHistory);
    let row = rows.iter().find(|row| row.table == "queue_history_values").unwrap();
    assert_eq!(row.key, r#"[1,"start","ring",0]"#);
    assert_eq!(row.columns, r#"{"value_set":[[7,2],[300,1]]}"#);
}
