//! Every number a second time: SQL over the exported events, which shares no code with us, must agree to the last
//! digit.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "oracle/days.rs"]
mod days;
#[path = "support/python.rs"]
mod python;
#[path = "oracle/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use attempt_ledger_domain::UnixMillis;
use tempfile::TempDir;

use days::Day;
use server::Server;

/// A Wednesday.
const ORDINARY: UnixMillis = UnixMillis(1_784_678_400_000);
/// 2025-10-25T06:00Z: the night after it has one hour twice in Kyiv.
const LONG_NIGHT: UnixMillis = UnixMillis(1_761_372_000_000);
/// 2026-03-28T06:00Z: the night after it lacks an hour in Kyiv.
const SHORT_NIGHT: UnixMillis = UnixMillis(1_774_677_600_000);

fn days() -> [Day; 4] {
    let seed = match std::env::var("ATTEMPT_LEDGER_TEST_SEED") {
        Ok(text) => text.parse().expect("ATTEMPT_LEDGER_TEST_SEED is a number"),
        Err(_) => rand::random(),
    };
    eprintln!("ATTEMPT_LEDGER_TEST_SEED={seed}");
    [
        Day { seed: 1, start: ORDINARY, lost: 0, unregistered: 0 },
        Day { seed: 2, start: LONG_NIGHT, lost: 10, unregistered: 0 },
        Day { seed: 3, start: SHORT_NIGHT, lost: 3, unregistered: 25 },
        Day { seed, start: ORDINARY, lost: 5, unregistered: 10 },
    ]
}

fn oracle(command: &str, events: &Path, other: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py");
    let python = python::python_with(&["duckdb==2.0.0"]);
    // -B: no compiled files beside the sources.
    Command::new(python).arg("-B").arg(script).arg(command).arg(events).arg(other).output().unwrap()
}

fn agrees(command: &str, events: &Path, other: &Path) {
    let output = oracle(command, events, other);
    let said = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    eprint!("{command} {}: {said}", events.display());
    assert!(output.status.success(), "{command} {}:\n{said}{stderr}", events.display());
}

/// A recorded day with a server over it, and the files that were exported from it.
struct Recorded {
    folder: TempDir,
    events: PathBuf,
    timelines: PathBuf,
}

impl Recorded {
    fn of(day: Day) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        tokio::runtime::Runtime::new().unwrap().block_on(day.record_into(&data));
        let (events, timelines) = (folder.path().join("events"), folder.path().join("timelines"));
        let server = Server::start(&data);
        let attempts = server.export_events(&events);
        assert!(attempts.len() > 500, "only {} attempts", attempts.len());
        server.export_timelines(&attempts, &timelines);
        Self { folder, events, timelines }
    }
}

#[test]
fn sql_agrees_with_numbers_worked_out_by_hand() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/golden");
    let mut sheets = 0;
    for entry in std::fs::read_dir(&golden).unwrap() {
        let sheet = entry.unwrap().path();
        if sheet.extension().is_some_and(|extension| extension == "expected") {
            agrees("golden", &sheet.with_extension("ndjson"), &sheet);
            sheets += 1;
        }
    }
    assert!(sheets >= 8, "only {sheets} sheets");
}

#[test]
fn sql_agrees_with_the_timelines_of_generated_days() {
    for day in days() {
        let recorded = Recorded::of(day);
        agrees("timelines", &recorded.events, &recorded.timelines);
    }
}

#[test]
fn a_wrong_number_is_found_and_named() {
    let recorded = Recorded::of(days()[0]);
    let told = std::fs::read_to_string(&recorded.timelines).unwrap();
    let wait = told.find("\"wait_ms\":").unwrap() + "\"wait_ms\":".len();
    let wrong = recorded.folder.path().join("wrong");
    std::fs::write(&wrong, format!("{}9{}", &told[..wait], &told[wait..])).unwrap();
    let output = oracle("timelines", &recorded.events, &wrong);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("wait_ms: we say 9"), "{said}");
    assert!(said.ends_with("1 differences\n"), "{said}");
}
