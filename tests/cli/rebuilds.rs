//! `rebuild` folds the read models from nothing, reports what differs, and swaps them in.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::cli::harness::{
    Ledger, json, json_lines, lines_of, printed, refused, seeded, stderr, stdout, text,
};
use crate::support::processes::spawn;
use crate::support::program::{program, run};
use crate::support::read_models::NAMES;

/// A ledger whose read models are there.
fn folded() -> Ledger {
    let ledger = Ledger::of("40");
    printed(&ledger.with(&["attempts"]));
    ledger
}

/// The cells of a table under its header, by the first of each row.
fn cells(table: &str) -> Vec<Vec<String>> {
    let rows = table.lines().skip(1).map(|line| line.split("  ").map(str::trim));
    rows.map(|row| row.filter(|cell| !cell.is_empty()).map(str::to_owned).collect()).collect()
}

#[test]
fn a_rebuild_tells_what_it_came_to_and_swaps_the_new_models_in() {
    let ledger = folded();
    let before = ledger.models();
    let told = printed(&ledger.with(&["rebuild"]));
    let rows = cells(&told);
    assert_eq!(rows.iter().take(NAMES.len()).map(|row| row[0].as_str()).collect::<Vec<_>>(), NAMES);
    for row in rows.iter().take(NAMES.len()) {
        assert_eq!((row[3].as_str(), &row[1], &row[4]), ("0", &row[2], &row[5]), "{told}");
        assert_eq!(row[4].len(), 12, "{told}");
    }
    assert!(told.lines().last().unwrap().starts_with("the new read models are in use: position "), "{told}");
    assert_ne!(ledger.models(), before);
    assert!(!before.exists(), "the old ones are gone");
    let one = printed(&ledger.with(&["rebuild", "offers"]));
    assert_eq!((cells(&one).len(), cells(&one)[0][0].as_str()), (2, "offers"));
}

#[test]
fn a_comparison_of_equal_models_changes_nothing() {
    let ledger = folded();
    let before = ledger.models();
    let told = printed(&ledger.with(&["rebuild", "--compare"]));
    assert!(told.contains("compared only; nothing was changed"), "{told}");
    assert_eq!(ledger.models(), before);
    assert!(!ledger.path().join("read-models").join("SHADOW").exists());
}

#[test]
fn tampered_models_differ_by_name_and_are_mended() {
    let ledger = folded();
    let listed = printed(&ledger.with(&["attempts", "--format", "csv"]));
    ledger.tamper("UPDATE attempts SET wait_ms = 123456, result = 'bribed' WHERE attempt_id = 48000007");
    ledger.tamper("DELETE FROM agents WHERE agent_id = 305");
    ledger.tamper("INSERT INTO agents VALUES (666, 'nobody', 1)");

    let output = run(&ledger.with(&["rebuild", "--compare"]));
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    for words in [
        "attempts [48000007]: ",
        "wait_ms 123456 → ",
        "result \"bribed\" → ",
        "agents [305]: was missing",
        "agents [666]: should not be there",
        "differ from a fresh fold of the log: attempts, agents",
    ] {
        assert!(said.contains(words), "{words} is missing in\n{said}");
    }
    let counts: Vec<(String, String)> = cells(&stdout(&output))
        .into_iter()
        .take(NAMES.len())
        .map(|row| (row[0].clone(), row[3].clone()))
        .collect();
    for (name, differences) in counts {
        let expected = match &*name {
            "attempts" => "1",
            "agents" => "2",
            _ => "0",
        };
        assert_eq!(differences, expected, "{name}");
    }
    // One read model that does not differ is compared alone.
    assert!(run(&ledger.with(&["rebuild", "offers", "--compare"])).status.success());
    // A rebuild that mends is done, whatever it found.
    let output = run(&ledger.with(&["rebuild"]));
    assert_eq!((output.status.code(), stderr(&output).contains("agents [666]")), (Some(0), true));
    printed(&ledger.with(&["rebuild", "--compare"]));
    assert_eq!(printed(&ledger.with(&["attempts", "--format", "csv"])), listed);
}

#[test]
fn every_difference_is_in_the_file_and_the_first_ones_on_stderr() {
    let ledger = folded();
    assert_eq!(ledger.tamper("UPDATE attempts SET talk_ms = coalesce(talk_ms, 0) + 1"), 40);
    let output = run(&ledger.with(&["rebuild", "--compare"]));
    let shown = stderr(&output).lines().filter(|line| line.contains("talk_ms")).count();
    assert_eq!(shown, 20);
    assert!(stderr(&output).contains("20 differences more"), "{}", stderr(&output));

    let file = ledger.room("differences.ndjson");
    let output = run(&ledger.with(&["rebuild", "--compare", "--differences", text(&file)]));
    assert_eq!(output.status.code(), Some(3));
    let differences = lines_of(&fs::read_to_string(&file).unwrap());
    let keys: Vec<i64> = differences.iter().map(|one| one["key"][0].as_i64().unwrap()).collect();
    assert_eq!(keys, (48_000_001..=48_000_040).collect::<Vec<_>>());
    for one in &differences {
        assert_eq!((&one["projection"], &one["table"]), (&"attempts".into(), &"attempts".into()));
        let talk = |side: &str| one[side]["talk_ms"].as_i64().unwrap_or_default();
        assert_eq!(talk("before"), talk("after") + 1);
    }
    assert!(!stderr(&output).contains("talk_ms"), "the file holds them: {}", stderr(&output));
}

#[test]
fn the_file_of_differences_appears_when_it_is_whole() {
    let ledger = folded();
    let file = ledger.room("differences.ndjson");
    fs::write(&file, "of yesterday").unwrap();
    let nowhere = ledger.room("nowhere");
    let question = ["rebuild", "--differences", text(&file), "--data", text(&nowhere)];
    refused(&question, 10, &["no ledger"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "of yesterday", "nothing was compared");
    printed(&ledger.with(&["rebuild", "--compare", "--differences", text(&file)]));
    assert_eq!(fs::read_to_string(&file).unwrap(), "", "there are none");
    let missing = ledger.room("missing").join("differences.ndjson");
    refused(&ledger.with(&["rebuild", "--differences", text(&missing)]), 1, &[text(&missing)]);
}

#[test]
fn models_that_are_not_there_cannot_be_compared_but_built() {
    let ledger = Ledger::of("40");
    let output = run(&ledger.with(&["rebuild", "--compare"]));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("could be compared") && stderr(&output).contains("without --compare"));
    let told = printed(&ledger.with(&["rebuild"]));
    assert!(told.contains("attempts: nothing to compare with: "), "{told}");
    printed(&ledger.with(&["rebuild", "--compare"]));
}

#[test]
fn progress_is_json_with_its_end_last() {
    let ledger = folded();
    for swap in [&["rebuild", "--json"][..], &["rebuild", "--json", "--compare"]] {
        let told = json_lines(&ledger.with(swap));
        assert_eq!(told[0]["phase"], "folding");
        assert_eq!(told.iter().filter(|one| one["phase"] == "done").count(), 1);
        let done = told.last().unwrap();
        assert_eq!((&done["phase"], &done["position"]), (&"done".into(), &done["head"]));
        let compared = done["compared"].as_array().unwrap();
        assert_eq!(compared.iter().map(|one| one["projection"].as_str().unwrap()).collect::<Vec<_>>(), NAMES);
        assert!(compared.iter().all(|one| one["digest_before"] == one["digest_after"]));
    }
}

#[test]
fn a_running_server_is_told_to_rebuild_and_goes_on_serving() {
    let ledger = folded();
    ledger.tamper("UPDATE attempts SET wait_ms = 123456 WHERE attempt_id = 48000007");
    let server = ledger.serve();
    let file = ledger.room("differences.ndjson");
    let at = |arguments: &[&'static str]| [arguments, &["--url", &server.url]].concat().join("\u{0}");
    let ask = |arguments: &[&'static str]| run(&at(arguments).split('\u{0}').collect::<Vec<_>>());

    let output = ask(&["rebuild", "--compare"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("attempts [48000007]: wait_ms 123456 → "), "{}", stderr(&output));
    let flags = ["rebuild", "--compare", "--differences", text(&file), "--url", &server.url];
    assert_eq!(run(&flags).status.code(), Some(3));
    assert_eq!(lines_of(&fs::read_to_string(&file).unwrap())[0]["key"][0], 48_000_007);

    let output = ask(&["rebuild", "attempts", "agents", "--json"]);
    let told = lines_of(&stdout(&output));
    let done: Vec<&Value> = told.iter().filter(|one| one["phase"] == "done").collect();
    assert_eq!(done.len(), 2, "one after the other: {told:?}");
    assert_eq!(
        (&done[0]["compared"][0]["projection"], &done[0]["compared"][0]["differences"]),
        (&"attempts".into(), &1.into())
    );
    let output = ask(&["rebuild", "--compare"]);
    assert!(output.status.success(), "it is mended: {}", stderr(&output));
    assert_eq!(cells(&stdout(&output)).len(), NAMES.len() + 1);
    let url = [&["attempts", "--format", "csv"][..], &["--url", &server.url]].concat();
    let served = printed(&url);
    assert!(!served.contains("123456"));
    drop(server);
    assert_eq!(printed(&ledger.with(&["attempts", "--format", "csv"])), served);
}

/// More records than one transaction of a rebuild covers, most of them cheap, and attempts on both sides of
/// its end.
fn long_log() -> Ledger {
    let ledger = Ledger::empty();
    let file = seeded(&ledger.room(""), "clean", "1000");
    let clean = fs::read_to_string(file).unwrap();
    let (first, rest) = clean.split_at(clean.match_indices('\n').nth(500).unwrap().0 + 1);
    let mut lines = first.to_owned();
    for number in 0..66_000 {
        writeln!(lines, "this is no JSON {number}").unwrap();
    }
    crate::cli::harness::ingest(&ledger.path(), &(lines + rest));
    ledger
}

/// The file that a rebuild fills, as soon as its tables are there.
fn shadow(ledger: &Ledger) -> Option<(PathBuf, Connection)> {
    let models = ledger.path().join("read-models");
    let note: Value = serde_json::from_str(&fs::read_to_string(models.join("SHADOW")).ok()?).ok()?;
    let path = models.join(note["file"].as_str()?);
    let file = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    reached(&file).map(|_| (path, file))
}

/// How far a rebuild has come.
fn reached(file: &Connection) -> Option<i64> {
    file.query_row("SELECT min(position) FROM projections", [], |row| row.get(0)).ok()
}

/// Looks again and again until there is something to see. `None` when the process ended before.
fn watched<T>(child: &mut Child, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::yield_now();
    }
}

/// Kills a rebuild when its first transaction is through. `None` when it was over before the kill.
fn killed_midway(ledger: &Ledger) -> Option<(PathBuf, i64)> {
    let mut command = program();
    command.args(ledger.with(&["rebuild"])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = spawn(&mut command);
    let seen = watched(&mut child, || shadow(ledger)).and_then(|(path, file)| {
        watched(&mut child, || reached(&file).filter(|position| *position > 0))
            .map(|position| (path, position))
    });
    child.kill().unwrap();
    let was_killed = !child.wait().unwrap().success();
    seen.filter(|_| was_killed)
}

#[test]
fn a_rebuild_that_was_killed_goes_on_where_it_was_and_ends_equal() {
    let ledger = long_log();
    // A machine that is busy elsewhere may miss the moment: then it is tried again from nothing.
    let (path, position) = (0..10)
        .find_map(|_| {
            let _ = fs::remove_dir_all(ledger.path().join("read-models"));
            killed_midway(&ledger)
        })
        .expect("a rebuild can be killed before it is over");
    let file = fs::metadata(&path).unwrap().ino();
    let told = json_lines(&ledger.with(&["rebuild", "--json"]));
    assert_eq!(told[0]["position"].as_i64(), Some(position), "it goes on: {}", told[0]);
    assert_eq!((ledger.models(), fs::metadata(ledger.models()).unwrap().ino()), (path, file));
    let (done, head) = (told.last().unwrap(), json(&ledger.with(&["status", "--json"]))["head"].clone());
    assert_eq!((&done["phase"], &done["position"]), (&"done".into(), &head));
    // Comparing the refusals row by row would take longer than everything else.
    let others = NAMES.into_iter().filter(|name| *name != "refusals");
    let compare: Vec<&str> = ["rebuild", "--compare", "--json"].into_iter().chain(others).collect();
    let compared = json_lines(&ledger.with(&compare));
    for one in compared.last().unwrap()["compared"].as_array().unwrap() {
        assert_eq!((&one["differences"], &one["rows_before"]), (&0.into(), &one["rows_after"]), "{one}");
    }
    let models = Connection::open(ledger.models()).unwrap();
    let refusals: i64 = models.query_row("SELECT count(*) FROM refusals", [], |row| row.get(0)).unwrap();
    assert_eq!(refusals, 66_000);
}
