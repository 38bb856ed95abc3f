//! A table that is cut says so, and a timeline shows what was refused and what was corrected.

use serde_json::{Value, json};

use crate::cli::harness::{DAY, Ledger, ingest, json, printed, refused, stderr, stdout};
use crate::support::program::{run, run_on};

/// What a question that is answered says on standard error.
fn said(question: &[&str]) -> String {
    let output = run(question);
    assert!(output.status.success(), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn a_table_that_is_cut_says_how_to_go_on() {
    let ledger = Ledger::of("60");
    let asked = |more: &[&str]| said(&ledger.with(&[&["queues", "17"], &DAY[..], more].concat()));
    let explain = ["--explain", "n_offered", "--counted-only"];
    let cut = asked(&[&explain[..], &["--limit", "3"]].concat());
    let cursor = cut.strip_prefix("there are more: --cursor ").expect(&cut).split(',').next().unwrap();
    let rest = asked(&[&explain[..], &["--limit", "1000", "--cursor", cursor]].concat());
    assert_eq!(rest, "", "nothing is left");
    let changed = asked(&["--explain", "n_offered", "--changed-since", "1", "--limit", "2"]);
    assert!(changed.contains(" attempts changed, and 2 are shown; --limit"), "{changed}");
    assert!(said(&ledger.with(&["agents", "--limit", "2"])).starts_with("there are more: --cursor "));
}

/// An attempt with a hook under no known queue type, a Joined, and a hook of no event.
fn misnamed() -> Ledger {
    let ledger = Ledger::empty();
    for (event, queue_type) in [("offering", "x"), ("joined", "1"), ("hold", "1")] {
        let said = r#""attempt_id":7,"queue_id":17,"timestamp":1784700000000"#;
        let line = format!("{{\"event\":\"{event}\",\"queue_type\":\"{queue_type}\",{said}}}\n");
        ingest(&ledger.path(), &line);
    }
    ledger
}

#[test]
fn a_timeline_shows_every_refused_delivery_and_counts_it() {
    let ledger = misnamed();
    let shown = printed(&ledger.with(&["timeline", "7"]));
    assert!(shown.contains("refused by unknown_queue_type, counted"), "{shown}");
    assert!(shown.contains("none of the eight    unknown_event: "), "{shown}");
    let server = ledger.serve();
    let attempt = server.get("/v1/attempts/7").expect(200);
    assert_eq!(attempt["refused"], 2, "{attempt}");
}

#[test]
fn a_correction_names_the_refusal_in_whose_place_it_stands() {
    let ledger = misnamed();
    let list = json(&ledger.with(&["refusals", "list", "--json", "--rule", "unknown_queue_type"]));
    let refusal_id = list["refusals"][0]["refusal_id"].as_str().unwrap();
    printed(&ledger.with(&["refusals", "send", refusal_id, "--queue-type", "1"]));
    let shown = printed(&ledger.with(&["timeline", "7"]));
    assert!(shown.contains(&format!("corrects {refusal_id}")), "{shown}");
    assert!(shown.contains(&format!("unknown_queue_type, replayed: {refusal_id}")), "{shown}");
    let past = printed(&ledger.with(&["timeline", "7", "--as-of", "3"]));
    assert!(past.lines().next().unwrap().ends_with(" · as of position 3"), "{past}");
    assert!(!past.contains("corrects"), "{past}");
}

#[test]
fn a_change_names_refused_steps_and_dismissals_and_nothing_that_bears_on_no_number() {
    let ledger = Ledger::empty();
    for (event, second) in [("joined", 0), ("leaving", 9), ("hold", 3), ("leaving", 7)] {
        let said = r#""queue_type":1,"queue_id":17,"attempt_id":7"#;
        let at = 1_784_700_000_000_u64 + 1_000 * second;
        ingest(&ledger.path(), &format!("{{\"event\":\"{event}\",{said},\"timestamp\":{at}}}\n"));
    }
    printed(&ledger.with(&["refusals", "dismiss", "--rule", "left_only_once"]));
    let since = ["queues", "17", "--explain", "n_left", "--changed-since", "1"];
    let told = printed(&ledger.with(&[&since, &DAY[..]].concat()));
    let causes = "Leaving at position 2, refused Leaving at position 4, dismissed at position 5";
    assert!(told.contains(causes), "{told}");
}

#[test]
fn hints_of_routes_are_shown_as_they_are_typed() {
    let ledger = Ledger::of("5");
    let history = ["export", "--what", "queue-history", "--format", "csv", "--out", "-"];
    refused(&ledger.with(&history), 2, &["`--from now-7d`"]);
    printed(&ledger.with(&["attempts", "--from", "2026-07-22 10:00"]));
    let unknown = run_on(
        json!({ "attempt_id": 1, "event": "joined", "queue_type": "x" }).to_string().as_bytes(),
        &ledger.with(&["ingest", "-", "--json"]),
    );
    let counts: Value = serde_json::from_str(&stdout(&unknown)).unwrap();
    assert_eq!(counts["rules"], json!({ "unknown_queue_type": 1 }));
}
