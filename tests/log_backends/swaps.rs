//! Each file of a directory missing, as it was before, or of another ledger: an error that names what is
//! wrong, or exactly the same answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::flips::{Answers, SEGMENT_BYTES_MAX, answers, files};
use super::packing::copy;
use super::support::{Opener, append_one, decision, event, open, open_unpacked, queue, refusal};

/// Two full segments, packed if the opener packs, and an active one; `number` makes the records those of
/// another ledger. Calls `halfway` while the directory is closed after five of seven records.
fn ledger(directory: &Path, opener: Opener, number: u64, halfway: impl FnOnce()) -> Answers {
    let log = opener(directory, SEGMENT_BYTES_MAX).unwrap();
    append_one(&log, event(1, 0, number));
    append_one(&log, refusal(1, number + 10));
    append_one(&log, queue(7, 0, number + 11));
    append_one(&log, decision(1, number + 12, number + 10));
    append_one(&log, event(1, 1, number + 13));
    log.wait_until_idle().unwrap();
    log.close();
    halfway();
    let log = opener(directory, SEGMENT_BYTES_MAX).unwrap();
    append_one(&log, event(2, 0, number + 14));
    append_one(&log, event(3, 0, number + 15));
    log.wait_until_idle().unwrap();
    answers(&log).unwrap()
}

fn all_files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(directory, Path::new(""), &mut found);
    // fjall's journal is never written to.
    found.retain(|path, _| path.extension().is_none_or(|extension| extension != "jnl"));
    found
}

/// Opens the directory after a change to one file. Returns whether it was refused.
fn judge(
    (original, opener): (&Path, Opener),
    path: &Path,
    content: Option<&[u8]>,
    expected: &Answers,
) -> bool {
    let changed = tempfile::tempdir().unwrap();
    copy(original, changed.path());
    let file = changed.path().join(path);
    match content {
        Some(content) => fs::write(&file, content).unwrap(),
        None => fs::remove_file(&file).unwrap(),
    }
    let place = path.display();
    let log = match opener(changed.path(), SEGMENT_BYTES_MAX) {
        Ok(log) => log,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(changed.path().to_str().unwrap()), "{place}: {text} names no file");
            let is_keys = path.extension().is_some_and(|extension| extension == "keys");
            assert!(
                !path.starts_with("index") && !is_keys,
                "{place}: what is derived refuses nothing: {text}"
            );
            return true;
        }
    };
    assert_eq!(answers(&log).as_ref(), Ok(expected), "{place}: another answer");
    log.wait_until_idle().unwrap();
    log.check_index().unwrap_or_else(|error| panic!("{place}: {error}"));
    assert!(log.lineage_damage().is_empty(), "{place}: {:?}", log.lineage_damage());
    false
}

#[test]
fn each_file_missing_older_or_of_another_ledger_is_refused_by_name_or_harmless() {
    let (refused, harmless) = judge_all(open);
    let is_refused = |change: &str| refused.iter().any(|it| it.starts_with(change));
    for change in ["missing log/00000000000000000001", "foreign log/00000000000000000001", "foreign FORMAT"] {
        assert!(is_refused(change), "{change}: {refused:?}");
    }
    let segments = refused.iter().filter(|change| change.contains("/0000")).count();
    assert!(segments >= 5, "each segment, missing and of another ledger: {refused:?}");
    assert!(harmless.iter().any(|change| change == "missing LOCK"), "{harmless:?}");
}

#[test]
fn each_file_of_a_log_that_is_not_packed_missing_older_or_foreign_is_refused_by_name_or_harmless() {
    let (refused, harmless) = judge_all(open_unpacked);
    let count = |list: &[String], end: &str| list.iter().filter(|change| change.ends_with(end)).count();
    let segments = count(&refused, ".ndjson");
    assert!(segments >= 6, "each segment, missing and of another ledger: {refused:?}");
    assert!(count(&harmless, ".keys") >= 4, "each keys file, missing and of another ledger: {harmless:?}");
}

/// Which changes to one file are refused, and which are harmless.
fn judge_all(opener: Opener) -> (Vec<String>, Vec<String>) {
    let (ours, theirs, older) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = ledger(ours.path(), opener, 1_000, || copy(ours.path(), older.path()));
    ledger(theirs.path(), opener, 2_000, || ());
    let (older, foreign) = (all_files(older.path()), all_files(theirs.path()));
    let (mut refused, mut harmless) = (Vec::new(), Vec::new());
    for (path, content) in all_files(ours.path()) {
        let variants =
            [("missing", None), ("older", older.get(&path)), ("foreign", foreign.get(&path))].into_iter();
        for (what, changed) in variants {
            let is_change = what == "missing" || changed.is_some_and(|changed| *changed != content);
            if !is_change {
                continue;
            }
            let is_refused = judge((ours.path(), opener), &path, changed.map(Vec::as_slice), &expected);
            let list = if is_refused { &mut refused } else { &mut harmless };
            list.push(format!("{what} {}", path.display()));
        }
    }
    println!("refused: {refused:#?}\nharmless: {harmless:#?}");
    (refused, harmless)
}
