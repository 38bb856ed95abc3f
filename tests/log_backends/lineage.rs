//! Files of one ledger belong together: what is of another one, or of another place, is refused by its name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use attempt_ledger::log::{EmbeddedLog, EventLog, OpenError};
use attempt_ledger_domain::Position;

use super::packing::{copy, packed, segments};
use super::support::{all, append_one, event, open, tiny};

const SMALL: u64 = 4_000;

/// A directory as a release wrote it that knew no lineage, and the same after this one has opened it.
const OLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/directory-v1");
const UPGRADED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/directory-v1-upgraded");

/// `FORMAT` and the packed segments.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut paths: Vec<PathBuf> = segments(directory, ".zst");
    paths.push(directory.join("FORMAT"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.into_iter().map(|path| (name(&path), fs::read(path).unwrap())).collect()
}

#[test]
fn a_directory_of_an_early_release_opens_and_is_upgraded_to_the_bytes_of_the_golden_one() {
    let directory = tempfile::tempdir().unwrap();
    copy(Path::new(OLD), directory.path());
    let log = open(directory.path(), SMALL).unwrap();
    let before = all(&log);
    assert_eq!(before.len(), 12);
    log.wait_until_idle().unwrap();
    assert_eq!(all(&log), before, "readers of before and after find the same");
    assert!(log.lineage_damage().is_empty(), "{:?}", log.lineage_damage());
    log.close();
    // The packer writes FORMAT last.
    open(directory.path(), SMALL).unwrap().close();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(UPGRADED);
        copy(directory.path(), Path::new(UPGRADED));
        fs::remove_dir_all(Path::new(UPGRADED).join("index")).unwrap();
        fs::remove_file(Path::new(UPGRADED).join("LOCK")).unwrap();
    }
    assert_eq!(files(directory.path()), files(Path::new(UPGRADED)));

    let upgraded = tempfile::tempdir().unwrap();
    copy(Path::new(UPGRADED), upgraded.path());
    let log = open(upgraded.path(), SMALL).unwrap();
    assert_eq!(all(&log), before);
    log.wait_until_idle().unwrap();
    log.close();
    assert_eq!(files(upgraded.path()), files(Path::new(UPGRADED)), "nothing is left to upgrade");
}

#[test]
fn an_upgrade_that_was_killed_goes_on_and_readers_see_nothing_of_it() {
    let directory = tempfile::tempdir().unwrap();
    copy(Path::new(OLD), directory.path());
    // The first segment is upgraded, the others are not; an unfinished file lies there.
    let first = "00000000000000000001.ndjson.zst";
    fs::copy(Path::new(UPGRADED).join("log").join(first), directory.path().join("log").join(first)).unwrap();
    fs::write(directory.path().join("log/00000000000000000004.ndjson.zst.tmp"), "half").unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    std::thread::scope(|scope| {
        let idle = scope.spawn(|| log.wait_until_idle());
        let mut looks = 0;
        while !idle.is_finished() || looks == 0 {
            assert_eq!(all(&log).len(), 12);
            log.refusals_before(Position(u64::MAX), 10).unwrap();
            looks += 1;
        }
    });
    log.close();
    open(directory.path(), SMALL).unwrap().close();
    assert_eq!(files(directory.path()), files(Path::new(UPGRADED)));
}

#[track_caller]
fn assert_foreign(directory: &Path, name: &str) {
    match open(directory, SMALL) {
        Err(OpenError::Foreign { file, .. }) => assert!(file.ends_with(name), "{}", file.display()),
        other => panic!("{name} is not named: {other:?}"),
    }
}

/// Another ledger, of one record.
fn other() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    append_one(&log, event(2, 0, 1_000));
    log.close();
    directory
}

#[test]
fn a_segment_of_another_ledger_is_refused_by_its_name_wherever_it_lies() {
    let (ours, _) = packed();
    let theirs = other_packed();
    let names: Vec<String> = segments(ours.path(), ".zst")
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.len() >= 3);
    for name in &names {
        let swapped = tempfile::tempdir().unwrap();
        copy(ours.path(), swapped.path());
        let (from, to) = (theirs.path().join("log").join(name), swapped.path().join("log").join(name));
        assert_eq!(records_of(&from), records_of(&to), "positions and count are the same");
        fs::copy(from, to).unwrap();
        assert_foreign(swapped.path(), name);
    }
    // All of the log, with the FORMAT of ours.
    let swapped = tempfile::tempdir().unwrap();
    copy(ours.path(), swapped.path());
    fs::remove_dir_all(swapped.path().join("log")).unwrap();
    copy(&theirs.path().join("log"), &swapped.path().join("log"));
    assert_foreign(swapped.path(), &names[0]);
    // A plain log of another ledger.
    fs::remove_dir_all(swapped.path().join("log")).unwrap();
    copy(&other().path().join("log"), &swapped.path().join("log"));
    fs::remove_dir_all(swapped.path().join("index")).unwrap();
    assert_foreign(swapped.path(), "00000000000000000001.ndjson");
}

fn records_of(path: &Path) -> usize {
    zstd::decode_all(fs::File::open(path).unwrap()).unwrap().iter().filter(|byte| **byte == b'\n').count()
}

/// A ledger that differs from [`packed`] in its first record only.
fn other_packed() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    super::support::fill_after(&log, event(1, 0, 9_999), 6);
    log.wait_until_packed().unwrap();
    log.close();
    directory
}

#[test]
fn a_segment_of_another_history_of_the_same_ledger_is_refused() {
    // Two directories that were one until the second segment: a backup was restored and went on by itself.
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    super::support::fill(&log, 1);
    log.close();
    let branch = tempfile::tempdir().unwrap();
    copy(directory.path(), branch.path());
    for (directory, number) in [(directory.path(), 5_000), (branch.path(), 6_000)] {
        let log = open(directory, SMALL).unwrap();
        for attempt in 100..130_i64 {
            append_one(&log, event(attempt, 0, number + attempt as u64));
        }
        log.wait_until_packed().unwrap();
        log.close();
    }
    let swapped = segments(directory.path(), ".zst");
    let path = &swapped[swapped.len() - 2];
    let name = path.file_name().unwrap();
    fs::copy(branch.path().join("log").join(name), path).unwrap();
    match open(directory.path(), SMALL) {
        Err(OpenError::Foreign { file, reason }) => {
            assert!(file == *swapped.last().unwrap() || file == *path, "{}", file.display());
            assert!(
                reason.contains(path.file_stem().unwrap().to_str().unwrap()) || file == *path,
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lock_file_that_was_removed_lets_no_second_process_in() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), SMALL).unwrap();
    append_one(&log, event(1, 0, 1));
    fs::remove_file(directory.path().join("LOCK")).unwrap();
    let second = EmbeddedLog::open(directory.path(), &tiny(SMALL));
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
    log.close();
    assert_eq!(open(directory.path(), SMALL).unwrap().head(), Position(1));
}

#[test]
fn format_names_the_ledger_from_its_first_record_on_and_a_log_that_is_emptied_is_missed() {
    let directory = tempfile::tempdir().unwrap();
    let format = directory.path().join("FORMAT");
    let log = open(directory.path(), SMALL).unwrap();
    assert_eq!(fs::read_to_string(&format).unwrap(), "{\"format\":1}\n");
    append_one(&log, event(1, 0, 1));
    let first = attempt_ledger::record::leaf_hash(&all(&log)[0].leaf);
    let named = format!("{{\"format\":1,\"ledger\":\"{first}\"}}\n");
    assert_eq!(fs::read_to_string(&format).unwrap(), named);
    log.close();
    for path in fs::read_dir(directory.path().join("log")).unwrap() {
        fs::remove_file(path.unwrap().path()).unwrap();
    }
    match open(directory.path(), SMALL) {
        Err(OpenError::Evidence(evidence)) => {
            assert!(evidence.to_string().contains(&first.to_string()), "{evidence}");
        }
        other => panic!("{other:?}"),
    }
}
