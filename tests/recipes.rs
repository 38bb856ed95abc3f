//! docs/recipes.md and the examples of docs/delivery.md, command by command: what people are to type works
//! and finds something.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::processes::{need, printed};
use crate::support::program::{Program, program};
use crate::support::python::python_with;
use crate::support::script::run_script;

const RECIPES: &str = include_str!("../docs/recipes.md");
const DELIVERY: &str = include_str!("../docs/delivery.md");

/// The texts of the blocks of a page that are fenced as `language`.
fn blocks(page: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let begun = page.split(&fence).skip(1);
    begun.map(|rest| rest.split_once("```").expect("every block ends").0).collect()
}

fn ledger(directory: &Path, arguments: &[&str]) {
    printed(program().current_dir(directory).env("ATTEMPT_LEDGER_DATA", "data").args(arguments));
}

/// Three days of traffic, so that callers can call again and weekdays differ.
fn record_three_days(directory: &Path) {
    let day_ms = 24 * 60 * 60 * 1_000;
    for day in 0_i64..3 {
        let start_ms = (1_784_678_400_000 + day * day_ms).to_string();
        let first = (48_000_001 + day * 1_000_000).to_string();
        let seed = (42 + day).to_string();
        let (one, two) = (["--seed", &seed, "--first-attempt-id", &first], ["--start-ms", &start_ms]);
        let common = ["seed", "--attempts", "1500", "--out", "day.ndjson"];
        ledger(directory, &[&common[..], &one, &two].concat());
        ledger(directory, &["ingest", "day.ndjson"]);
    }
}

/// Two callers who give up, one of whom calls again after ten minutes and is answered; and a member who is
/// reached at the second try. The queries' answers about these two queues are known.
fn record_what_is_known(directory: &Path) {
    let at = |minute: i64| (1_784_700_000_000 + minute * 60_000).to_string();
    let inbound = |attempt_id: i64, event: &str, minute: i64, destination: &str| {
        json!({
            "event": event, "queue_type": "inbound_queue", "queue_id": "900", "attempt_id": attempt_id,
            "timestamp": at(minute), "destination": destination, "cc_result": "abandoned",
        })
    };
    let dialled = |attempt_id: i64, event: &str, minute: i64, attempt_seq: i64| {
        json!({
            "event": event, "queue_type": "progressive_dialer", "queue_id": "901", "attempt_id": attempt_id,
            "timestamp": at(minute), "member_id": "5", "cc_attempt_seq": attempt_seq,
        })
    };
    let deliveries = [
        inbound(1, "joined", 0, "+380501112233"),
        inbound(1, "leaving", 1, "+380501112233"),
        inbound(2, "joined", 0, "+380504445566"),
        inbound(2, "leaving", 1, "+380504445566"),
        inbound(3, "joined", 11, "+380501112233"),
        inbound(3, "bridged", 12, "+380501112233"),
        inbound(3, "leaving", 15, "+380501112233"),
        dialled(4, "offering", 0, 1),
        dialled(4, "leaving", 1, 1),
        dialled(5, "offering", 60, 2),
        dialled(5, "bridged", 61, 2),
        dialled(5, "leaving", 62, 2),
    ];
    let lines: String = deliveries.iter().map(|delivery| format!("{delivery}\n")).collect();
    fs::write(directory.join("known.ndjson"), lines).unwrap();
    ledger(directory, &["ingest", "known.ndjson", "--strict"]);
    let known = json!([[900, 2, 1, 1, 50.0, 10.0], [901, 1, 2, 2.0, 2, 100.0]]);
    fs::write(directory.join("known.json"), known.to_string()).unwrap();
}

#[test]
fn every_export_and_every_query_of_the_recipes_works_and_finds_something() {
    let directory = tempfile::tempdir().unwrap();
    record_three_days(directory.path());
    record_what_is_known(directory.path());
    let commands: Vec<&str> = blocks(RECIPES, "sh").into_iter().flat_map(str::lines).collect();
    assert!(commands.len() >= 5);
    for line in commands {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["attempt-ledger", arguments @ ..] = words.as_slice() else {
            panic!("this test cannot run `{line}`");
        };
        ledger(directory.path(), arguments);
    }
    let queries = blocks(RECIPES, "sql");
    for (engine, at_least) in [("-- DuckDB\n", 6), ("-- SQLite\n", 1)] {
        assert!(queries.iter().filter(|query| query.starts_with(engine)).count() >= at_least);
    }
    fs::write(directory.path().join("queries.json"), json!(queries).to_string()).unwrap();
    run_script(&python_with(&["duckdb==2.0.0"]), "tests/recipes/run.py", &[directory.path()]);
}

#[test]
fn the_examples_of_the_three_modes_of_cloud_events_are_recorded_with_their_envelopes() {
    need("curl");
    let directory = tempfile::tempdir().unwrap();
    let server = Program::start(directory.path());
    let mut examples = blocks(DELIVERY, "sh");
    examples.retain(|block| block.contains("ce-specversion"));
    let examples = examples.concat().replace("http://127.0.0.1:7878", &server.url);
    let said = printed(Command::new("sh").arg("-ec").arg(examples));
    assert!(!said.contains("refused\":1") && !said.contains("problems"), "{said}");
    for id in 1..=3 {
        let page = server.get(&format!("/v1/attempts/{}/events", 10 + id)).expect(200);
        let event = &page["events"][0];
        assert_eq!(event["occurred_at"], 1_784_714_400_250_i64, "{page}");
        let envelope = &event["address"]["envelope"];
        assert_eq!((&envelope["source"], &envelope["id"]), (&json!("/dialer/café"), &json!(id.to_string())));
    }
}
