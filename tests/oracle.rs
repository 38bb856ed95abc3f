//! Every number a second time: SQL over the exported events, which shares no code with us, must agree to the
//! last digit.

mod disorder;
mod exports;
mod models;
mod runs;
mod traces;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::UnixMillis;
use tempfile::TempDir;

use crate::support::days::Day;
use crate::support::program::Program;
use crate::support::python::python_with;
use crate::support::recording::{Arrival, record};
use crate::support::script::try_script;
use crate::support::seed::seed;
use disorder::{Timing, disordered_runs, in_another_order};
use exports::{export_events, export_timelines};

/// A Wednesday.
const ORDINARY: UnixMillis = UnixMillis(1_784_678_400_000);
/// 2025-10-25T06:00Z: the night after it has one hour twice in Kyiv.
const LONG_NIGHT: UnixMillis = UnixMillis(1_761_372_000_000);
/// 2026-03-28T06:00Z: the night after it lacks an hour in Kyiv.
const SHORT_NIGHT: UnixMillis = UnixMillis(1_774_677_600_000);
/// How many attempts the widest test draws; without it that test draws few.
const WIDTH_VARIABLE: &str = "ATTEMPT_LEDGER_TEST_ATTEMPTS";

/// What is delivered to each of the ledgers under test.
fn deliveries() -> Vec<Vec<Arrival>> {
    let seed = seed();
    let usual = Day { seed, start: ORDINARY, scenario: Scenario::Normal, lost: 5, unregistered: 10 };
    let days = [
        Day { seed: 1, lost: 0, unregistered: 0, ..usual },
        Day { seed: 2, start: LONG_NIGHT, lost: 10, unregistered: 0, ..usual },
        Day { seed: 3, start: SHORT_NIGHT, lost: 3, unregistered: 25, ..usual },
        Day { seed: 4, scenario: Scenario::Broken, ..usual },
        usual,
    ];
    let random = [runs::random_runs(1, 1_000, LONG_NIGHT), runs::random_runs(seed, 1_000, SHORT_NIGHT)];
    days.iter().map(Day::arrivals).chain(random).collect()
}

/// How many attempts are drawn from a new seed each, and of how many.
fn seeds_and_attempts() -> (u64, i64) {
    const ATTEMPTS_OF_SEED: i64 = 1_000;
    match std::env::var(WIDTH_VARIABLE) {
        Ok(text) => {
            let attempts: u64 =
                text.parse().unwrap_or_else(|_| panic!("{WIDTH_VARIABLE} is no number: {text}"));
            (attempts.div_ceil(ATTEMPTS_OF_SEED.unsigned_abs()), ATTEMPTS_OF_SEED)
        }
        Err(_) => (1, 400),
    }
}

fn oracle(command: &str, events: &Path, other: &Path) -> Output {
    let arguments = [OsStr::new(command), events.as_os_str(), other.as_os_str()];
    try_script(&python_with(&["duckdb==2.0.0"]), "tests/oracle/oracle.py", &arguments)
}

fn agrees(command: &str, events: &Path, other: &Path) {
    let output = oracle(command, events, other);
    let said = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    eprint!("{command} {}: {said}", events.display());
    assert!(output.status.success(), "{command} {}:\n{said}{stderr}", events.display());
}

/// A ledger with a server over it, and the files that were exported from it.
struct Recorded {
    folder: TempDir,
    events: PathBuf,
    timelines: PathBuf,
}

impl Recorded {
    fn of(arrivals: &[Arrival]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let log = EmbeddedLog::open(&data, &EmbeddedOptions::default()).unwrap();
        drop(tokio::runtime::Runtime::new().unwrap().block_on(record(Arc::new(log), arrivals)));
        let (events, timelines) = (folder.path().join("events"), folder.path().join("timelines"));
        let server = Program::start(&data);
        let attempts = export_events(&server, &events);
        export_timelines(&server, &attempts, &timelines);
        Self { folder, events, timelines }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
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
fn sql_agrees_with_the_manifest_and_the_timelines_of_the_traces() {
    let (arrivals, sheet) = traces::traces();
    assert!(sheet.lines().count() >= 15, "the manifest says little:\n{sheet}");
    let recorded = Recorded::of(&arrivals);
    agrees("golden", &recorded.events, &recorded.file("sheet", &sheet));
    agrees("timelines", &recorded.events, &recorded.timelines);
}

#[test]
fn sql_agrees_with_the_timelines_of_generated_days_and_of_random_runs() {
    for arrivals in deliveries() {
        let recorded = Recorded::of(&arrivals);
        agrees("timelines", &recorded.events, &recorded.timelines);
    }
}

#[test]
fn sql_agrees_with_the_read_models_of_generated_days_and_of_random_runs() {
    for arrivals in deliveries() {
        let recorded = Recorded::of(&arrivals);
        let (read_models, answers) = models::of(recorded.folder.path());
        agrees("compare", &recorded.events, &read_models);
        agrees("answers", &recorded.events, &answers);
    }
}

#[test]
fn sql_agrees_with_everything_that_is_told_of_disordered_runs() {
    let (seeds, attempts) = seeds_and_attempts();
    let first = seed();
    for seed in [1].into_iter().chain((0..seeds).map(|nth| first + nth)) {
        println!("{attempts} attempts of seed {seed}");
        let recorded = Recorded::of(&disordered_runs(seed, attempts, ORDINARY, Timing::Half));
        agrees("timelines", &recorded.events, &recorded.timelines);
        let (read_models, answers) = models::of(recorded.folder.path());
        agrees("compare", &recorded.events, &read_models);
        agrees("answers", &recorded.events, &answers);
    }
}

#[test]
fn timed_deliveries_give_the_same_rows_in_any_order() {
    let (seeds, attempts) = seeds_and_attempts();
    let first = seed();
    for seed in [1].into_iter().chain((0..seeds).map(|nth| first + nth)) {
        println!("{attempts} attempts of seed {seed}");
        let arrivals = disordered_runs(seed, attempts, ORDINARY, Timing::Whole);
        let orders = [1, 2].map(|nth| Recorded::of(&in_another_order(&arrivals, seed + nth)));
        let [one, other] = orders.each_ref().map(|recorded| models::of(recorded.folder.path()).0);
        agrees("same", &one, &other);
        agrees("compare", &orders[0].events, &one);
    }
}

#[test]
fn a_wrong_number_is_found_and_named() {
    let recorded = Recorded::of(&deliveries()[0]);
    let told = std::fs::read_to_string(&recorded.timelines).unwrap();
    let wait = told.find("\"wait_ms\":").unwrap() + "\"wait_ms\":".len();
    let wrong = recorded.file("wrong", &format!("{}9{}", &told[..wait], &told[wait..]));
    let output = oracle("timelines", &recorded.events, &wrong);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("wait_ms: we say 9"), "{said}");
    assert!(said.ends_with(" compared, 1 differences\n"), "{said}");
}
