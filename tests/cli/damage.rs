//! Damage to the log shows where people look, and all of it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::harness::{Ledger, printed, refused, stderr, stdout, text};
use crate::cli::small_segments::{ingest_small, pack};
use crate::support::program::run;

/// A ledger of a hundred attempts in packed segments of twenty.
fn ledger() -> Ledger {
    let ledger = Ledger::empty();
    for first in (1..=100).step_by(20) {
        let line = |id: u64| {
            format!(r#"{{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":{id}}}"#)
        };
        let lines: Vec<String> = (first..first + 20).map(line).collect();
        ingest_small(&ledger.path(), &lines.join("\n"));
    }
    pack(&ledger.path());
    ledger
}

fn packed(ledger: &Ledger) -> Vec<PathBuf> {
    let log = fs::read_dir(ledger.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    let mut packed: Vec<PathBuf> =
        log.filter(|path| path.extension().is_some_and(|extension| extension == "zst")).collect();
    packed.sort();
    assert!(packed.len() >= 3, "{packed:?}");
    packed
}

/// Flips a bit within the first frame of a sealed segment, in place, as a disk does.
fn rot(path: &Path) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 100).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 100).unwrap();
}

#[test]
fn a_sealed_segment_that_rots_under_a_running_server_shows_everywhere() {
    let ledger = ledger();
    let server = ledger.serve();
    server.catch_up();
    let status = ["status", "--url", &server.url];
    printed(&status);
    let victim = packed(&ledger).swap_remove(1);
    rot(&victim);
    let first: u64 = victim.file_name().unwrap().to_str().unwrap()[..20].parse().unwrap();
    server.get(&format!("/v1/events?after={}&limit=1", first - 1)).problem(500, "log_damaged");

    let name = text(&victim);
    let ready = server.get("/readyz?verbose");
    assert_eq!(ready.status, 200, "what is whole is served, and recording goes on");
    let line = ready.text().lines().find(|line| line.starts_with("segments: ")).unwrap().to_owned();
    assert!(line.contains("warning") && line.contains(name), "{line}");
    let damage = server.get("/v1/projections").expect(200)["log"]["damage"].clone();
    assert!(damage[0].as_str().is_some_and(|one| one.contains(name)), "{damage}");
    assert!(server.get("/metrics").text().contains("ledger_log_segments_damaged 1\n"));
    let output = run(&status);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(name) && stdout(&output).contains(name), "{}", stderr(&output));
    let output = run(&[&status[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(3));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["log_damage"][0].as_str().unwrap().contains(name), "{told}");
    let head = server.head();
    server.post("/v1/hooks/inbound_queue/joined", r#"{"attempt_id":"900"}"#).expect(201);
    assert_eq!(server.head(), head + 1);
}

#[test]
fn two_damaged_segments_are_both_named_and_the_rest_is_checked() {
    let ledger = ledger();
    printed(&ledger.with(&["verify"]));
    let packed = packed(&ledger);
    let (one, other) = (text(&packed[1]), text(&packed[2]));
    rot(&packed[1]);
    rot(&packed[2]);
    refused(&ledger.with(&["verify"]), 3, &[one, other, "in 2 places", "hint: restore"]);
    let output = run(&ledger.with(&["verify", "--json"]));
    assert_eq!(output.status.code(), Some(3));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    let damage = verdict["damage"].as_array().unwrap();
    assert_eq!(damage.len(), 2, "each place once, and nothing that follows from it: {verdict}");
    assert!(verdict["records"].as_u64().unwrap() >= 40, "the records of whole frames are read: {verdict}");
    // Without its first record the log does not open, and its files are judged one by one.
    rot(&packed[0]);
    refused(&ledger.with(&["verify"]), 3, &[text(&packed[0]), one, other, "3 of its files", "does not open"]);
}
