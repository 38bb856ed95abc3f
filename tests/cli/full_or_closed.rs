//! Standard output that takes nothing: closed by a reader that has seen enough, or on a full disk.

use std::fs::File;
use std::process::{Output, Stdio};

use crate::cli::harness::{Ledger, json_lines, printed, seeded, stderr, text};
use crate::support::processes::spawn;
use crate::support::program::program;

/// Runs it with a standard output that nobody reads.
fn unread(arguments: &[&str]) -> Output {
    let mut command = program();
    let mut child = spawn(command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()));
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn whoever_reads_may_have_seen_enough() {
    let ledger = Ledger::of("40");
    for question in [
        &["attempts", "--format", "ndjson"][..],
        &["attempts", "--limit", "40"],
        &["agents", "--format", "csv"],
        &["queues", "--format", "json"],
        &["timeline", "48000001"],
        &["timeline", "48000001", "--json"],
        &["status"],
        &["status", "--json"],
        &["verify"],
        &["verify", "--json"],
        &["rebuild", "attempts"],
        &["rebuild", "attempts", "--json"],
        &["export", "--what", "attempts", "--format", "csv", "--out", "-"],
        &["export", "--what", "attempts", "--format", "parquet", "--out", "-"],
        &["export", "--what", "events", "--format", "ndjson", "--out", "-"],
        &["export", "--what", "agents", "--format", "csv", "--out", "-"],
    ] {
        let output = unread(&ledger.with(question));
        assert!(output.status.success(), "{question:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("error"), "{question:?}: {}", stderr(&output));
    }
}

#[test]
fn a_verdict_stands_whether_anybody_reads_it_or_not() {
    let ledger = Ledger::of("10");
    printed(&ledger.with(&["attempts"]));
    ledger.tamper("UPDATE attempts SET wait_ms = 1");
    for question in [&["verify"][..], &["verify", "--json"], &["rebuild", "--compare"]] {
        assert_eq!(unread(&ledger.with(question)).status.code(), Some(3), "{question:?}");
    }
}

#[test]
fn what_cannot_be_printed_is_a_failure() {
    let ledger = Ledger::of("10");
    let more = seeded(&ledger.room(""), "clean", "3");
    for question in [
        &["attempts"][..],
        &["attempts", "--format", "csv"],
        &["agents", "--format", "ndjson"],
        &["queues"],
        &["timeline", "48000001"],
        &["status"],
        &["status", "--json"],
        &["verify"],
        &["verify", "--json"],
        &["rebuild", "--json"],
        &["ingest", text(&more)],
        &["ingest", text(&more), "--json"],
        &["export", "--what", "queues", "--format", "csv", "--out", "-"],
        &["export", "--what", "attempts", "--format", "csv", "--out", "-"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = program();
        command.args(ledger.with(question)).stdout(full).stderr(Stdio::piped());
        let output = spawn(&mut command).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{question:?}: {}", stderr(&output));
        let said = stderr(&output);
        assert_eq!(said.matches("No space left").count(), 1, "{question:?} says it once: {said}");
    }
    assert_eq!(json_lines(&ledger.with(&["attempts", "--format", "ndjson"])).len(), 10, "all is as it was");
}
