//! Opening after a kill reads the active segment, and of full ones what their keys files hold. Those are
//! derived: nothing that is wrong with them, or hidden behind them, makes an answer wrong.

use std::fs;
use std::path::{Path, PathBuf};

use attempt_ledger::log::{EmbeddedLog, EventLog, Key, OpenError, ReadError};
use attempt_ledger_domain::{AttemptId, Position};

use super::packing::{assert_answers_like_memory, copy, segments};
use super::support::{all, append_one, event, fill, fill_after, open, open_unpacked};

const SMALL: u64 = 4_000;
const ROUNDS: u32 = 6;

/// Opens a log that is never packed.
fn open_plain(directory: &Path) -> EmbeddedLog {
    open_unpacked(directory, SMALL).unwrap()
}

/// The directory of a log with many full segments that are not packed, after a kill.
fn killed() -> tempfile::TempDir {
    let (directory, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_plain(directory.path());
    fill(&log, ROUNDS);
    log.wait_until_idle().unwrap();
    copy(directory.path(), killed.path());
    assert!(segments(killed.path(), ".ndjson").len() > 5);
    killed
}

/// Records in a segment.
fn lines(segment: &Path) -> u64 {
    fs::read(segment).unwrap().iter().filter(|byte| **byte == b'\n').count() as u64
}

fn active(directory: &Path) -> PathBuf {
    segments(directory, ".ndjson").pop().unwrap()
}

#[test]
fn opening_after_a_kill_reads_only_the_active_segment() {
    let directory = killed();
    let log = open_plain(directory.path());
    assert_eq!(log.open_report().records_scanned, lines(&active(directory.path())));
    assert_eq!(log.open_report().index_fault, None);
    assert_answers_like_memory(&log);
    // The writer takes revisions from the keys files, too.
    append_one(&log, event(1, ROUNDS, 9_000));
}

#[test]
fn a_process_killed_again_and_again_before_it_can_pack_reads_each_full_segment_once_at_most() {
    let directory = tempfile::tempdir().unwrap();
    let mut read = 0;
    let mut life = directory.path().to_owned();
    let mut lives = Vec::new();
    for round in 0..ROUNDS {
        let next = tempfile::tempdir().unwrap();
        let log = open_plain(&life);
        read += log.open_report().records_scanned;
        fill(&log, 1);
        // No wait: the kill comes whenever it comes.
        copy(&life, next.path());
        drop(log);
        life = next.path().to_owned();
        lives.push(next);
        // Killed once more before it has served: each opening leaves the next one less to read.
        drop(open_plain(&life));
        let log = open_plain(&life);
        assert_eq!(log.open_report().records_scanned, lines(&active(&life)), "round {round}");
    }
    let log = open_plain(&life);
    assert!(segments(&life, ".ndjson").len() > 5);
    assert!(read <= log.head().0 + u64::from(ROUNDS) * 3, "{read} records of {} were read", log.head());
    assert_answers_like_memory(&log);
}

/// Puts a keys file in the place of another one, opens the log, and expects every answer to be as before.
fn assert_not_believed(what: &str, content: Option<Vec<u8>>) {
    let directory = killed();
    let second = segments(directory.path(), ".keys").swap_remove(1);
    let whole = fs::read(&second).unwrap();
    match &content {
        Some(content) => fs::write(&second, content).unwrap(),
        None => fs::remove_file(&second).unwrap(),
    }
    let log = open_plain(directory.path());
    let read = lines(&second.with_extension("ndjson")) + lines(&active(directory.path()));
    assert_eq!(log.open_report().records_scanned, read, "{what}");
    let fault = log.open_report().index_fault.clone();
    let is_named = fault.is_some_and(|fault| fault.contains(second.to_str().unwrap()));
    assert_eq!(is_named, content.is_some(), "{what}");
    assert_answers_like_memory(&log);
    assert_eq!(fs::read(&second).unwrap(), whole, "{what}: it is made again");
}

#[test]
fn a_keys_file_that_is_missing_damaged_older_foreign_or_swapped_costs_time_and_no_answer() {
    let original = killed();
    let keys = segments(original.path(), ".keys");
    let second = fs::read(&keys[1]).unwrap();
    assert_not_believed("missing", None);
    assert_not_believed("empty", Some(Vec::new()));
    assert_not_believed("cut", Some(second[..second.len() / 2].to_vec()));
    assert_not_believed("swapped", Some(fs::read(&keys[0]).unwrap()));
    for at in (0..second.len()).step_by(37) {
        let mut flipped = second.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_not_believed("flipped", Some(flipped));
    }
    // Another ledger's segment at the same position, with as many records of the same length.
    let other = tempfile::tempdir().unwrap();
    let log = open_plain(other.path());
    fill_after(&log, event(1, 0, 7_777), ROUNDS);
    log.wait_until_idle().unwrap();
    let theirs = segments(other.path(), ".keys").swap_remove(0);
    assert_not_believed("of another place", Some(fs::read(theirs).unwrap()));
}

#[test]
fn a_keys_file_of_another_history_with_equal_positions_and_lengths_is_not_believed() {
    let histories = [1_000, 2_000].map(|number| {
        let directory = tempfile::tempdir().unwrap();
        let log = open_plain(directory.path());
        for attempt in 0..20 {
            append_one(&log, event(attempt + number, 0, number as u64));
        }
        log.wait_until_idle().unwrap();
        log.close();
        directory
    });
    let [ours, theirs] = &histories;
    let keys = segments(ours.path(), ".keys");
    let length = |path: &Path| fs::metadata(path.with_extension("ndjson")).unwrap().len();
    for (ours, theirs) in keys.iter().zip(segments(theirs.path(), ".keys")) {
        assert_eq!(length(ours), length(&theirs), "only the contents differ");
        fs::copy(theirs, ours).unwrap();
    }
    let log = open_plain(ours.path());
    assert_eq!(log.open_report().records_scanned, 20);
    for attempt in 0..20 {
        assert_eq!(log.find(Key::Attempt(AttemptId(attempt + 1_000))).unwrap().len(), 1);
        assert_eq!(log.find(Key::Attempt(AttemptId(attempt + 2_000))).unwrap(), []);
    }
}

/// Flips a bit of the second full segment, in the middle of one of its records. Returns the file.
fn rot(directory: &Path) -> PathBuf {
    let second = segments(directory, ".ndjson").swap_remove(1);
    let mut bytes = fs::read(&second).unwrap();
    bytes[300] ^= 1;
    fs::write(&second, bytes).unwrap();
    second
}

#[test]
fn a_rotten_record_behind_a_keys_file_is_refused_by_name_and_every_other_record_is_served() {
    let directory = killed();
    let expected = all(&open_plain(directory.path()));
    let second = rot(directory.path());
    let log = open_plain(directory.path());
    let mut refused = Vec::new();
    for (at, record) in expected.iter().enumerate() {
        let position = Position(at as u64 + 1);
        match log.read(&[position]) {
            Ok(read) => assert_eq!(read.as_slice(), std::slice::from_ref(record)),
            Err(ReadError::Damaged { file, .. }) => {
                assert_eq!(Path::new(&file), second);
                refused.push(position);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(refused.len(), 1);
    assert!(matches!(log.check_index(), Err(ReadError::Damaged { .. })), "verify reads what opening did not");
    append_one(&log, event(99, 0, 9_000));
}

#[test]
fn rot_behind_a_keys_file_is_found_in_the_background_and_named_whether_segments_are_packed_or_not() {
    for is_packing in [true, false] {
        let directory = killed();
        let second = rot(directory.path());
        let log = match is_packing {
            true => open(directory.path(), SMALL).unwrap(),
            false => open_plain(directory.path()),
        };
        let idle = log.wait_until_idle();
        let damage = log.segment_damage();
        assert!(matches!(&damage[..], [one] if one.contains(second.to_str().unwrap())), "{damage:?}");
        assert_eq!(idle.is_err(), is_packing, "what cannot be packed is said to whoever waits for it");
        assert!(second.exists() && !second.with_extension("ndjson.zst").exists());
    }
}

#[test]
fn rot_without_a_keys_file_is_refused_by_name_when_the_log_is_opened() {
    let directory = killed();
    let second = rot(directory.path());
    fs::remove_file(second.with_extension("keys")).unwrap();
    match open(directory.path(), SMALL) {
        Err(OpenError::Damaged { file, .. }) => assert_eq!(file, second),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_segment_that_is_cut_or_grown_behind_its_keys_file_is_refused_by_name() {
    for change in [-1, 1] {
        let directory = killed();
        let second = segments(directory.path(), ".ndjson").swap_remove(1);
        let file = fs::File::options().write(true).open(&second).unwrap();
        let length = file.metadata().unwrap().len().checked_add_signed(change).unwrap();
        file.set_len(length).unwrap();
        match open(directory.path(), SMALL) {
            Err(OpenError::Damaged { file, .. }) => assert_eq!(file, second),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn packed_segments_have_no_keys_files_and_those_left_over_are_removed() {
    let directory = killed();
    let keys = segments(directory.path(), ".keys");
    let left = fs::read(&keys[0]).unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    log.wait_until_idle().unwrap();
    assert_answers_like_memory(&log);
    log.check_index().unwrap();
    log.close();
    assert_eq!(segments(directory.path(), ".keys"), [] as [PathBuf; 0]);
    // As kills between the steps leave them.
    fs::write(&keys[0], left).unwrap();
    fs::write(keys[1].with_extension("keys.tmp"), b"half").unwrap();
    fs::write(active(directory.path()).with_extension("keys"), b"of a longer past").unwrap();
    open(directory.path(), SMALL).unwrap();
    assert_eq!(segments(directory.path(), ".keys"), [] as [PathBuf; 0]);
    assert_eq!(segments(directory.path(), ".tmp"), [] as [PathBuf; 0]);
}

#[test]
fn a_log_that_ends_before_what_a_keys_file_has_seen_is_refused_by_name() {
    let directory = killed();
    let plain = segments(directory.path(), ".ndjson");
    fs::remove_file(directory.path().join("log/DURABLE")).unwrap();
    let [.., full, active] = &plain[..] else { panic!("{plain:?}") };
    fs::remove_file(active).unwrap();
    let (content, before) = (fs::read(full).unwrap(), lines(full));
    let cut = content[..content.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(full, &content[..cut]).unwrap();
    assert!(before > lines(full));
    match open(directory.path(), SMALL) {
        Err(OpenError::Damaged { file, .. }) => assert_eq!(file, *full),
        other => panic!("{other:?}"),
    }
    fs::remove_file(full).unwrap();
    match open(directory.path(), SMALL) {
        Err(OpenError::Missing { file, .. }) => assert_eq!(file, *full),
        other => panic!("{other:?}"),
    }
    assert!(full.with_extension("keys").exists(), "what knows more than the log is not deleted");
}
