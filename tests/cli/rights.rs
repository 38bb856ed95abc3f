//! What this user may not read is not taken for missing or empty: it is named, with the next step.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::cli::harness::{Ledger, printed, stderr, stdout, text};
use crate::support::program::run_behind;

const NOBODY: u32 = 65_534;

/// Gives a directory and all in it to a user without rights of its own.
fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("this test needs root; hint: run it as root");
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_away(&entry.unwrap().path()));
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Every file and directory of a ledger but what SQLite keeps beside the models, and the index.
fn all(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    for name in ["FORMAT", "log", "read-models", "read-models/CURRENT", "read-models/models-000001.sqlite"] {
        found.push(directory.join(name));
    }
    found.extend(fs::read_dir(directory.join("log")).unwrap().map(|entry| entry.unwrap().path()));
    found
}

#[test]
fn a_file_that_may_not_be_read_is_named_by_every_command_and_nothing_is_made_in_its_place() {
    let ledger = Ledger::of("20");
    printed(&ledger.with(&["attempts"]));
    set_mode(&ledger.room(""), 0o755);
    give_away(&ledger.path());
    let words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned);
    let before = fs::read(ledger.models()).unwrap();
    for path in all(&ledger.path()) {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        set_mode(&path, 0);
        // Deliveries are taken whether it is known which read models are in use or not.
        let takes_deliveries = path.ends_with("CURRENT");
        let (serve, ingest) = (["serve", "--listen", "127.0.0.1:0"], ["ingest", "/dev/null"]);
        let commands = [&["verify"][..], &["attempts"], &["status"], &ingest, &serve];
        for command in &commands[..if takes_deliveries { 3 } else { 5 }] {
            let ended = run_behind(&words, &[], &ledger.with(command));
            let said = stderr(&ended);
            let context = format!("{} {command:?}: {} {said}", path.display(), stdout(&ended));
            assert_eq!(ended.status.code(), Some(1), "{context}");
            assert!(said.contains(text(&path)) && said.contains("hint: let this user"), "{context}");
            assert_eq!(said.matches("Permission denied").count(), 1, "{context}");
        }
        set_mode(&path, mode);
    }
    assert_eq!(fs::read(ledger.models()).unwrap(), before);
    let ended = run_behind(&words, &[], &ledger.with(&["verify"]));
    assert!(ended.status.success(), "{}", stderr(&ended));
}
