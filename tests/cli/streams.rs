//! Data goes to stdout and everything else to stderr, in colour on a terminal only.

use serde_json::Value;

use crate::cli::harness::{DAY, Ledger, lines_of, on_a_terminal, stderr, stdout, text};
use crate::support::processes::output;
use crate::support::program::{program, run};

const ESCAPE: char = '\u{1b}';
const BOLD: &str = "\u{1b}[1m";

#[test]
fn json_is_json_and_nothing_else_is_on_stdout() {
    let ledger = Ledger::of("40");
    for question in [
        &["attempts", "--format", "json", "--limit", "5"][..],
        &["attempts", "--json"],
        &["agents", "--json"],
        &["queues", "--json"],
        &["attempts", "--format", "ndjson"],
        &["agents", "--format", "json"],
        &["agents", "--format", "ndjson"],
        &["agents", "305", "--format", "json"],
        &["agents", "305", "--intervals", "--from", "2026-07-22", "--format", "ndjson"],
        &["queues", "--format", "json"],
        &["queues", "17", "--format", "ndjson"],
        &["export", "--what", "events", "--format", "ndjson", "--out", "-"],
        &["export", "--what", "refusals", "--format", "ndjson", "--out", "-"],
        &["rebuild", "--json"],
        &["rebuild", "--compare", "--json"],
        &["verify", "--json"],
        &["status", "--json"],
    ] {
        let output = run(&ledger.with(question));
        assert!(output.status.success(), "{question:?}: {}", stderr(&output));
        let rows = lines_of(&stdout(&output));
        assert!(!rows.is_empty() && rows.iter().all(Value::is_object), "{question:?}");
    }
}

#[test]
fn remarks_go_to_stderr_so_that_a_pipe_sees_rows_only() {
    let ledger = Ledger::of("40");
    let page = run(&ledger.with(&["attempts", "--limit", "3"]));
    assert_eq!(stdout(&page).lines().count(), 4, "a header and three rows");
    assert!(stderr(&page).contains("--cursor"));
    let busy = run(&ledger.with(&[&["agents", "305", "--intervals"], &DAY[..]].concat()));
    assert!(stderr(&busy).contains("busy for") && !stdout(&busy).contains("busy for"));
    let out = ledger.room("agents.csv");
    let export = run(&ledger.with(&["export", "--what", "agents", "--format", "csv", "--out", text(&out)]));
    assert_eq!(stdout(&export), "");
    assert!(stderr(&export).contains(" rows, "), "{}", stderr(&export));
}

#[test]
fn there_is_colour_on_a_terminal_only_and_not_where_nobody_wants_it() {
    let ledger = Ledger::of("10");
    for question in [&["attempts"][..], &["agents"], &["queues"], &["rebuild"]] {
        let question = ledger.with(question);
        let piped = output(program().args(&question).env_remove("NO_COLOR"));
        assert!(piped.status.success() && !stdout(&piped).contains(ESCAPE), "{question:?}");
        assert!(!stderr(&piped).contains(ESCAPE), "{question:?}");
        assert!(on_a_terminal(&question, &[]).contains(BOLD), "{question:?} has a bold header");
    }
    let plain = ledger.with(&["attempts"]);
    for nobody in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert!(!on_a_terminal(&plain, &[nobody]).contains(BOLD), "{nobody:?}");
    }
    let rows = on_a_terminal(&ledger.with(&["attempts", "--format", "json"]), &[]);
    assert!(!rows.contains(BOLD), "JSON is never coloured");
    let failed = output(program().args(["status", "--data", "/nowhere"]).env_remove("NO_COLOR"));
    assert!(stderr(&failed).starts_with("error: "), "{}", stderr(&failed));
}
