//! Rows and checkpoints move together, readers look at one moment, and what is not named is not touched.

use attempt_ledger::read_store::{
    AttemptFilter, Changes, Failure, Order, Projection, ReadStore as _, StoreError,
};
use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::history::{Attribution, Count, IntervalKey, Scope, Totals};
use rand::RngExt as _;
use rand::rngs::SmallRng;
use uuid::Uuid;

use super::place;
use super::support::{
    agent, attempt, attempts, calls, canonical, changes_at, everything, hook, link, offer, queue, random,
    refusal, store_of,
};
use crate::read_models::support::agents_of;

/// Something for every projection.
fn of_everything(random: &mut SmallRng, position: u64) -> Changes {
    let (attempts, mut offers) = calls(random, 20);
    offers.push(offer(random, 1, 9));
    let mut one = Box::new(Totals::default());
    *one.count_mut(Count::Offered) = 1;
    let scopes = [Scope::Queue(None), Scope::Agent(attempt_ledger_domain::AgentId(1), None)];
    let intervals = scopes.map(|scope| {
        (IntervalKey { scope, attribution: Attribution::End, start: UnixMillis(0) }, one.clone())
    });
    Changes {
        offers_of: attempts.iter().map(|row| (row.attempt_id, 0)).collect(),
        attempts,
        offers,
        intervals: intervals.to_vec(),
        agents: vec![agent(random)],
        queues: vec![queue(random)],
        refusals: vec![refusal(random, position)],
        links: vec![link(random)],
        hooks: vec![hook(random)],
        ..changes_at(position)
    }
}

#[test]
fn a_new_store_stands_at_the_beginning() {
    let store = place::empty();
    let statuses = store.reader().unwrap().statuses().unwrap();
    assert_eq!(statuses.iter().map(|status| status.projection).collect::<Vec<_>>(), Projection::ALL);
    for status in statuses {
        assert_eq!(status.version, status.projection.version());
        assert_eq!((status.checkpoint, status.failure), Default::default());
    }
    assert_eq!(everything(&store), []);
}

#[test]
fn only_the_named_projections_change() {
    let mut random = random();
    for named in Projection::ALL {
        let store = place::empty();
        let changes = Changes { projections: vec![named], ..of_everything(&mut random, 5) };
        store.apply(&changes).unwrap();
        let reader = store.reader().unwrap();
        for status in reader.statuses().unwrap() {
            let is_named = status.projection == named;
            assert_eq!(status.checkpoint.position, Position(if is_named { 5 } else { 0 }));
            assert_eq!(canonical(reader.as_ref(), status.projection).is_empty(), !is_named, "{named}");
        }
    }
}

#[test]
fn a_reset_empties_the_named_projections_only() {
    let mut random = random();
    for named in Projection::ALL {
        let store = place::empty();
        store.apply(&of_everything(&mut random, 5)).unwrap();
        let failure = Failure { position: Position(6), record_id: Uuid::nil(), reason: "broken".to_owned() };
        store.set_failure(named, Some(&failure)).unwrap();
        store.reset(&[named]).unwrap();
        let reader = store.reader().unwrap();
        for status in reader.statuses().unwrap() {
            let is_named = status.projection == named;
            assert_eq!(status.checkpoint.position, Position(if is_named { 0 } else { 5 }));
            assert_eq!(status.failure, None, "a projection that begins again has not failed");
            assert_eq!(canonical(reader.as_ref(), status.projection).is_empty(), is_named, "{named}");
        }
    }
}

#[test]
fn a_failure_is_noted_and_forgotten() {
    let home = place::Home::new();
    let failure =
        Failure { position: Position(6), record_id: Uuid::max(), reason: "it's \"broken\"".to_owned() };
    let failures = || {
        let store = home.open(4);
        let statuses = store.reader().unwrap().statuses().unwrap();
        statuses.into_iter().filter_map(|status| status.failure).collect::<Vec<_>>()
    };
    for noted in [Some(&failure), None] {
        let store = home.open(4);
        store.set_failure(Projection::Offers, noted).unwrap();
        drop(store);
        assert_eq!(failures(), noted.cloned().into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_reader_keeps_its_moment_while_others_write() {
    let mut random = random();
    let (rows, legs) = calls(&mut random, 50);
    let store = store_of(&rows, &legs);
    let reader = store.reader().unwrap();
    store.apply(&of_everything(&mut random, 7)).unwrap();
    store.reset(&[Projection::Offers]).unwrap();
    let all = |reader: &dyn attempt_ledger::read_store::Reader| {
        attempts(reader, &AttemptFilter::default(), Order::OldestFirst, None, usize::MAX)
    };
    let mut before = rows;
    before.sort_by_key(|row| (row.started_at, row.attempt_id));
    assert_eq!(all(reader.as_ref()), before);
    assert_eq!(canonical(reader.as_ref(), Projection::Offers).len(), legs.len());
    assert_eq!(reader.statuses().unwrap()[0].checkpoint.position, Position(1));
    drop(reader);
    let reader = store.reader().unwrap();
    assert_ne!(all(reader.as_ref()), before);
    assert_eq!(canonical(reader.as_ref(), Projection::Offers), []);
    assert_eq!(reader.statuses().unwrap()[0].checkpoint.position, Position(7));
}

#[test]
fn a_batch_that_cannot_be_written_changes_nothing() {
    let mut random = random();
    let (rows, legs) = calls(&mut random, 50);
    let store = store_of(&rows, &legs);
    let before = everything(&store);
    let leg = offer(&mut random, 60, 1);
    // The same leg twice.
    let changes = Changes { offers: vec![leg.clone(), leg], ..of_everything(&mut random, 9) };
    store.apply(&changes).unwrap_err();
    assert_eq!(everything(&store), before);
    assert_eq!(store.reader().unwrap().statuses().unwrap()[0].checkpoint.position, Position(1));
    // And the store goes on.
    store.apply(&of_everything(&mut random, 9)).unwrap();
    assert_ne!(everything(&store), before);
}

#[test]
fn a_reader_waits_for_a_place() {
    let home = place::Home::new();
    let store = home.open(2);
    let held = [store.reader().unwrap(), store.reader().unwrap()];
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| agents_of(&store).len());
        drop(held);
        assert_eq!(waiting.join().unwrap(), 0);
    });
}

#[test]
fn many_readers_and_a_writer_see_whole_batches() {
    let mut random = random();
    let store = place::empty();
    let seeds: Vec<u64> = (0..30).map(|_| random.random()).collect();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let reader = store.reader().unwrap();
                        let position = reader.statuses().unwrap()[0].checkpoint.position.0;
                        let rows = canonical(reader.as_ref(), Projection::Attempts);
                        assert_eq!(rows.len() as u64, position * 10);
                        if position == 30 {
                            break;
                        }
                    }
                })
            })
            .collect();
        for (index, seed) in (1..).zip(seeds) {
            let mut random = <SmallRng as rand::SeedableRng>::seed_from_u64(seed);
            let rows = (0..10).map(|row| attempt(&mut random, index * 10 + row)).collect();
            store.apply(&Changes { attempts: rows, ..changes_at(index.unsigned_abs()) }).unwrap();
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
    assert!(store.reader().unwrap().attempt(AttemptId(15)).unwrap().is_some());
}

#[test]
fn a_batch_that_does_not_follow_is_refused() {
    let mut random = random();
    let store = place::empty();
    store.apply(&Changes { follows: Some(Position(0)), ..of_everything(&mut random, 5) }).unwrap();
    let before = everything(&store);
    for follows in [0, 4, 6] {
        let late = Changes { follows: Some(Position(follows)), ..of_everything(&mut random, 7) };
        let error = store.apply(&late).unwrap_err();
        assert!(matches!(error, StoreError::OutOfStep), "{error}");
    }
    assert_eq!(everything(&store), before);
    store.apply(&Changes { follows: Some(Position(5)), ..of_everything(&mut random, 7) }).unwrap();
    assert_eq!(store.reader().unwrap().statuses().unwrap()[0].checkpoint.position, Position(7));
}
