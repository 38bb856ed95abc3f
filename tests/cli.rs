//! The program as its user runs it.

mod agree;
mod backups;
mod damage;
mod environment;
mod evidence;
mod explaining;
mod exports;
mod fields;
mod full_disks;
mod full_or_closed;
mod harness;
mod kills;
mod links;
mod loading;
mod long_lines;
mod models_place;
mod observations;
mod package;
mod progress;
mod rebuilds;
mod refusals;
mod rights;
mod small_segments;
mod snapshots;
mod status;
mod streams;
mod usage;
mod verifying;
mod visible;
mod whole_files;

use serde_json::Value;

use crate::support::program::{Program, run, run_on, run_with};
use harness::{json, seeded, stdout, text};

#[test]
fn equal_seeds_give_equal_bytes() {
    let first = run(&["seed", "--attempts", "20"]);
    let second = run(&["seed", "--attempts", "20"]);
    let other = run(&["seed", "--attempts", "20", "--seed", "43"]);
    assert!(first.stdout.len() > 10_000);
    assert_eq!(first.stdout, second.stdout);
    assert_ne!(first.stdout, other.stdout);
}

#[test]
fn a_file_is_loaded_once_however_often_it_is_ingested() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = seeded(directory.path(), "clean", "100");
    let data = directory.path().join("ledger");
    let lines = std::fs::read_to_string(&file).expect("a file").lines().count();
    let ingest = ["ingest", text(&file), "--data", text(&data), "--json"];
    let first = json(&ingest);
    assert_eq!(
        (first["lines"].as_u64(), first["recorded"].as_u64()),
        (Some(lines as u64), Some(lines as u64))
    );
    let second = json(&ingest);
    assert_eq!((second["recorded"].as_u64(), second["duplicates"].as_u64()), (Some(0), Some(lines as u64)));
    let verified = json(&["verify", "--data", text(&data), "--json"]);
    assert_eq!(verified["records"].as_u64(), Some(lines as u64));
    let status = json(&["status", "--data", text(&data), "--json"]);
    assert_eq!(status["head"].as_u64(), Some(lines as u64));
}

#[test]
fn refused_lines_are_counted_kept_and_written_to_the_rejects_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = seeded(directory.path(), "broken", "60");
    let data = directory.path().join("ledger");
    let rejects = directory.path().join("rejects.ndjson");
    let arguments =
        ["ingest", text(&file), "--data", text(&data), "--rejects", text(&rejects), "--strict", "--json"];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(4), "refused under --strict");
    let counts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let refused = counts["refused"].as_u64().expect("a number");
    assert!(refused > 10);
    let source = std::fs::read_to_string(&file).expect("a file");
    let source: Vec<&str> = source.lines().collect();
    let rejects = std::fs::read_to_string(&rejects).expect("a file");
    assert_eq!(rejects.lines().count() as u64, refused);
    for reject in rejects.lines() {
        let reject: Value = serde_json::from_str(reject).expect("JSON");
        let number = usize::try_from(reject["line"].as_u64().expect("a line")).expect("fits");
        assert_eq!(reject["body"].as_str(), Some(source[number - 1]));
    }
}

#[test]
fn an_interrupted_ingest_says_so_and_goes_on_where_it_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = seeded(directory.path(), "clean", "50");
    let data = directory.path().join("ledger");
    let bytes = std::fs::read(&file).expect("a file");
    // What a run leaves that was killed after 40 lines.
    let forty = bytes.split_inclusive(|byte| *byte == b'\n').take(40).map(<[u8]>::len).sum::<usize>();
    let part = directory.path().join("part.ndjson");
    std::fs::write(&part, &bytes[..forty]).expect("written");
    json(&["ingest", text(&part), "--data", text(&data), "--json"]);
    let counts = r#"{"lines":40,"recorded":40,"duplicates":0,"refused":0}"#;
    let progress = format!(r#"{{"bytes_done":{forty},"counts":{counts}}}"#);
    let progress_file = directory.path().join("clean.ndjson.ingest-progress");
    std::fs::write(&progress_file, progress).expect("written");

    let refused = run(&["ingest", text(&file), "--data", text(&data)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--resume"));

    let resumed = json(&["ingest", text(&file), "--data", text(&data), "--resume", "--json"]);
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(resumed["recorded"].as_u64(), Some(lines));
    assert_eq!(resumed["duplicates"].as_u64(), Some(0), "nothing was sent twice");
    assert!(!progress_file.exists(), "a finished ingest leaves nothing behind");
}

#[test]
fn a_running_server_takes_a_file_and_shows_a_timeline() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("ledger");
    let server = Program::start(&data);
    let file = seeded(directory.path(), "clean", "30");
    let counts = json(&["ingest", text(&file), "--url", &server.url, "--batch", "7", "--json"]);
    assert_eq!(counts["recorded"], counts["lines"]);
    let first: Value =
        serde_json::from_str(std::fs::read_to_string(&file).expect("a file").lines().next().expect("a line"))
            .expect("JSON");
    let id = first["attempt_id"].as_str().expect("an id");
    let asked = json(&["timeline", id, "--url", &server.url, "--json"]);
    assert_eq!(asked["attempt_id"].to_string(), id);
    assert_eq!(json(&["status", "--url", &server.url, "--json"])["head"], counts["recorded"]);
    // The directory belongs to the server while it runs.
    let locked = run(&["timeline", id, "--data", text(&data)]);
    assert_eq!(locked.status.code(), Some(11));
    assert!(String::from_utf8_lossy(&locked.stderr).contains("--url"));
    drop(server);
    let mut read = json(&["timeline", id, "--data", text(&data), "--json"]);
    read["as_of"] = asked["as_of"].clone();
    assert_eq!(read, asked, "the same story from the files");
}

#[test]
fn standard_input_is_read_and_addressed_by_flags() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("ledger");
    let flags = ["--queue-type", "1", "--event", "joined", "--json"];
    let arguments = [&["ingest", "-", "--data", text(&data)][..], &flags].concat();
    let output = run_on(b"{\"attempt_id\":7}\r\n\n{\"attempt_id\":8}", &arguments);
    let counts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(counts["recorded"].as_u64(), Some(2));
    assert_eq!(json(&["timeline", "8", "--data", text(&data), "--json"])["state"], "waiting");
}

#[test]
fn a_timeline_is_drawn_as_lanes_with_the_refused_sibling_in_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("ledger");
    let traces = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces");
    let trace = format!("{traces}/18_reordered_duplicated_double_leaving.ndjson");
    let hooks = ["offering", "joined", "bridged", "bridged", "leaving", "processing", "leaving"];
    let lines = std::fs::read_to_string(trace).expect("a trace");
    for (line, hook) in lines.lines().zip(hooks) {
        let arguments = ["ingest", "-", "--data", text(&data), "--queue-type", "1", "--event", hook];
        assert!(run_on(line.as_bytes(), &arguments).status.success());
    }
    let drawn = stdout(&run(&["timeline", "48290001", "--data", text(&data), "--width", "100"]));
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines[0], "Attempt 48290001 · inbound_queue · queue 17 · left (timeout)");
    assert_eq!(lines[1], "wait 0:04.009   talk 0:56.028   wrap 0:30.162   missed 0 by agent, 0 by caller");
    assert_eq!(lines[2], "class answered   ended by caller   cause NORMAL_CLEARING   SIP 200");
    assert_eq!(lines[3], "flags: conflict");
    assert!(lines[6].starts_with("subscriber                WWWT"), "{drawn}");
    let agent = lines.iter().find(|line| line.starts_with("agent 301 Олена Коваль")).expect(&drawn);
    assert!(
        agent.contains("RRR") && agent.contains("TTTT 0:56.028 TTTT") && agent.ends_with("PPP!"),
        "{drawn}"
    );
    let local = ["timeline", "48290001", "--data", text(&data), "--timezone", "Europe/Kyiv"];
    let local = stdout(&run(&local));
    assert!(local.contains("occurred (Europe/Kyiv)") && local.contains("2026-07-22 21:01:30.211"), "{local}");
    let sibling = lines.last().expect("a last line");
    assert!(sibling.starts_with("2026-07-22 18:01:30.211  Leaving"), "{drawn}");
    assert!(sibling.contains("refused by left_only_once") && sibling.contains("not counted"), "{drawn}");
}

#[test]
fn the_demo_loads_its_day_into_a_directory_that_goes_with_it() {
    let temporary = tempfile::tempdir().expect("a directory");
    let demo = ["demo", "--load-only", "--attempts", "20", "--listen", "127.0.0.1:0"];
    let output = run_with(&[("TMPDIR", text(temporary.path()))], &demo);
    assert!(output.status.success(), "{output:?}");
    let left = std::fs::read_dir(temporary.path()).expect("it is there").count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn wrong_usage_and_missing_ledgers_have_exit_codes_of_their_own() {
    let directory = tempfile::tempdir().expect("a directory");
    assert_eq!(run(&["timeline", "not-a-number"]).status.code(), Some(2));
    assert_eq!(run(&["status", "--data", text(directory.path())]).status.code(), Some(10));
    assert_eq!(run(&["ingest", "/nowhere", "--data", text(directory.path())]).status.code(), Some(1));
    for command in
        ["serve", "demo", "ingest", "timeline", "seed", "verify", "status", "refusals", "backup", "restore"]
    {
        let help = run(&[command, "--help"]);
        assert!(help.status.success() && stdout(&help).contains("Usage:"), "{command}");
    }
}
