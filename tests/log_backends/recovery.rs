//! Opening after every kind of end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use attempt_ledger::log::{EmbeddedLog, EventLog, Key, OpenError};
use attempt_ledger_domain::{AttemptId, Position};

use super::support::{all, append_one, event, fill, open};
use crate::support::processes::output;

const LARGE: u64 = 1 << 20;

fn segment(directory: &Path) -> PathBuf {
    directory.join("log/00000000000000000001.ndjson")
}

fn durable(directory: &Path) -> PathBuf {
    directory.join("log/DURABLE")
}

/// A closed log of `records` events of as many attempts.
fn closed(records: u64) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), LARGE).unwrap();
    for number in 0..records {
        append_one(&log, event(number as i64, 0, number));
    }
    log.close();
    directory
}

fn append_bytes(path: &Path, bytes: &[u8]) {
    let mut all = fs::read(path).unwrap();
    all.extend_from_slice(bytes);
    fs::write(path, all).unwrap();
}

/// The segment's bytes and where its last record starts.
fn last_record(directory: &Path) -> (Vec<u8>, usize) {
    let bytes = fs::read(segment(directory)).unwrap();
    let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    (bytes, start)
}

#[track_caller]
fn assert_damaged(directory: &Path, file: &Path, at: u64) {
    match open(directory, LARGE) {
        Err(OpenError::Damaged { file: named, offset, .. }) => {
            assert_eq!((named.as_path(), offset), (file, at));
        }
        other => panic!("opened: {other:?}"),
    }
}

#[test]
fn closed_log_opens_with_every_record_and_goes_on() {
    let directory = closed(5);
    let log = open(directory.path(), LARGE).unwrap();
    assert_eq!(log.open_report().records, 5);
    assert_eq!(log.open_report().dropped, None);
    assert_eq!(log.head(), Position(5));
    assert_eq!(log.find(Key::Attempt(AttemptId(4))).unwrap(), [Position(5)]);
    assert_eq!(append_one(&log, event(4, 1, 9)), [Position(6)]);
}

#[test]
fn acknowledged_record_cut_at_any_byte_is_missed() {
    let directory = closed(3);
    let (bytes, start) = last_record(directory.path());
    for length in start..bytes.len() {
        fs::write(segment(directory.path()), &bytes[..length]).unwrap();
        assert_damaged(directory.path(), &segment(directory.path()), start as u64);
    }
}

#[test]
fn unacknowledged_record_cut_at_any_byte_is_dropped_and_reported() {
    let directory = closed(2);
    let mark = fs::read(durable(directory.path())).unwrap();
    let log = open(directory.path(), LARGE).unwrap();
    append_one(&log, event(9, 0, 2));
    log.close();
    let (bytes, start) = last_record(directory.path());
    for length in start + 1..bytes.len() {
        fs::write(segment(directory.path()), &bytes[..length]).unwrap();
        fs::write(durable(directory.path()), &mark).unwrap();
        let log = open(directory.path(), LARGE).unwrap();
        let dropped = log.open_report().dropped.clone().unwrap();
        assert_eq!(dropped.file, segment(directory.path()));
        assert_eq!((dropped.offset, dropped.bytes), (start as u64, (length - start) as u64));
        assert_eq!(log.head(), Position(2));
        assert_eq!(all(&log).len(), 2);
        log.close();
        assert_eq!(fs::read(segment(directory.path())).unwrap(), bytes[..start]);
    }
}

#[test]
fn whole_record_that_nobody_was_told_of_is_kept() {
    let directory = closed(2);
    let mark = fs::read(durable(directory.path())).unwrap();
    let log = open(directory.path(), LARGE).unwrap();
    append_one(&log, event(9, 0, 2));
    log.close();
    fs::write(durable(directory.path()), mark).unwrap();
    assert_eq!(open(directory.path(), LARGE).unwrap().head(), Position(3));
}

#[test]
fn garbage_behind_the_last_record_is_dropped() {
    let directory = closed(3);
    let before = fs::read(segment(directory.path())).unwrap();
    let (_, start) = last_record(directory.path());
    let again = before[start..].to_vec();
    for tail in [&b"garbage"[..], b"garbage\n", b"\n", &[0; 5000], b"{\"crc32c\":\"", &again] {
        append_bytes(&segment(directory.path()), tail);
        let log = open(directory.path(), LARGE).unwrap();
        assert_eq!(log.open_report().dropped.as_ref().unwrap().bytes, tail.len() as u64);
        assert_eq!(log.head(), Position(3));
        log.close();
        assert_eq!(fs::read(segment(directory.path())).unwrap(), before);
    }
}

#[test]
fn without_a_watermark_a_torn_tail_is_dropped_but_rot_is_refused() {
    let directory = closed(3);
    let (bytes, start) = last_record(directory.path());
    let reset = |bytes: &[u8]| {
        fs::write(segment(directory.path()), bytes).unwrap();
        fs::remove_file(durable(directory.path())).unwrap();
    };
    reset(&bytes[..bytes.len() - 10]);
    assert_eq!(open(directory.path(), LARGE).unwrap().head(), Position(2));
    let mut rotten = bytes.clone();
    rotten[start + 200] ^= 1;
    reset(&rotten);
    assert_damaged(directory.path(), &segment(directory.path()), start as u64);
}

#[test]
fn rot_before_an_intact_record_is_never_taken_for_a_torn_tail() {
    let directory = closed(3);
    let (bytes, start) = last_record(directory.path());
    let second = bytes[..start - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for at in [second + 100, start - 1] {
        let mut rotten = bytes.clone();
        rotten[at] ^= 1;
        fs::write(segment(directory.path()), rotten).unwrap();
        let _ = fs::remove_file(durable(directory.path()));
        assert_damaged(directory.path(), &segment(directory.path()), second as u64);
    }
}

/// A power cut in the middle of a large group: its first sectors are lost, later ones are there.
#[test]
fn group_with_lost_sectors_is_dropped_when_it_was_not_acknowledged() {
    let directory = closed(2);
    let mark = fs::read(durable(directory.path())).unwrap();
    let durable_bytes = fs::read(segment(directory.path())).unwrap().len();
    let log = open(directory.path(), LARGE).unwrap();
    for number in 10..20 {
        append_one(&log, event(number as i64, 0, number));
    }
    log.close();
    let mut bytes = fs::read(segment(directory.path())).unwrap();
    bytes[2048..4096].fill(0);
    fs::write(segment(directory.path()), &bytes).unwrap();
    assert!(matches!(open(directory.path(), LARGE), Err(OpenError::Damaged { .. })));
    fs::write(durable(directory.path()), mark).unwrap();
    let log = open(directory.path(), LARGE).unwrap();
    let dropped = log.open_report().dropped.clone().unwrap();
    assert!(dropped.offset as usize >= durable_bytes && dropped.offset <= 2048);
    assert!(log.head() >= Position(2));
}

#[test]
fn missing_segment_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), 2_000).unwrap();
    fill(&log, 2);
    log.wait_until_packed().unwrap();
    log.close();
    let mut names: Vec<_> = fs::read_dir(directory.path().join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains(".ndjson"))
        .collect();
    names.sort();
    for path in [&names[0], &names[3], names.last().unwrap()] {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        match open(directory.path(), 2_000) {
            Err(OpenError::Missing { file, .. }) => {
                let stem = |path: &Path| path.to_str().unwrap().split(".ndjson").next().unwrap().to_owned();
                assert_eq!(stem(&file), stem(path));
            }
            other => panic!("{other:?}"),
        }
        fs::write(path, bytes).unwrap();
        open(directory.path(), 2_000).unwrap();
    }
}

#[test]
fn second_process_is_kept_out() {
    let directory = closed(1);
    let log = open(directory.path(), LARGE).unwrap();
    assert!(matches!(open(directory.path(), LARGE), Err(OpenError::InUse { .. })));
    log.close();
    open(directory.path(), LARGE).unwrap();
}

#[test]
fn later_format_is_refused_and_a_missing_one_is_written_again() {
    let directory = closed(1);
    let path = directory.path().join("FORMAT");
    let ours = fs::read(&path).unwrap();
    fs::write(&path, b"{\"format\":2}\n").unwrap();
    assert!(matches!(open(directory.path(), LARGE), Err(OpenError::Newer { found: 2, .. })));
    fs::remove_file(&path).unwrap();
    open(directory.path(), LARGE).unwrap();
    assert_eq!(fs::read(&path).unwrap(), ours);
}

#[test]
fn a_log_opens_again_at_once_while_other_threads_start_processes() {
    let directory = closed(1);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let _ = output(&mut Command::new("true"));
                }
            });
        }
        let opened: Result<Vec<_>, _> =
            (0..200).map(|_| open(directory.path(), LARGE).map(EmbeddedLog::close)).collect();
        is_over.store(true, Ordering::Relaxed);
        opened.unwrap();
    });
}
