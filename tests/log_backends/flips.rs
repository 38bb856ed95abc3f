//! One bit flipped in every byte of every file: an error that names the damage, or exactly the same answers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use attempt_ledger::log::{EmbeddedLog, EventLog, Key, StoredRecord};
use attempt_ledger_domain::Position;

use super::packing::{copy, keys, segments};
use super::support::{Opener, append_one, decision, event, open, open_unpacked, queue, refusal};

pub const SEGMENT_BYTES_MAX: u64 = 2_000;

/// Everything that the log can be asked.
#[derive(PartialEq, Debug)]
pub struct Answers {
    records: Vec<StoredRecord>,
    found: Vec<Vec<Position>>,
    refusals: Vec<Position>,
}

pub fn answers(log: &EmbeddedLog) -> Result<Answers, String> {
    let text = |error: attempt_ledger::log::ReadError| error.to_string();
    let find = |key: Key| log.find(key).map_err(text);
    Ok(Answers {
        records: log.read_after(Position(0), usize::MAX).map_err(text)?,
        found: keys().into_iter().map(find).collect::<Result<_, _>>()?,
        refusals: log.refusals_before(Position(u64::MAX), 100).map_err(text)?,
    })
}

/// Two full segments, packed if the opener packs, and an active one, of two or three records each.
fn small_ledger(directory: &Path, opener: Opener) -> Answers {
    let log = opener(directory, SEGMENT_BYTES_MAX).unwrap();
    append_one(&log, event(1, 0, 1_000));
    append_one(&log, refusal(1, 1_010));
    append_one(&log, queue(7, 0, 1_011));
    append_one(&log, decision(1, 1_012, 1_010));
    append_one(&log, event(1, 1, 1_013));
    append_one(&log, event(2, 0, 1_014));
    append_one(&log, event(3, 0, 1_015));
    log.wait_until_idle().unwrap();
    let count = |suffix| segments(directory, suffix).len();
    assert!(matches!((count(".zst"), count(".ndjson"), count(".keys")), (2, 1, 0) | (0, 3, 2)));
    answers(&log).unwrap()
}

pub fn files(directory: &Path, under: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory.join(under)).unwrap() {
        let entry = entry.unwrap();
        let path = under.join(entry.file_name());
        if entry.path().is_dir() {
            files(directory, &path, found);
        } else {
            found.insert(path.clone(), fs::read(directory.join(path)).unwrap());
        }
    }
}

#[derive(Default, Debug)]
struct Tally {
    refused: AtomicUsize,
    same: AtomicUsize,
    rebuilt: AtomicUsize,
}

/// Opens a copy with one bit flipped and asks it everything.
fn try_flip(
    (original, opener): (&Path, Opener),
    path: &Path,
    at: usize,
    bit: usize,
    expected: &Answers,
    tally: &Tally,
) {
    let copied = tempfile::tempdir().unwrap();
    copy(original, copied.path());
    let file = fs::File::options().read(true).write(true).open(copied.path().join(path)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at as u64).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << bit], at as u64).unwrap();
    let place = format!("{} byte {at} bit {bit}", path.display());
    let is_derived =
        path.starts_with("index") || path.extension().is_some_and(|extension| extension == "keys");
    let log = match opener(copied.path(), SEGMENT_BYTES_MAX) {
        Ok(log) => log,
        Err(error) => {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(error.to_string().contains(name), "{place}: {error} does not name the file");
            tally.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    if log.open_report().is_index_rebuilt {
        tally.rebuilt.fetch_add(1, Ordering::Relaxed);
    }
    match answers(&log) {
        Ok(answers) => {
            assert_eq!(&answers, expected, "{place}: another answer");
            tally.same.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) => {
            // What is derived keeps the log from answering by nothing that is wrong with it.
            assert!(!is_derived, "{place}: {error}");
            tally.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    if path.starts_with("index") {
        // The writer looks the revision up.
        assert_eq!(append_one(&log, event(1, 2, 2_000)), [Position(8)], "{place}");
        log.wait_until_idle().unwrap();
        log.check_index().unwrap_or_else(|error| panic!("{place}: {error}"));
        let refused = answers(&log).err();
        assert_eq!(refused, None, "{place}");
    }
}

/// Flips one bit in every `stride`-th byte of the files that `is_chosen` picks.
fn flip_all(opener: Opener, stride: impl Fn(&Path, usize) -> usize) -> Tally {
    let directory = tempfile::tempdir().unwrap();
    let expected = small_ledger(directory.path(), opener);
    let mut found = BTreeMap::new();
    files(directory.path(), Path::new(""), &mut found);
    let mut flips = Vec::new();
    for (path, bytes) in &found {
        if path.extension().is_some_and(|extension| extension == "jnl") {
            assert!(bytes.iter().all(|byte| *byte == 0), "fjall's journal is not written to");
        }
        let stride = stride(path, bytes.len());
        if stride > 0 {
            println!("{}: {} bytes, every {stride}", path.display(), bytes.len());
            flips.extend((0..bytes.len()).step_by(stride).map(|at| (path, at)));
        }
    }
    let (next, tally) = (AtomicUsize::new(0), Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((path, at)) = flips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    try_flip((directory.path(), opener), path, *at, at * 5 % 8, &expected, &tally);
                }
            });
        }
    });
    println!("{tally:?}");
    tally
}

#[test]
fn flipped_bit_in_the_log_is_an_error_or_harmless() {
    let tally = flip_all(open, |path, _| usize::from(!path.starts_with("index")));
    assert!(tally.refused.into_inner() > 1_000);
}

/// Full segments are not read when the log is opened, and their keys files are believed where they are whole.
#[test]
fn flipped_bit_in_a_log_that_is_not_packed_is_an_error_or_harmless() {
    let stride = |path: &Path, _| match path.extension() {
        _ if path.starts_with("index") => 0,
        Some(extension) if extension == "ndjson" => 3,
        _ => 1,
    };
    let tally = flip_all(open_unpacked, stride);
    assert!(tally.refused.into_inner() > 1_000);
    assert!(tally.same.into_inner() > 400, "each byte of a keys file, at the least");
}

/// fjall's files are larger and partly empty: a sample of each.
#[test]
fn flipped_bit_in_the_index_changes_no_answer_and_refuses_none() {
    let tally = flip_all(open, |path, bytes| if path.starts_with("index") { (bytes / 40).max(1) } else { 0 });
    assert!(tally.rebuilt.into_inner() > 10);
}
