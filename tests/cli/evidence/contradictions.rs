//! A log that holds other records than the read models have seen, and read models of which nobody knows which
//! are in use: nothing that knows better is deleted.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::{files, grow, ledger};
use crate::cli::harness::{Ledger, printed, refused, stderr, stdout, text};
use crate::support::http::get;
use crate::support::patience::until;
use crate::support::processes;
use crate::support::program::{Serve, run};

/// The segment that is not full yet.
fn active(ledger: &Ledger) -> PathBuf {
    let names = fs::read_dir(ledger.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|it| it == "ndjson")).max().expect("one is active")
}

/// Every command that opens the ledger ends with 3 and says all of this, and every file is as it was.
fn is_refused_by_all(ledger: &Ledger, words: &[&str]) {
    let before = files(&ledger.path());
    for command in [&["verify"][..], &["attempts"], &["rebuild"], &["ingest", "-"], &["queues"]] {
        refused(&ledger.with(command), 3, words);
    }
    let status = run(&ledger.with(&["status"]));
    assert_eq!(status.status.code(), Some(3), "{}", stderr(&status));
    let backup = ledger.room("backup");
    refused(&ledger.with(&["backup", text(&backup)]), 3, words);
    assert!(!backup.exists());
    let ended = Serve::over(&ledger.path()).try_start(None).err().expect("it does not start");
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word} is missing in {}", ended.stderr);
        assert!(stderr(&status).contains(word), "{word} is missing in {}", stderr(&status));
    }
    // What was seen is seen still; a log without its watermark gets one.
    let watermark = ledger.path().join("log/DURABLE");
    let mut after = files(&ledger.path());
    after.retain(|path, _| *path != watermark || before.contains_key(path));
    assert_eq!(after, before, "nothing is deleted");
}

#[test]
fn a_plain_segment_of_another_ledger_is_refused_by_what_lies_beside_it() {
    let (ours, theirs) = (ledger(), ledger());
    let (active, foreign) = (active(&ours), active(&theirs));
    assert_eq!(active.file_name(), foreign.file_name(), "equal positions");
    let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
    assert_eq!(lines(&active), lines(&foreign));
    assert!(lines(&active) > 0);
    fs::copy(&foreign, &active).unwrap();
    is_refused_by_all(&ours, &[text(&active), "does not belong here", "DURABLE"]);
    // Without the watermark, only the read models know it.
    fs::remove_file(ours.path().join("log/DURABLE")).unwrap();
    is_refused_by_all(&ours, &["have seen another record at position 60", "hint: restore"]);

    let models = fs::read_to_string(ours.path().join("read-models/CURRENT")).unwrap();
    let server = Serve::over(&ours.path()).with(&["--keep-old-models-aside"]).start();
    let listed =
        || get(server.address, "/v1/attempts?limit=200").expect(200)["attempts"].as_array().unwrap().len();
    until(|| format!("{} attempts are listed", listed()), || (listed() == 60).then_some(()));
    assert!(server.stop().status.success());
    let aside = fs::read_dir(ours.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut aside = aside.filter(|path| path.to_str().unwrap().contains("read-models.aside-"));
    assert!(aside.next().expect("the old models are kept").join(models.trim()).is_file());
    printed(&ours.with(&["verify"]));
}

/// A ledger whose log is the one of before, while its read models have seen twice as much.
fn cut() -> Ledger {
    let ledger = ledger();
    let kept = ledger.room("kept");
    let copy = |from: &Path, to: &Path| {
        processes::printed(std::process::Command::new("cp").arg("-r").arg(from).arg(to));
    };
    copy(&ledger.path().join("log"), &kept);
    copy(&ledger.path().join("index"), &ledger.room("index"));
    grow(&ledger, 1_000);
    for (name, from) in [("log", kept), ("index", ledger.room("index"))] {
        fs::remove_dir_all(ledger.path().join(name)).unwrap();
        copy(&from, &ledger.path().join(name));
    }
    ledger
}

#[test]
fn a_log_that_was_cut_off_is_refused_by_status_and_makes_no_backup() {
    is_refused_by_all(&cut(), &["contain position 120", "the log ends at position 60", "hint: restore"]);
}

#[test]
fn read_models_that_no_pointer_names_are_witnesses_all_the_same() {
    let ledger = cut();
    let current = ledger.path().join("read-models/CURRENT");
    for content in [Some(&b"\xff\xfe"[..]), Some(b"models-000009.sqlite"), Some(b"nonsense"), None] {
        match content {
            Some(content) => fs::write(&current, content).unwrap(),
            None => fs::remove_file(&current).unwrap(),
        }
        is_refused_by_all(&ledger, &["models-000001.sqlite contain position 120"]);
    }
}

#[test]
fn a_pointer_that_cannot_be_read_is_said_by_verify_and_made_again() {
    for content in [&b"\xff\xfe"[..], b"models-000009.sqlite", b"nonsense"] {
        let ledger = ledger();
        let current = ledger.path().join("read-models/CURRENT");
        fs::write(&current, content).unwrap();
        refused(&ledger.with(&["verify"]), 3, &["the log is intact", text(&current), "hint: "]);
        let told = stdout(&run(&ledger.with(&["status"])));
        assert!(told.contains("read models  cannot be read") && told.contains("CURRENT"), "{told}");
        printed(&ledger.with(&["attempts"]));
        assert!(printed(&ledger.with(&["verify"])).contains("equal a fresh fold"));
    }
}

#[test]
fn a_start_that_fails_leaves_what_knows_more_under_its_names() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let gone = ledger();
    fs::remove_dir_all(gone.path().join("log")).unwrap();
    for ledger in [cut(), gone] {
        let before = files(&ledger.path());
        let serve = ["serve", "--keep-old-models-aside", "--listen", &address];
        refused(&ledger.with(&serve), 1, &["cannot listen"]);
        let mut after = files(&ledger.path());
        after.retain(|path, _| !path.starts_with(ledger.path().join("log")) || before.contains_key(path));
        assert_eq!(after, before);
        refused(&ledger.with(&["attempts"]), 3, &["contain position"]);
    }
}
