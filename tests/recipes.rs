//! docs/recipes.md, command by command: what it tells people to type works and finds something.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/python.rs"]
mod python;
#[path = "files/script.rs"]
mod script;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use crate::python::python_with;
use crate::script::run_script;

const RECIPES: &str = include_str!("../docs/recipes.md");

/// The texts of the blocks that are fenced as `language`.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let begun = RECIPES.split(&fence).skip(1);
    begun.map(|rest| rest.split_once("```").expect("every block ends").0).collect()
}

fn program(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
    command.current_dir(directory).env("ATTEMPT_LEDGER_DATA", "data").env_remove("ATTEMPT_LEDGER_URL");
    let output = command.args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "attempt-ledger {arguments:?} failed:\n{errors}");
    output
}

/// Three days of traffic, so that callers can call again and weekdays differ.
fn record_three_days(directory: &Path) {
    let day_ms = 24 * 60 * 60 * 1_000;
    for day in 0_i64..3 {
        let start_ms = (1_784_678_400_000 + day * day_ms).to_string();
        let first = (48_000_001 + day * 1_000_000).to_string();
        let seed = (42 + day).to_string();
        program(
            directory,
            &[
                "seed",
                "--attempts",
                "1500",
                "--seed",
                &seed,
                "--first-attempt-id",
                &first,
                "--start-ms",
                &start_ms,
                "--out",
                "day.ndjson",
            ],
        );
        program(directory, &["ingest", "day.ndjson"]);
    }
}

#[test]
fn every_export_and_every_query_of_the_recipes_works_and_finds_something() {
    let directory = tempfile::tempdir().unwrap();
    record_three_days(directory.path());
    let commands: Vec<&str> = blocks("sh").into_iter().flat_map(str::lines).collect();
    assert!(commands.len() >= 5);
    for line in commands {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["attempt-ledger", arguments @ ..] => drop(program(directory.path(), arguments)),
            ["mv", from, to] => {
                fs::rename(directory.path().join(from), directory.path().join(to)).unwrap();
            }
            _ => panic!("this test cannot run `{line}`"),
        }
    }
    let queries = blocks("sql");
    for (engine, at_least) in [("-- DuckDB\n", 6), ("-- SQLite\n", 1)] {
        assert!(queries.iter().filter(|query| query.starts_with(engine)).count() >= at_least);
    }
    fs::write(directory.path().join("queries.json"), json!(queries).to_string()).unwrap();
    run_script(&python_with(&["duckdb==2.0.0"]), "tests/recipes/run.py", &[directory.path()]);
}
