//! Runaway attempts: folded apart, and in the end as every other attempt.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger::log::EventLog;
use attempt_ledger::projector::{Pass, Projector, folds, rows_as_of, statuses};
use attempt_ledger::read_store::{
    Checkpoint, Models, ModelsDirectory, OfferFilter, Order, Projection, ReadStore,
};
use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position, UnixMillis};

use crate::read_models::support::{bad_day, bring, check, empty_store, fresh, recorded};
use crate::support::patience::PATIENCE;
use crate::support::recording::Arrival;
use crate::support::watched_log::WatchedLog;

pub const RUNAWAY: AttemptId = AttemptId(1_000_000);
const START: i64 = 1_784_678_400_000;

/// So many hooks that all name one attempt: offers and misses, and now and then one that is refused.
pub fn constant_attempt_id(count: usize, refused_each: usize) -> Vec<Arrival> {
    let hook = |number: usize| {
        let event = match number {
            _ if number % refused_each == refused_each - 1 => "joined",
            _ if number.is_multiple_of(2) => "offering",
            _ => "missed",
        };
        let at = START + 1_000 * number as i64;
        Arrival {
            at: UnixMillis(at),
            event: event.to_owned(),
            queue_type: "inbound_queue".to_owned(),
            body: format!(
                r#"{{"attempt_id":{RUNAWAY},"queue_id":17,"agent_id":{},"timestamp":{at}}}"#,
                number % 7
            ),
        }
    };
    (0..count).map(hook).collect()
}

/// A bad day, and through it hooks that all name one attempt.
fn arrivals(count: usize) -> Vec<Arrival> {
    let mut all = bad_day(11);
    all.truncate(300);
    let constant = constant_attempt_id(count, 5);
    let each = constant.len().div_ceil(all.len()).max(1);
    let mut constant = constant.into_iter();
    let mut mixed = Vec::new();
    for arrival in all {
        mixed.push(arrival);
        mixed.extend(constant.by_ref().take(each));
    }
    mixed.extend(constant);
    mixed
}

/// Brings a store forward as the follower does: what is runaway stays behind.
fn pass_over(log: &Arc<dyn EventLog>, store: &Arc<dyn ReadStore>, from: Position, up_to: Position) {
    let checkpoint = statuses(store.as_ref()).unwrap()[0].checkpoint;
    assert_eq!(checkpoint.position, from);
    let mut pass = Pass::new(log.clone(), store.clone(), folds(), checkpoint);
    pass.run(up_to, &mut |_| ControlFlow::Continue(())).unwrap();
}

/// The runaway attempt's rows are those of a position.
fn check_runaway(log: &Arc<dyn EventLog>, store: &Arc<dyn ReadStore>, at: Position) {
    let reader = store.reader().unwrap();
    let expected = rows_as_of(log.as_ref(), RUNAWAY, at).unwrap();
    assert_eq!(reader.attempt(RUNAWAY).unwrap(), expected.as_ref().map(|rows| rows.attempt.clone()));
    let mut legs = Vec::new();
    let filter = OfferFilter { attempt_id: Some(RUNAWAY), ..OfferFilter::default() };
    reader
        .offers(&filter, Order::OldestFirst, None, &mut |leg| {
            legs.push(leg);
            ControlFlow::Continue(())
        })
        .unwrap();
    legs.sort_by_key(|leg| leg.leg);
    assert_eq!(legs, expected.map(|rows| rows.offers).unwrap_or_default());
}

#[test]
fn a_runaway_attempt_is_left_behind_and_named_and_then_counts_like_any_other() {
    let ledger = recorded(&arrivals(ORDINARY_RECORDS_MAX + 300));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    for stops in [1, 9] {
        let store = empty_store();
        let mut at = Position(0);
        for stop in 1..=stops {
            let up_to = Position(head.0 * stop / stops);
            // Each pass begins from nothing: all that is known is what the store and the log hold.
            pass_over(&log, &store, at, up_to);
            at = up_to;
        }
        let unfolded = store.reader().unwrap().unfolded().unwrap();
        let named: Vec<Projection> = unfolded.iter().map(|one| one.projection).collect();
        let expected: Vec<Projection> =
            Projection::ALL.into_iter().filter(|it| it.folds_attempts()).collect();
        assert_eq!(named.len(), expected.len(), "{unfolded:?}");
        for one in &unfolded {
            assert!(one.attempt_id == RUNAWAY && one.folded < one.last && one.last <= head, "{one:?}");
            check_runaway(&log, &store, one.folded);
        }
        // Every other attempt is where the checkpoint is.
        let whole = fresh(&log, head);
        let (left, right) = (store.reader().unwrap(), whole.reader().unwrap());
        right
            .attempts(&Default::default(), Order::OldestFirst, None, &mut |row| {
                if row.attempt_id != RUNAWAY {
                    assert_eq!(left.attempt(row.attempt_id).unwrap(), Some(row));
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        drop((left, right));
        bring(&log, &store, head);
        assert_eq!(store.reader().unwrap().unfolded().unwrap(), []);
        check_runaway(&log, &store, head);
        check(&log, &store, head);
    }
}

#[test]
fn a_runaway_attempt_that_grows_on_comes_forward_from_wherever_it_stands() {
    let ledger = recorded(&arrivals(ORDINARY_RECORDS_MAX + 300));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let store = empty_store();
    let mut at = Position(0);
    for stop in 1..=8 {
        let up_to = Position(head.0 * stop / 8);
        if stop % 3 == 0 {
            bring(&log, &store, up_to);
        } else {
            pass_over(&log, &store, at, up_to);
        }
        at = up_to;
    }
    bring(&log, &store, head);
    check_runaway(&log, &store, head);
    check(&log, &store, head);
}

#[test]
fn the_projector_folds_runaway_attempts_by_itself_also_when_it_is_started_again_and_again() {
    let ledger = recorded(&arrivals(ORDINARY_RECORDS_MAX + 300));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for starts in 1.. {
        let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
        let projector = Projector::start(log.clone(), models.clone(), folds()).unwrap();
        assert!(runtime.block_on(projector.reached(head, PATIENCE)));
        let is_folded = models.current().reader().unwrap().unfolded().unwrap().is_empty();
        drop(projector);
        if is_folded {
            check_runaway(&log, &models.current(), head);
            check(&log, &models.current(), head);
            break;
        }
        assert!(starts < 10_000, "the runaway attempt is never folded");
    }
}

/// The records that are read when the log is followed hook by hook.
fn read_by_following(hooks: usize) -> usize {
    // The first refusal comes early: from then on the attempt is judged by everything delivered about it.
    let ledger = recorded(&constant_attempt_id(hooks, 3));
    let counting = Arc::new(WatchedLog::over(ledger.log().clone()));
    let log: Arc<dyn EventLog> = counting.clone();
    let mut pass = Pass::new(log.clone(), empty_store(), folds(), Checkpoint::default());
    for position in 1..=log.head().0 {
        pass.run(Position(position), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    counting.records_read()
}

#[test]
fn following_an_attempt_reads_each_of_its_records_a_few_times_however_many_there_are() {
    for hooks in [200, 800] {
        let read = read_by_following(hooks);
        assert!(read <= 3 * hooks, "{read} records were read to follow {hooks} hooks");
    }
}
