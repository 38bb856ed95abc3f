//! The same calls on both backends: same positions, same conflicts, same answers.

use std::collections::HashMap;

use attempt_ledger::log::{AppendError, EmbeddedLog, EventLog, Expected, Key, MemoryLog, StreamAppend};
use attempt_ledger_domain::{AttemptId, Position, Revision};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::support::{
    all, append, append_one, decision, event, fill, observation, observed, open, queue, recorded, refusal,
    refusal_again, refusal_id, unread,
};

/// Runs a claim on every backend.
fn on_each(claim: impl Fn(&dyn EventLog)) {
    claim(&MemoryLog::new());
    let directory = tempfile::tempdir().unwrap();
    claim(&open(directory.path(), 1 << 20).unwrap());
    let directory = tempfile::tempdir().unwrap();
    claim(&open(directory.path(), 3_000).unwrap());
}

#[test]
fn positions_count_from_one_without_a_gap() {
    on_each(|log| {
        assert_eq!(log.head(), Position(0));
        assert_eq!(append_one(log, event(1, 0, 0)), [Position(1)]);
        let answers = append(log, vec![event(2, 0, 1), refusal(2, 2), event(1, 1, 3)]);
        let positions: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().positions).collect();
        assert_eq!(positions, [[Position(2)], [Position(3)], [Position(4)]]);
        assert_eq!(log.head(), Position(4));
        assert_eq!(*log.subscribe().borrow(), Position(4));
    });
}

#[test]
fn second_writer_of_a_revision_is_told_the_current_one_and_nothing_of_its_batch_is_lost() {
    on_each(|log| {
        append_one(log, event(1, 0, 0));
        let answers = append(log, vec![event(1, 0, 1), event(2, 0, 2), event(1, 5, 3)]);
        let conflict = |expected| AppendError::Conflict {
            stream: event(1, 0, 0).stream,
            expected: Revision(expected),
            current: Revision(1),
        };
        assert_eq!(answers[0], Err(conflict(0)));
        assert_eq!(answers[1].as_ref().unwrap().positions, [Position(2)]);
        assert_eq!(answers[2], Err(conflict(5)));
        assert_eq!(log.head(), Position(2));
    });
}

#[test]
fn append_sees_the_one_before_it_in_the_same_batch() {
    on_each(|log| {
        let answers = append(log, vec![event(1, 0, 0), event(1, 1, 1), event(1, 1, 2)]);
        assert!(answers[0].is_ok() && answers[1].is_ok());
        assert!(matches!(answers[2], Err(AppendError::Conflict { current: Revision(2), .. })));
    });
}

#[test]
fn several_records_of_one_stream_are_appended_together() {
    on_each(|log| {
        let mut both = event(1, 0, 0);
        both.records.extend(event(1, 1, 1).records);
        assert_eq!(append_one(log, both), [Position(1), Position(2)]);
        append_one(log, event(1, 2, 2));
    });
}

#[test]
fn refusals_have_no_revision_and_do_not_move_the_attempts() {
    on_each(|log| {
        append_one(log, event(1, 0, 0));
        append_one(log, refusal(1, 1));
        append_one(log, refusal(1, 2));
        append_one(log, decision(1, 3, 1));
        append_one(log, event(1, 1, 4));
    });
}

#[test]
fn queue_definitions_have_revisions_of_their_own() {
    on_each(|log| {
        append_one(log, queue(7, 0, 0));
        append_one(log, queue(8, 0, 1));
        append_one(log, queue(7, 1, 2));
        let answer = append(log, vec![queue(7, 1, 3)]).remove(0);
        assert!(matches!(answer, Err(AppendError::Conflict { current: Revision(2), .. })));
        assert_eq!(log.find(Key::Queues).unwrap(), [Position(1), Position(2), Position(3)]);
    });
}

#[test]
fn records_are_found_under_each_of_their_keys() {
    on_each(|log| {
        append_one(log, event(1, 0, 0));
        append_one(log, event(2, 0, 1));
        append_one(log, refusal(1, 2));
        append_one(log, decision(1, 3, 2));
        append_one(log, event(1, 1, 4));
        let found = |key| log.find(key).unwrap().iter().map(|found| found.0).collect::<Vec<_>>();
        assert_eq!(found(Key::Attempt(AttemptId(1))), [1, 3, 4, 5]);
        assert_eq!(found(Key::Attempt(AttemptId(2))), [2]);
        assert!(found(Key::Attempt(AttemptId(3))).is_empty());
        assert_eq!(found(Key::Refusal(refusal_id(2))), [3, 4]);
        append_one(log, refusal_again(2, 6, 2));
        assert_eq!(found(unread(2)), [3, 6], "what was refused twice is found twice");
        assert!(found(unread(4)).is_empty(), "events and decisions are not refused");
        let refusals = log.refusals_before(Position(u64::MAX), 10).unwrap();
        assert_eq!(refusals, [Position(6), Position(3)], "decisions are not refusals");
    });
}

#[test]
fn observations_have_no_revision_and_are_found_under_their_attempt_and_their_identity() {
    on_each(|log| {
        append_one(log, event(1, 0, 0));
        append_one(log, observation(1, 1));
        append_one(log, observation(2, 1));
        append_one(log, event(1, 1, 2));
        append_one(log, observation(1, 1));
        append_one(log, event(2, 0, 3));
        let found = |key| log.find(key).unwrap().iter().map(|found| found.0).collect::<Vec<_>>();
        assert_eq!(found(Key::Attempt(AttemptId(1))), [1, 2, 4, 5]);
        assert_eq!(found(observed(1, 1)), [2, 5], "what was observed twice is found twice");
        assert_eq!((found(observed(2, 1)), found(observed(2, 3))), (vec![3], vec![]));
        assert!(log.refusals_before(Position(u64::MAX), 10).unwrap().is_empty());
    });
}

#[test]
fn refusals_come_newest_first_below_a_position() {
    on_each(|log| {
        for number in 0..20 {
            append_one(log, refusal(1, number * 2));
            append_one(log, event(1, number as u32, number * 2 + 1));
        }
        let numbers = |before, limit| {
            let found = log.refusals_before(Position(before), limit).unwrap();
            found.iter().map(|found| found.0).collect::<Vec<_>>()
        };
        assert_eq!(numbers(u64::MAX, 3), [39, 37, 35]);
        assert_eq!(numbers(35, 2), [33, 31]);
        assert_eq!(numbers(36, 1), [35]);
        assert_eq!(numbers(4, 10), [3, 1]);
        assert!(numbers(1, 10).is_empty());
        assert!(numbers(0, 10).is_empty());
    });
}

#[test]
fn reads_give_exactly_the_bytes_that_were_appended() {
    on_each(|log| {
        let appended: Vec<_> = (0..30).map(|number| event(number, 0, number as u64)).collect();
        for one in appended.clone() {
            append_one(log, one);
        }
        let is_same = |stored: &attempt_ledger::log::StoredRecord, append: &StreamAppend| {
            stored.leaf == append.records[0].leaf_bytes && stored.opening == append.records[0].opening_bytes
        };
        let everything = all(log);
        assert!(everything.iter().zip(&appended).all(|(stored, append)| is_same(stored, append)));
        assert_eq!(log.read_after(Position(7), 3).unwrap(), everything[7..10]);
        assert_eq!(log.read_after(Position(28), 10).unwrap(), everything[28..]);
        assert_eq!(log.read_after(Position(30), 10).unwrap(), []);
        assert_eq!(log.read_after(Position(3), 0).unwrap(), []);
        let some = log.read(&[Position(30), Position(1), Position(2), Position(2)]).unwrap();
        let expected = [&everything[29], &everything[0], &everything[1], &everything[1]];
        assert!(some.iter().eq(expected));
        assert!(log.read(&[Position(31)]).is_err());
        assert!(log.read(&[Position(0)]).is_err());
    });
}

/// Random appends, right and wrong, on both backends, with the embedded one reopened now and then.
#[test]
fn both_backends_answer_alike_whatever_is_asked() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| rand::rng().next_u64());
    println!("SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let memory = MemoryLog::new();
    let directory = tempfile::tempdir().unwrap();
    let mut embedded = open(directory.path(), 8_000).unwrap();
    let mut heads = HashMap::new();
    for step in 0..150_u64 {
        let batch: Vec<_> = (0..random.random_range(1..5_u64))
            .map(|at| any_append(&mut random, &mut heads, step * 10 + at))
            .collect();
        assert_eq!(append(&memory, batch.clone()), append(&embedded, batch), "step {step}");
        if random.random_bool(0.05) {
            embedded.close();
            embedded = open(directory.path(), 8_000).unwrap();
        }
        compare(&memory, &embedded, &mut random);
    }
    embedded.wait_until_packed().unwrap();
    assert_eq!(all(&memory), all(&embedded));
}

fn any_append(random: &mut ChaCha8Rng, heads: &mut HashMap<i64, u32>, number: u64) -> StreamAppend {
    let id = random.random_range(0..6_i64);
    let head = heads.entry(id).or_default();
    match random.random_range(0..10) {
        0 => refusal(id, number),
        1 => decision(id, number, number / 2),
        2 => queue(id, random.random_range(0..3), number),
        3 => event(id, random.random_range(0..=*head + 1), number),
        4 => observation(id, number),
        _ => {
            let mut append = event(id, *head, number);
            if random.random_bool(0.1) {
                append.expected = Expected::Any;
            }
            *head += 1;
            append
        }
    }
}

fn compare(memory: &MemoryLog, embedded: &EmbeddedLog, random: &mut ChaCha8Rng) {
    assert_eq!(memory.head(), embedded.head());
    let position = Position(random.random_range(0..=memory.head().0));
    let keys = [
        Key::Attempt(AttemptId(random.random_range(0..7))),
        Key::Refusal(refusal_id(random.random_range(0..700))),
        unread(random.random_range(0..700)),
        observed(random.random_range(0..7), random.random_range(0..700)),
        Key::Queues,
    ];
    let recorded = (0..6).map(|attempt| recorded(attempt, random.random_range(700..1_500)));
    for key in keys.into_iter().chain(recorded) {
        assert_eq!(memory.find(key).unwrap(), embedded.find(key).unwrap(), "{key:?}");
    }
    let limit = random.random_range(0..20);
    let refusals = |log: &dyn EventLog| log.refusals_before(position, limit).unwrap();
    assert_eq!(refusals(memory), refusals(embedded));
    let after = |log: &dyn EventLog| log.read_after(position, limit).unwrap();
    assert_eq!(after(memory), after(embedded));
}

#[test]
fn head_moves_for_those_who_follow_it() {
    on_each(|log| {
        let mut head = log.subscribe();
        assert!(!head.has_changed().unwrap());
        fill(log, 1);
        assert!(head.has_changed().unwrap());
        assert_eq!(*head.borrow_and_update(), Position(13));
    });
}

#[test]
fn each_of_many_concurrent_callers_wins_exactly_one_revision() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), 8_000).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..8_u64 {
            let log = &log;
            scope.spawn(move || {
                let mut revision = 0;
                let mut wins = 0;
                while wins < 20 {
                    let number = caller * 1_000_000 + u64::from(revision);
                    match append(log, vec![event(1, revision, number)]).remove(0) {
                        Ok(_) => {
                            wins += 1;
                            revision += 1;
                        }
                        Err(AppendError::Conflict { current, .. }) => revision = current.0,
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(log.head(), Position(160));
    let revisions: Vec<_> = all(&log)
        .iter()
        .map(|stored| attempt_ledger::record::Leaf::parse(&stored.leaf).unwrap().revision.unwrap().0)
        .collect();
    assert_eq!(revisions, (1..=160).collect::<Vec<_>>());
}
