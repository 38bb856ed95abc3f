//! `verify` holds the read models against a fresh fold of the log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::harness::{Ledger, json, printed, refused, stderr, stdout, text};
use crate::cli::small_segments::{ingest_small, pack};
use crate::support::processes;
use crate::support::program::run;

/// A ledger whose read models are there.
fn folded() -> Ledger {
    let ledger = Ledger::of("40");
    printed(&ledger.with(&["attempts"]));
    ledger
}

#[test]
fn equal_read_models_are_told_with_their_digests() {
    let ledger = Ledger::of("40");
    assert!(printed(&ledger.with(&["verify"])).ends_with("read models: none yet\n"));
    assert_eq!(json(&ledger.with(&["verify", "--json"]))["read_models"], serde_json::json!([]));
    printed(&ledger.with(&["attempts"]));
    let told = printed(&ledger.with(&["verify"]));
    assert!(
        told.starts_with("intact: ") && told.ends_with("read models: 9 of 9 equal a fresh fold of the log\n")
    );
    let verdict = json(&ledger.with(&["verify", "--json"]));
    for checked in verdict["read_models"].as_array().unwrap() {
        assert_eq!((&checked["state"], &checked["differences"]), (&"equal".into(), &0.into()), "{checked}");
        assert_eq!((&checked["digest"], &checked["position"]), (&checked["digest_fresh"], &verdict["head"]));
    }
    assert_eq!(verdict["read_models"][0]["rows"], 40);
}

#[test]
fn a_row_that_was_changed_added_or_removed_is_named() {
    let changes = [
        ("UPDATE attempts SET wait_ms = 1 WHERE attempt_id = 48000007", "attempts", "[48000007]"),
        ("UPDATE agents SET agent_name = 'nobody' WHERE agent_id = 305", "agents", "[305]"),
        ("DELETE FROM offers WHERE attempt_id = 48000001 AND leg = 1", "offers", "[48000001,1]"),
        ("INSERT INTO agents VALUES (666, 'nobody', 1)", "agents", "[666]"),
    ];
    let ledger = folded();
    for (sql, table, key) in changes {
        assert_eq!(ledger.tamper(sql), 1, "{sql}");
        let output = run(&ledger.with(&["verify"]));
        assert_eq!(output.status.code(), Some(3), "{sql}");
        let said = stderr(&output);
        assert!(said.contains(&format!("{table}: the row {key} differs")), "{sql}: {said}");
        assert!(said.contains("the log is intact") && said.contains("rebuild"), "{said}");
        assert!(stdout(&output).contains("8 of 9 equal"), "{}", stdout(&output));
        let output = run(&ledger.with(&["verify", "--json"]));
        assert_eq!(output.status.code(), Some(3));
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let differ: Vec<_> = verdict["read_models"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["state"] == "differs")
            .collect();
        assert_eq!((differ.len(), &differ[0]["tables"]), (1, &serde_json::json!([table])));
        printed(&ledger.with(&["rebuild"]));
        printed(&ledger.with(&["verify"]));
    }
}

#[test]
fn the_log_alone_is_checked_without_a_look_at_the_read_models() {
    let ledger = folded();
    ledger.tamper("UPDATE attempts SET wait_ms = 1");
    let told = printed(&ledger.with(&["verify", "--log-only"]));
    assert!(told.starts_with("intact: ") && !told.contains("read models"), "{told}");
    assert_eq!(json(&ledger.with(&["verify", "--log-only", "--json"])).get("read_models"), None);
    fs::write(ledger.models(), "not a database").unwrap();
    printed(&ledger.with(&["verify", "--log-only"]));
}

#[test]
fn read_models_that_cannot_be_read_are_damage_and_a_rebuild_mends_them() {
    let ledger = folded();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", ledger.models().display()));
    }
    fs::write(ledger.models(), "not a database, and longer than its header is".repeat(100)).unwrap();
    refused(&ledger.with(&["verify"]), 3, &["read models"]);
    printed(&ledger.with(&["rebuild"]));
    printed(&ledger.with(&["verify"]));
}

#[test]
fn read_models_that_are_ahead_of_the_log_are_told() {
    let ledger = folded();
    ledger.tamper("UPDATE projections SET position = position + 1");
    refused(&ledger.with(&["verify"]), 3, &["contain position", "the log ends at"]);
}

#[test]
fn read_models_that_are_behind_are_compared_where_they_stand_and_stay_there() {
    let ledger = folded();
    let head = json(&ledger.with(&["verify", "--json"]))["head"].as_u64().unwrap();
    crate::cli::harness::ingest(
        &ledger.path(),
        r#"{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":7}"#,
    );
    for _ in 0..2 {
        let verdict = json(&ledger.with(&["verify", "--json"]));
        assert_eq!(verdict["head"].as_u64(), Some(head + 1));
        for checked in verdict["read_models"].as_array().unwrap() {
            assert_eq!((&checked["state"], checked["position"].as_u64()), (&"equal".into(), Some(head)));
        }
    }
}

/// Every file under a directory, with what it holds.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What a start would mend, rename or remove is still there after a look, and the next look says the same.
#[test]
fn a_look_changes_nothing_and_the_next_one_says_the_same() {
    let (ledger, other) = (Ledger::of("40"), Ledger::of("20"));
    pack(&ledger.path());
    for one in [&ledger, &other] {
        ingest_small(&one.path(), &joined(1..20));
        ingest_small(&one.path(), &joined(20..40));
        pack(&one.path());
    }
    let data = ledger.path();
    fs::remove_dir_all(data.join("index")).unwrap();
    processes::printed(Command::new("cp").arg("-r").arg(other.path().join("index")).arg(data.join("index")));
    fs::remove_file(data.join("FORMAT")).unwrap();
    fs::write(data.join("log/00000000000000000001.ndjson.zst.tmp"), "cut").unwrap();
    let before = contents(&data);
    let index = data.join("index");
    for _ in 0..2 {
        let words = [text(&index), "belongs to another log", "hint: the next start"];
        let output = run(&ledger.with(&["verify"]));
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(words.iter().all(|word| stderr(&output).contains(word)), "{}", stderr(&output));
        assert!(contents(&data) == before, "a look changes nothing");
    }
    let output = run(&ledger.with(&["timeline", "1"]));
    assert!(output.status.success() && stderr(&output).contains("is kept as"), "{}", stderr(&output));
    let told = printed(&ledger.with(&["verify"]));
    assert!(told.contains("kept aside") && told.contains("index.aside-"), "{told}");
}

fn joined(attempts: std::ops::Range<u64>) -> String {
    let line = |id: u64| {
        format!(r#"{{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":{id}}}"#)
    };
    attempts.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn read_models_of_another_version_are_not_judged() {
    let ledger = folded();
    ledger.tamper("UPDATE projections SET version = 0 WHERE name = 'offers'");
    ledger.tamper("UPDATE offers SET ring_ms = 1");
    let told = printed(&ledger.with(&["verify"]));
    assert!(told.contains("8 of 9 equal") && told.contains("1 of another version"), "{told}");
    assert_eq!(json(&ledger.with(&["verify", "--json"]))["read_models"][1]["state"], "outdated");
}
