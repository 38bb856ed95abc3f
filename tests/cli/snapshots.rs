//! A ledger in a directory that cannot be written, such as a mounted snapshot of a file system.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::cli::harness::{Ledger, ingest, lines_of, printed, seeded, stderr, stdout, text};
use crate::cli::small_segments::{ingest_small, pack};
use crate::support::program::run_behind;
use crate::support::read_only::mounted_read_only;

/// How many parts the day is recorded in: each fills a file of the log.
const PARTS: usize = 5;

/// After which of them everything that is full is packed.
const PACKED_PARTS: usize = 2;

/// A ledger of many files, packed and not, with read models.
fn folded() -> Ledger {
    let ledger = Ledger::empty();
    let file = seeded(&ledger.room(""), "normal", "60");
    let day = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = day.lines().collect();
    for (number, part) in lines.chunks(lines.len().div_ceil(PARTS)).enumerate() {
        ingest_small(&ledger.path(), &part.join("\n"));
        if number == PACKED_PARTS {
            pack(&ledger.path());
        }
    }
    printed(&ledger.with(&["attempts"]));
    assert!(fs::read_dir(ledger.path().join("log")).unwrap().count() > PARTS);
    ledger
}

/// Every name in a directory, with its content.
fn contents(directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents(&path, found);
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
}

/// Runs a command while the ledger is mounted read-only. Nothing in it may change, and nothing may be left
/// where temporary files are.
fn read(ledger: &Ledger, arguments: &[&str]) -> Output {
    let scratch = tempfile::tempdir().unwrap();
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    contents(&ledger.path(), &mut before);
    let environment = [("TMPDIR", text(scratch.path()))];
    let output = run_behind(&mounted_read_only(&ledger.path()), &environment, &ledger.with(arguments));
    contents(&ledger.path(), &mut after);
    assert!(before == after, "{arguments:?} changes the directory: {:?}", after.keys());
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "{arguments:?} leaves a temporary file");
    output
}

/// What a command prints of a directory that is only read, which it says once.
fn read_well(ledger: &Ledger, arguments: &[&str]) -> String {
    let output = read(ledger, arguments);
    let said = stderr(&output);
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert_eq!(said.matches("cannot be written").count(), 1, "{arguments:?}: {said}");
    stdout(&output)
}

const EXPORTS: [[&str; 6]; 4] = [
    ["export", "--what", "attempts", "--format", "csv", "--out"],
    ["export", "--what", "offers", "--format", "ndjson", "--out"],
    ["export", "--what", "events", "--format", "ndjson", "--out"],
    ["export", "--what", "queues", "--format", "csv", "--out"],
];

#[test]
fn a_read_only_directory_answers_every_command_as_a_writable_one_does_and_nothing_is_changed() {
    let ledger = folded();
    let timeline = ["timeline", "48000007", "--json"];
    let exports = EXPORTS.map(|export| [&export[..], &["-"]].concat());
    let commands: Vec<&[&str]> = exports.iter().map(Vec::as_slice).chain([&timeline[..]]).collect();
    for command in commands {
        assert_eq!(read_well(&ledger, command), printed(&ledger.with(command)), "{command:?}");
    }
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let status = json(&read_well(&ledger, &["status", "--json"]));
    let expected = json(&printed(&ledger.with(&["status", "--json"])));
    for field in ["head", "queues", "segments", "projections"] {
        assert_eq!(status[field], expected[field], "{field}");
    }
    assert_eq!(status["refuses_writes"], "the directory is only read");
    let verdict = read_well(&ledger, &["verify"]);
    assert!(verdict.ends_with("read models: 9 of 9 equal a fresh fold of the log\n"), "{verdict}");
}

#[test]
fn an_export_of_a_read_only_directory_is_written_elsewhere() {
    let ledger = folded();
    let (file, snapshot) = (ledger.room("attempts.csv"), ledger.room("models.sqlite"));
    let csv = ["export", "--what", "attempts", "--format", "csv", "--out", text(&file)];
    read_well(&ledger, &csv);
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 61);
    read_well(&ledger, &["export", "--format", "sqlite", "--out", text(&snapshot)]);
    let models = rusqlite::Connection::open(snapshot).unwrap();
    let attempts: i64 = models.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(attempts, 60);
}

#[test]
fn read_models_that_are_behind_or_missing_are_folded_elsewhere() {
    let ledger = folded();
    let more = seeded(&ledger.room(""), "clean", "70");
    ingest(&ledger.path(), &fs::read_to_string(more).unwrap());
    let export = [&EXPORTS[0][..], &["-"]].concat();
    let behind = read_well(&ledger, &export);
    fs::remove_dir_all(ledger.path().join("read-models")).unwrap();
    assert_eq!(read_well(&ledger, &export), behind);
    assert_eq!(printed(&ledger.with(&export)), behind);
    fs::remove_dir_all(ledger.path().join("read-models")).unwrap();
    assert!(read_well(&ledger, &["verify"]).ends_with("read models: none yet\n"));
}

/// As a backup or a power cut leaves a directory: an end that is torn, no lock, no index, no keys files.
#[test]
fn what_a_crash_has_left_in_a_read_only_directory_is_left_out_and_stays() {
    let ledger = folded();
    let export = [&EXPORTS[2][..], &["-"]].concat();
    let whole = read_well(&ledger, &export);
    fs::remove_file(ledger.path().join("LOCK")).unwrap();
    fs::remove_dir_all(ledger.path().join("index")).unwrap();
    fs::remove_dir_all(ledger.path().join("read-models")).unwrap();
    let mut log: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(ledger.path().join("log")).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("keys") => fs::remove_file(&path).unwrap(),
            Some("ndjson") => log.push(path),
            _ => {}
        }
    }
    let active = log.into_iter().max().unwrap();
    fs::write(active.with_extension("ndjson.zst.tmp"), "half a frame").unwrap();
    let mut file = File::options().append(true).open(active).unwrap();
    file.write_all(b"{\"crc32c\":\"9ae0daaf\",\"length\":10").unwrap();
    let output = read(&ledger, &export);
    assert_eq!(lines_of(&stdout(&output)).len(), lines_of(&whole).len());
    assert!(stdout(&output) == whole, "the same records");
    assert!(stderr(&output).contains("32 bytes that were never acknowledged"), "{}", stderr(&output));
    assert_eq!(printed(&ledger.with(&export)), whole, "a writable one goes on as ever");
}

#[test]
fn damage_in_a_read_only_directory_is_named() {
    let ledger = folded();
    let log = fs::read_dir(ledger.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    let packed = log.filter(|path| path.extension().is_some_and(|extension| extension == "zst"));
    let packed = packed.max().expect("a packed segment");
    let mut bytes = fs::read(&packed).unwrap();
    bytes[100] ^= 1;
    fs::write(&packed, bytes).unwrap();
    let output = read(&ledger, &["verify"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(text(&packed)), "{}", stderr(&output));
}

#[test]
fn a_read_only_directory_that_a_server_has_open_or_that_holds_no_log_is_refused() {
    let ledger = folded();
    let server = ledger.serve();
    let output = run_behind(&mounted_read_only(&ledger.path()), &[], &ledger.with(&["status"]));
    assert_eq!(output.status.code(), Some(11), "{}", stderr(&output));
    server.stop();
    fs::remove_dir_all(ledger.path().join("log")).unwrap();
    let output = read(&ledger, &["status"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("FORMAT"), "{}", stderr(&output));
}
