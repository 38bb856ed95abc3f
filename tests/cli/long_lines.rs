//! Lines that are longer than a delivery, or than any request may be: named, counted, and no end of the load.

use std::path::Path;

use serde_json::Value;

use crate::cli::harness::{Ledger, refused, stderr, text};
use crate::support::program::run;

const MEBIBYTE: usize = 1024 * 1024;

fn line(attempt_id: usize, filler_bytes: usize) -> String {
    let filler = "x".repeat(filler_bytes);
    let known = format!(r#""attempt_id":{attempt_id},"event":"joined","queue_type":1"#);
    format!(r#"{{{known},"timestamp":1784711640000,"filler":"{filler}"}}"#)
}

/// What an ingest says on standard output and standard error, and the lines that it rejects.
fn ingest(file: &Path, target: &[&str], rejects: &Path) -> (Value, Vec<String>, Vec<Value>) {
    let command = ["ingest", text(file), "--rejects", text(rejects), "--json"];
    let output = run(&[&command[..], target].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output).lines().map(str::to_owned).collect();
    let rejected = std::fs::read_to_string(rejects).expect("a file");
    let rejected = rejected.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (serde_json::from_slice(&output.stdout).expect("JSON"), said, rejected)
}

#[test]
fn a_line_that_is_too_long_is_named_in_the_same_words_both_ways_and_the_others_are_recorded() {
    let (local, served) = (Ledger::empty(), Ledger::empty());
    let file = local.room("long.ndjson");
    // The third is longer than a request may be, and so are the fourth and fifth together.
    let filler_bytes = [0, 70_000, 17 * MEBIBYTE, 7 * MEBIBYTE + 900_000, 9 * MEBIBYTE, 0];
    let lines: Vec<String> =
        (1..).zip(filler_bytes).map(|(attempt_id, bytes)| line(attempt_id, bytes)).collect();
    std::fs::write(&file, lines.join("\n")).expect("written");

    let rejects = local.room("rejects.ndjson");
    let (counts, said, rejected) = ingest(&file, &["--data", local.data()], &rejects);
    assert_eq!((&counts["recorded"], &counts["refused"]), (&2.into(), &4.into()), "{counts}");
    let named = |number: usize| {
        let bytes = lines[number - 1].len();
        format!("{}:{number}: too large: the body has {bytes} bytes, 65536 are allowed", text(&file))
    };
    assert_eq!(said, [2, 3, 4, 5].map(named));

    let server = served.serve();
    let (counts, said_there, rejected_there) = ingest(&file, &["--url", &server.url], &rejects);
    assert_eq!((&counts["recorded"], &counts["refused"]), (&2.into(), &4.into()), "{counts}");
    assert_eq!(counts["not_kept"], 1, "no request can bring the third line");
    assert_eq!(said_there, said);
    let part = |rejected: &[Value], name: &str| -> Vec<Value> {
        rejected.iter().map(|one| one[name].clone()).collect()
    };
    for name in ["line", "code", "detail", "body"] {
        assert_eq!(part(&rejected_there, name), part(&rejected, name), "{name}");
    }
    assert!(rejected_there[1].get("refusal_id").is_none());
    let output = run(&["ingest", text(&file), "--url", &server.url]);
    let printed = String::from_utf8(output.stdout).expect("text");
    let (counts, flags) = printed.split_once('\n').expect("two lines");
    let expected = "0 recorded, 2 duplicates, 0 refused and kept, 3 refused before, 1 too long to be kept";
    assert_eq!(counts, format!("6 lines: {expected}"));
    assert!(flags.contains("\nflagged: 2 "), "by the clock of today: {flags}");
}

#[test]
fn a_packed_file_is_not_cut_up() {
    let ledger = Ledger::empty();
    let file = ledger.room("lines.gz");
    std::fs::copy(crate::support::repository("tests/cases/07_gzip.ndjson.gz"), &file).expect("copied");
    refused(&ledger.with(&["ingest", text(&file)]), 1, &["is packed", "zcat"]);
}
