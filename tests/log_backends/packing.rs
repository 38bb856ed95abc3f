//! Rotation, packing, the index, and every state that a crash between their steps leaves behind.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, Key, MemoryLog, StoredRecord};
use attempt_ledger::record::decode_frame;
use attempt_ledger_domain::{AttemptId, Position};

use super::support::{all, append_one, event, fill, open, open_unpacked, refusal_id, tiny, unread};
use crate::support::patience::until;

const SMALL: u64 = 4_000;
const ROUNDS: u32 = 6;

/// A closed log with several packed segments, and its records.
pub fn packed() -> (tempfile::TempDir, Vec<StoredRecord>) {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    fill(&log, ROUNDS);
    log.wait_until_packed().unwrap();
    let records = all(&log);
    log.close();
    (directory, records)
}

pub fn segments(directory: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory.join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(suffix))
        .collect();
    paths.sort();
    paths
}

/// The same records in memory answer as the log does, under every key.
#[track_caller]
pub fn assert_answers_like_memory(log: &EmbeddedLog) {
    let memory = MemoryLog::new();
    fill(&memory, ROUNDS);
    assert_eq!(all(&memory), all(log));
    for key in keys() {
        assert_eq!(memory.find(key).unwrap(), log.find(key).unwrap(), "{key:?}");
    }
    let refusals = |log: &dyn EventLog| log.refusals_before(Position(u64::MAX), 100).unwrap();
    assert_eq!(refusals(&memory), refusals(log));
}

pub fn keys() -> Vec<Key> {
    let mut keys = vec![Key::Queues, Key::Attempt(AttemptId(99))];
    for round in 0..ROUNDS {
        for attempt in 1..=10 {
            keys.push(Key::Attempt(AttemptId(attempt)));
        }
        keys.push(Key::Refusal(refusal_id(1_010 + u64::from(round) * 13)));
        keys.push(unread(1_010 + u64::from(round) * 13));
    }
    keys
}

#[test]
fn packed_log_answers_as_before_also_after_reopening() {
    let (directory, _) = packed();
    assert!(segments(directory.path(), ".zst").len() >= 5);
    assert_eq!(segments(directory.path(), ".ndjson").len(), 1);
    let log = open(directory.path(), SMALL).unwrap();
    assert!(!log.open_report().is_index_rebuilt);
    assert_answers_like_memory(&log);
    // The writer takes revisions from the index, too.
    append_one(&log, event(1, ROUNDS, 9_000));
}

#[test]
fn packed_segment_decompresses_to_the_lines_that_were_written() {
    let (directory, records) = packed();
    let mut next = 1;
    for path in segments(directory.path(), ".zst") {
        let mut text = String::new();
        let file = fs::File::open(path).unwrap();
        zstd::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let frame = decode_frame(line.as_bytes()).unwrap();
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["position"], next);
            assert_eq!(&line.as_bytes()[frame.leaf], &records[next - 1].leaf);
            next += 1;
        }
    }
    assert!(next > records.len() / 2);
}

#[test]
fn scan_visits_every_record_once_and_stops_when_told() {
    let (directory, records) = packed();
    let log = open(directory.path(), SMALL).unwrap();
    let mut seen = 0;
    log.scan(Position(5), |record| {
        let expected = &records[record.position.0 as usize - 1];
        assert_eq!((record.leaf, record.opening), (&expected.leaf[..], &expected.opening[..]));
        seen += 1;
        if record.position == Position(40) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(seen, 35);
}

#[test]
fn deleted_index_comes_back_with_the_same_answers() {
    let (directory, _) = packed();
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    assert!(log.open_report().is_index_rebuilt);
    assert_answers_like_memory(&log);
}

#[test]
fn index_of_another_log_is_replaced() {
    let (directory, _) = packed();
    let other = tempfile::tempdir().unwrap();
    let log = open(other.path(), SMALL).unwrap();
    // Less than this log has: otherwise it could be of a later state of this one, which is refused.
    for number in 0..70 {
        append_one(&log, event(number as i64, 0, number));
    }
    log.wait_until_packed().unwrap();
    log.close();
    fs::remove_dir_all(directory.path().join("index")).unwrap();
    fs::rename(other.path().join("index"), directory.path().join("index")).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    assert!(log.open_report().is_index_rebuilt);
    assert_answers_like_memory(&log);
}

#[test]
fn index_that_lags_behind_is_extended() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    fill(&log, ROUNDS - 3);
    log.wait_until_packed().unwrap();
    log.close();
    let (index, kept) = (directory.path().join("index"), directory.path().join("kept"));
    copy(&index, &kept);
    let log = open(directory.path(), SMALL).unwrap();
    fill(&log, 3);
    log.wait_until_packed().unwrap();
    log.close();
    fs::remove_dir_all(&index).unwrap();
    fs::rename(&kept, &index).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    assert!(!log.open_report().is_index_rebuilt);
    assert!(log.open_report().segments_indexed > 0);
    assert_answers_like_memory(&log);
}

/// A crash after the renaming and before the removal leaves both forms, indexed or not.
#[test]
fn segment_in_both_forms_opens_as_the_packed_one() {
    for is_indexed in [true, false] {
        let (directory, _) = packed();
        let packed = segments(directory.path(), ".zst").pop().unwrap();
        let plain = packed.with_extension("");
        fs::write(&plain, decompressed(&packed)).unwrap();
        if !is_indexed {
            fs::remove_dir_all(directory.path().join("index")).unwrap();
        }
        let log = open(directory.path(), SMALL).unwrap();
        assert!(!plain.exists());
        assert_answers_like_memory(&log);
    }
}

#[test]
fn damaged_packed_copy_gives_way_to_the_plain_one() {
    let (directory, _) = packed();
    let packed = segments(directory.path(), ".zst").pop().unwrap();
    fs::write(packed.with_extension(""), decompressed(&packed)).unwrap();
    let mut bytes = fs::read(&packed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&packed, bytes).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    log.wait_until_packed().unwrap();
    assert_answers_like_memory(&log);
    assert!(packed.exists());
}

#[test]
fn unfinished_packed_file_is_removed_and_made_anew() {
    let (directory, _) = packed();
    let packed = segments(directory.path(), ".zst").pop().unwrap();
    fs::write(packed.with_extension(""), decompressed(&packed)).unwrap();
    let unfinished = packed.with_extension("zst.tmp");
    fs::rename(&packed, &unfinished).unwrap();
    // The index knows the segment already: the worst order of events.
    let log = open(directory.path(), SMALL).unwrap();
    log.wait_until_packed().unwrap();
    assert!(!unfinished.exists() && packed.exists());
    assert_answers_like_memory(&log);
}

#[test]
fn reads_during_packing_never_miss_or_repeat_a_record() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| fill(&log, 30));
        let mut rounds = 0;
        while !writer.is_finished() || rounds == 0 {
            let head = log.head();
            let found = log.find(Key::Attempt(AttemptId(3))).unwrap();
            assert!(found.is_sorted() && found.windows(2).all(|pair| pair[0] != pair[1]));
            // Events, refusals and decisions of attempt 3: three in each whole round.
            let whole_rounds = head.0 as usize / 13;
            assert!(found.len() >= whole_rounds * 3, "{} of {head} records", found.len());
            let records = log.read(&found).unwrap();
            assert_eq!(records.len(), found.len());
            rounds += 1;
        }
    });
    log.wait_until_packed().unwrap();
    assert_eq!(all(&log).len(), 30 * 13);
}

#[test]
fn unpacked_log_stays_plain() {
    let directory = tempfile::tempdir().unwrap();
    let log = open_unpacked(directory.path(), SMALL).unwrap();
    fill(&log, ROUNDS);
    log.wait_until_packed().unwrap();
    assert!(segments(directory.path(), ".zst").is_empty());
    assert!(segments(directory.path(), ".ndjson").len() > 5);
    assert_answers_like_memory(&log);
}

fn decompressed(path: &Path) -> Vec<u8> {
    zstd::decode_all(fs::File::open(path).unwrap()).unwrap()
}

/// Copies a directory, also one whose log is open: what is renamed meanwhile is passed over, as if the
/// process had been killed before it was there.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "jnl") {
            // fjall's journal: never written by this log, but large.
            let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            fs::File::create(&target).unwrap().set_len(length).unwrap();
        } else if let Err(error) = fs::copy(&path, &target) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{}: {error}", path.display());
        }
    }
}

#[test]
fn rot_in_a_sealed_segment_that_nobody_reads_is_found_by_reading_it() {
    let (directory, _) = packed();
    let victim = segments(directory.path(), ".zst").swap_remove(1);
    let mut bytes = fs::read(&victim).unwrap();
    bytes[100] ^= 1;
    fs::write(&victim, bytes).unwrap();
    let options = EmbeddedOptions { scrub_interval: Duration::from_millis(10), ..tiny(SMALL) };
    let log = EmbeddedLog::open(directory.path(), &options).unwrap();
    let damage = until(
        || "the damage is not known",
        || Some(log.segment_damage()).filter(|damage| !damage.is_empty()),
    );
    assert!(matches!(&damage[..], [one] if one.contains(victim.to_str().unwrap())), "{damage:?}");
}
