//! A full disk: what failed is named, and what to do next.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::cli::harness::{self, Ledger, refused, seeded, stderr, text};
use crate::support::http::Answer;
use crate::support::patience::until;
use crate::support::processes::printed;
use crate::support::program::{Program, Serve, run_with};
use crate::support::small_disk::SmallDisk;

/// Leaves so many bytes on the disk.
fn fill(disk: &Path, left: u64) {
    let mut ballast = fs::File::create(disk.join("ballast")).unwrap();
    let block = vec![0; 4_096];
    while ballast.write_all(&block).is_ok() {}
    let length = ballast.metadata().unwrap().len();
    ballast.set_len(length - left).unwrap();
}

#[test]
fn a_full_disk_is_named_with_the_next_step() {
    let ledger = Ledger::of("60");
    let disk = SmallDisk::mount(ledger.room("disk"));
    let full = disk.path.join("full");
    fs::create_dir_all(&full).unwrap();
    let out = full.join("out");
    let input = seeded(&ledger.room(""), "clean", "3000");
    fill(&disk.path, 4_096);
    for format in ["csv", "ndjson", "parquet", "xlsx"] {
        let export = ["export", "--what", "attempts", "--format", format, "--out", text(&out)];
        refused(&ledger.with(&export), 1, &[text(&out), "No space left", "hint: make space"]);
    }
    // Rows of an Excel file wait where the system keeps temporary files, beyond the first few kilobytes.
    let whole = ledger.room("out");
    let rows = ["export", "--what", "attempts", "--format", "xlsx", "--out", text(&whole)];
    let ended = run_with(&[("TMPDIR", text(&disk.path))], &ledger.with(&rows));
    let said = stderr(&ended);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for word in [text(&disk.path), "nothing was written", "set TMPDIR"] {
        assert_eq!(said.matches(word).count(), 1, "{word}: {said}");
    }
    assert!(!whole.exists());
    let snapshot = ["export", "--format", "sqlite", "--out", text(&out)];
    refused(&ledger.with(&snapshot), 1, &[text(&out), "No space left", "hint: make space"]);
    refused(&["seed", "--out", text(&out)], 1, &[text(&out), "hint: make space"]);
    refused(&["backup", text(&out), "--data", ledger.data()], 1, &[text(&out), "hint: make space"]);
    fs::remove_file(disk.path.join("ballast")).unwrap();

    // The log and its index fit, and their read models do not.
    fs::remove_dir_all(&full).unwrap();
    printed(Command::new("cp").arg("-r").arg(ledger.path()).arg(&full));
    fs::remove_dir_all(full.join("read-models")).unwrap();
    let question = ["attempts", "--data", text(&full)];
    fill(&disk.path, 160 * 1_024);
    refused(&question, 1, &[text(&full), "hint: "]);
    fs::remove_dir_all(full.join("read-models")).unwrap();
    fs::remove_file(disk.path.join("ballast")).unwrap();
    printed(Command::new("cp").arg("-r").arg(ledger.path().join("read-models")).arg(&full));
    fill(&disk.path, 0);
    refused(&["verify", "--data", text(&full)], 1, &[text(&full), "hint: "]);
    fs::remove_dir_all(&full).unwrap();
    fs::remove_file(disk.path.join("ballast")).unwrap();

    // The log itself.
    fill(&disk.path, 1_500 * 1_024);
    refused(&["ingest", text(&input), "--data", text(&full)], 1, &[text(&full), "hint: free disk space"]);
    // A disk that was given is left as it was.
    fs::remove_dir_all(&full).unwrap();
    fs::remove_file(disk.path.join("ballast")).unwrap();
}

#[test]
fn a_service_starts_on_a_full_disk_answers_and_takes_deliveries_again_when_there_is_room() {
    let ledger = Ledger::of("20");
    harness::printed(&ledger.with(&["attempts"]));
    let disk = SmallDisk::mount(ledger.room("disk"));
    let (data, ballast) = (disk.path.join("ledger"), disk.path.join("ballast"));
    printed(Command::new("cp").arg("-r").arg(ledger.path()).arg(&data));
    let body = r#"{"attempt_id":"1000000","queue_id":"17"}"#;
    // With what SQLite keeps beside its file, as after a kill, and without, as after a stop.
    for is_killed in [true, false] {
        if !is_killed {
            for suffix in ["-wal", "-shm"] {
                let _ = fs::remove_file(data.join(format!("read-models/models-000001.sqlite{suffix}")));
            }
        }
        fill(&disk.path, 0);
        let server = Serve::over(&data).start();
        assert_eq!(server.get("/v1/events?limit=1").status, 200, "{}", server.stderr());
        let lists = server.get("/v1/attempts").status;
        assert!(lists == 200 || (lists == 503 && !is_killed), "{lists}: {}", server.stderr());
        assert!(data.join("read-models/models-000001.sqlite").is_file(), "what has seen the log stays");
        let refused = until_refused(&server, if is_killed { 2_000_000 } else { 3_000_000 });
        assert_eq!((refused.status, refused.json()["code"].as_str()), (507, Some("disk_full")));
        server.get("/readyz").problem(503, "disk_full");
        fs::remove_file(&ballast).unwrap();
        assert_eq!(server.get("/readyz").status, 200, "there is room, though nothing was recorded yet");
        server.post("/v1/hooks/1/joined", body).expect(if is_killed { 201 } else { 200 });
        until(
            || "lists are not answered".to_owned(),
            || (server.get("/v1/attempts").status == 200).then_some(()),
        );
        assert!(server.stop().status.success());
    }
}

/// Posts hooks until one does not fit into what is left of the log's last block.
fn until_refused(server: &Program, first: u64) -> Answer {
    let post = |id: u64| server.post("/v1/hooks/1/joined", format!(r#"{{"attempt_id":"{id}"}}"#));
    (first..first + 100).map(post).find(|answer| answer.status != 201).expect("the disk is full")
}
