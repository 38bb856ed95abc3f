//! Events that are found by what repeats them, whatever becomes of the index.

use std::fs;

use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger_domain::Position;

use super::packing::segments;
use super::support::{append_one, event, open, open_unpacked, recorded};

const SMALL: u64 = 3_000;
const EVENTS: u32 = 40;
/// What the first event's body has for a number.
const FIRST: u64 = 100;

fn fill(log: &dyn EventLog) {
    for after in 0..EVENTS {
        append_one(log, event(1, after, FIRST + u64::from(after)));
    }
}

#[track_caller]
fn assert_found(log: &dyn EventLog) {
    for number in 0..u64::from(EVENTS) {
        let found = log.find(recorded(1, FIRST + number)).unwrap();
        // Memory never forgets the first ones.
        let expected = if number < 16 { vec![] } else { vec![Position(number + 1)] };
        assert_eq!(found, expected, "event {number}");
        assert!(log.find(recorded(2, FIRST + number)).unwrap().is_empty(), "it is of another attempt");
    }
}

#[test]
fn an_event_that_is_none_of_the_first_is_found_by_what_repeats_it() {
    let memory = MemoryLog::new();
    fill(&memory);
    assert_found(&memory);
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    fill(&log);
    assert_found(&log);
    log.wait_until_packed().unwrap();
    assert!(segments(directory.path(), ".zst").len() > 3);
    assert_found(&log);
}

#[test]
fn a_removed_index_finds_them_again_once_it_is_rebuilt_and_before() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    fill(&log);
    log.wait_until_packed().unwrap();
    log.close();
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    assert_found(&log);
    log.wait_until_packed().unwrap();
    assert_found(&log);
}

#[test]
fn full_segments_that_are_opened_by_their_keys_files_find_them() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_unpacked(directory.path(), SMALL).unwrap();
    fill(&log);
    log.wait_until_packed().unwrap();
    log.close();
    assert!(segments(directory.path(), ".keys").len() > 3);
    assert_found(&open_unpacked(directory.path(), SMALL).unwrap());
}
