//! Every file operation of the log fails once, in two ways: nothing happened, and it happened all the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use attempt_ledger_domain::{AttemptId, EventKind, Position, Revision, UnixMillis};
use uuid::Uuid;

use super::faulty_disk::{DiskCall, Fault, FaultOutcome, FaultyDisk};
use super::{EmbeddedLog, EmbeddedOptions};
use crate::record::{Digest, Leaf, RecordKind};
use crate::{AppendError, Appended, EventLog, Expected, Key, NewRecord, Stream, StreamAppend};

fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        segment_bytes_max: 1_200,
        frame_bytes_max: 600,
        index_cache_bytes: 1 << 20,
        ..EmbeddedOptions::default()
    }
}

fn event(attempt: i64, after: u32) -> StreamAppend {
    let leaf = Leaf {
        attempt_id: Some(AttemptId(attempt)),
        commitment: Digest([attempt as u8; 32]),
        corrects: None,
        event: Some(EventKind::Joined),
        id: Uuid::from_u128(attempt as u128),
        kind: RecordKind::Event,
        observation: None,
        occurred_at: None,
        previous: None,
        queue_id: None,
        queue_type: None,
        recorded_at: UnixMillis(1),
        revision: Some(Revision(after + 1)),
        rule: None,
        settles: None,
        source: Cow::Borrowed("test"),
        v: 1,
        verdict: None,
    };
    let record = NewRecord {
        leaf_bytes: leaf.to_bytes(),
        leaf,
        opening_bytes: b"{\"payload\":{},\"salt\":\"00000000000000000000000000000000\"}".to_vec(),
    };
    StreamAppend {
        stream: Stream::Attempt(AttemptId(attempt)),
        expected: Expected::Exactly(Revision(after)),
        records: vec![record],
    }
}

fn append(log: &EmbeddedLog, append: StreamAppend) -> Result<Appended, AppendError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.append(vec![append])).remove(0)
}

/// A log with one event of attempt 1.
fn started() -> (tempfile::TempDir, Arc<FaultyDisk>, EmbeddedLog) {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::<FaultyDisk>::default();
    let log = EmbeddedLog::open_on(directory.path(), &options(), Arc::clone(&disk) as _).unwrap();
    append(&log, event(1, 0)).unwrap();
    (directory, disk, log)
}

#[track_caller]
fn assert_holds(log: &EmbeddedLog, attempts: &[i64]) {
    let found: Vec<_> = log
        .read_after(Position(0), 1_000)
        .unwrap()
        .iter()
        .map(|stored| Leaf::parse(&stored.leaf).unwrap().attempt_id.unwrap().0)
        .collect();
    assert_eq!(found, attempts);
    for attempt in attempts {
        assert!(!log.find(Key::Attempt(AttemptId(*attempt))).unwrap().is_empty());
    }
}

#[test]
fn full_disk_refuses_appends_until_there_is_space_again() {
    for outcome in [FaultOutcome::Nothing, FaultOutcome::Happened, FaultOutcome::Half] {
        let (directory, disk, log) = started();
        disk.plan(DiskCall::Write, outcome(ErrorKind::StorageFull));
        assert_eq!(append(&log, event(2, 0)), Err(AppendError::Full));
        assert_eq!(log.poisoned(), None);
        assert_holds(&log, &[1]);
        // The revision of the failed append is free again.
        append(&log, event(2, 0)).unwrap();
        assert_holds(&log, &[1, 2]);
        log.close();
        assert_holds(&EmbeddedLog::open(directory.path(), &options()).unwrap(), &[1, 2]);
    }
}

#[test]
fn failed_write_is_not_acknowledged_and_the_log_goes_on() {
    for outcome in [FaultOutcome::Nothing, FaultOutcome::Happened, FaultOutcome::Half] {
        let (_directory, disk, log) = started();
        disk.plan(DiskCall::Write, outcome(ErrorKind::Other));
        assert!(matches!(append(&log, event(2, 0)), Err(AppendError::Failed { .. })));
        append(&log, event(3, 0)).unwrap();
        assert_holds(&log, &[1, 3]);
    }
}

#[test]
fn failed_sync_poisons_the_log_until_it_is_opened_again() {
    for outcome in [FaultOutcome::Nothing, FaultOutcome::Happened] {
        let (directory, disk, log) = started();
        disk.plan(DiskCall::Sync, outcome(ErrorKind::Other));
        assert!(matches!(append(&log, event(2, 0)), Err(AppendError::Poisoned { .. })));
        assert!(disk.has_fired());
        assert!(matches!(append(&log, event(3, 0)), Err(AppendError::Poisoned { .. })));
        assert!(log.poisoned().is_some());
        assert_eq!(log.head(), Position(1));
        assert_holds(&log, &[1]);
        log.close();
        let log = EmbeddedLog::open(directory.path(), &options()).unwrap();
        assert_eq!(log.poisoned(), None);
        // Attempt 2 was never acknowledged; that it is there does no harm.
        assert_holds(&log, &[1, 2]);
    }
}

#[test]
fn remains_of_a_failed_write_that_cannot_be_cut_off_poison_the_log() {
    let (directory, disk, log) = started();
    disk.plan(DiskCall::Write, FaultOutcome::Half(ErrorKind::StorageFull));
    disk.plan(DiskCall::Truncate, FaultOutcome::Nothing(ErrorKind::Other));
    assert!(matches!(append(&log, event(2, 0)), Err(AppendError::Poisoned { .. })));
    log.close();
    let log = EmbeddedLog::open(directory.path(), &options()).unwrap();
    assert!(log.open_report().dropped.is_some());
    assert_holds(&log, &[1]);
}

#[test]
fn panic_of_the_writer_poisons_the_log_and_leaves_nobody_waiting() {
    let (directory, disk, log) = started();
    disk.plan(DiskCall::Sync, FaultOutcome::Panic);
    assert!(matches!(append(&log, event(2, 0)), Err(AppendError::Poisoned { .. })));
    assert!(matches!(append(&log, event(3, 0)), Err(AppendError::Poisoned { .. })));
    assert_holds(&log, &[1]);
    log.close();
    EmbeddedLog::open(directory.path(), &options()).unwrap();
}

#[test]
fn index_that_grows_while_it_is_checked_is_whole() {
    let (_directory, _, log) = started();
    let before = log.shared.segments.snapshot();
    let (packed_end, mut attempt) = (before.packed_end(), 2);
    while log.shared.segments.snapshot().packed_end() == packed_end {
        append(&log, event(attempt, 0)).unwrap();
        attempt += 1;
        log.wait_until_packed().unwrap();
    }
    log.shared.keys.check(&before).unwrap();
    log.check_index().unwrap();
}

#[test]
fn segment_that_cannot_be_created_is_tried_again() {
    for outcome in [FaultOutcome::Nothing, FaultOutcome::Happened] {
        let (directory, disk, log) = started();
        disk.plan(DiskCall::Create, outcome(ErrorKind::StorageFull));
        let mut attempts = vec![1];
        for attempt in 2..9 {
            if append(&log, event(attempt, 0)).is_ok() {
                attempts.push(attempt);
            }
        }
        assert!(disk.has_fired());
        assert_eq!(attempts.len(), 7);
        assert_holds(&log, &attempts);
        log.close();
        assert_holds(&EmbeddedLog::open(directory.path(), &options()).unwrap(), &attempts);
    }
}

/// What a log's whole life left behind.
struct Life {
    acknowledged: Vec<(Position, i64)>,
    is_fault_reached: bool,
}

/// Opens, appends over several segments, packs, closes; one file operation fails.
fn live(directory: &Path, fault: Fault) -> Life {
    let disk = Arc::new(FaultyDisk(Mutex::new(vec![fault])));
    let mut acknowledged = Vec::new();
    if let Ok(log) = EmbeddedLog::open_on(directory, &options(), Arc::clone(&disk) as _) {
        for attempt in 1..=8 {
            if let Ok(appended) = append(&log, event(attempt, 0)) {
                acknowledged.push((appended.positions[0], attempt));
            }
        }
        let _ = log.wait_until_packed();
    }
    Life { acknowledged, is_fault_reached: disk.has_fired() }
}

#[test]
fn no_acknowledged_event_is_lost_whichever_file_operation_fails() {
    let outcomes = [
        FaultOutcome::Nothing(ErrorKind::Other),
        FaultOutcome::Happened(ErrorKind::Other),
        FaultOutcome::Half(ErrorKind::StorageFull),
        FaultOutcome::Panic,
    ];
    for outcome in outcomes {
        for skip in 0.. {
            let directory = tempfile::tempdir().unwrap();
            let fault = Fault { call: None, skip, outcome };
            let life = std::panic::catch_unwind(|| live(directory.path(), fault));
            // A panic while opening goes to the caller; nothing was acknowledged then.
            let Ok(life) = life else { continue };
            let log = EmbeddedLog::open(directory.path(), &options())
                .unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            for (position, attempt) in &life.acknowledged {
                let found = log.find(Key::Attempt(AttemptId(*attempt))).unwrap();
                assert_eq!(found, [*position], "{fault:?}");
                let stored = log.read(&found).unwrap().remove(0);
                assert_eq!(stored.leaf, event(*attempt, 0).records[0].leaf_bytes, "{fault:?}");
            }
            log.wait_until_packed().unwrap();
            append(&log, event(99, 0)).unwrap();
            if !life.is_fault_reached {
                assert!(skip > 40, "the life has more than {skip} file operations");
                break;
            }
        }
    }
}
