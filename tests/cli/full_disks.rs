//! A full disk: what failed is named, and what to do next.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::cli::harness::{Ledger, refused, seeded, stderr, text};
use crate::support::processes::printed;
use crate::support::program::run_with;
use crate::support::small_disk::SmallDisk;

/// Leaves so many bytes on the disk.
fn fill(disk: &Path, left: u64) {
    let mut ballast = fs::File::create(disk.join("ballast")).unwrap();
    let block = vec![0; 4_096];
    while ballast.write_all(&block).is_ok() {}
    let length = ballast.metadata().unwrap().len();
    ballast.set_len(length - left).unwrap();
}

#[test]
fn a_full_disk_is_named_with_the_next_step() {
    let ledger = Ledger::of("60");
    let disk = SmallDisk::mount(ledger.room("disk"));
    let full = disk.path.join("full");
    fs::create_dir_all(&full).unwrap();
    let out = full.join("out");
    let input = seeded(&ledger.room(""), "clean", "3000");
    fill(&disk.path, 4_096);
    for format in ["csv", "ndjson", "parquet", "xlsx"] {
        let export = ["export", "--what", "attempts", "--format", format, "--out", text(&out)];
        refused(&ledger.with(&export), 1, &[text(&out), "No space left", "hint: make space"]);
    }
    // Rows of an Excel file wait where the system keeps temporary files, beyond the first few kilobytes.
    let whole = ledger.room("out");
    let rows = ["export", "--what", "attempts", "--format", "xlsx", "--out", text(&whole)];
    let ended = run_with(&[("TMPDIR", text(&disk.path))], &ledger.with(&rows));
    let said = stderr(&ended);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for word in [text(&disk.path), "nothing was written", "set TMPDIR"] {
        assert_eq!(said.matches(word).count(), 1, "{word}: {said}");
    }
    assert!(!whole.exists());
    let snapshot = ["export", "--format", "sqlite", "--out", text(&out)];
    refused(&ledger.with(&snapshot), 1, &[text(&out), "No space left", "hint: make space"]);
    refused(&["seed", "--out", text(&out)], 1, &[text(&out), "hint: make space"]);
    fs::remove_file(disk.path.join("ballast")).unwrap();

    // The log and its index fit, and their read models do not.
    fs::remove_dir_all(&full).unwrap();
    printed(Command::new("cp").arg("-r").arg(ledger.path()).arg(&full));
    fs::remove_dir_all(full.join("read-models")).unwrap();
    let question = ["attempts", "--data", text(&full)];
    fill(&disk.path, 160 * 1_024);
    refused(&question, 1, &[text(&full), "hint: "]);
    fs::remove_dir_all(&full).unwrap();
    fs::remove_file(disk.path.join("ballast")).unwrap();

    // The log itself.
    fill(&disk.path, 1_500 * 1_024);
    refused(&["ingest", text(&input), "--data", text(&full)], 1, &[text(&full), "hint: free disk space"]);
    // A disk that was given is left as it was.
    fs::remove_dir_all(&full).unwrap();
    fs::remove_file(disk.path.join("ballast")).unwrap();
}
