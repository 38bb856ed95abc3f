//! A progress file is believed only if it is whole and about the input beside it.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::harness::{json, refused, seeded, stderr, text};
use crate::support::processes::output;
use crate::support::program::program;

/// An input of which a part is ingested, and the progress file of that part.
struct Interrupted {
    directory: TempDir,
    input: PathBuf,
    progress: PathBuf,
    recorded: u64,
    lines: u64,
}

impl Interrupted {
    /// Ingests until a reject, whose file is a full device, ends it after some batches.
    fn begin() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clean = std::fs::read_to_string(seeded(directory.path(), "clean", "50")).expect("it reads");
        let lines: Vec<&str> = clean.lines().collect();
        let (before, after) = lines.split_at(lines.len() / 2);
        let text_of_input = [before, &["this is no JSON"], after].concat().join("\n") + "\n";
        let input = directory.path().join("input.ndjson");
        std::fs::write(&input, text_of_input).expect("it is written");
        let progress = directory.path().join("input.ndjson.ingest-progress");
        let data = directory.path().join("ledger");
        let arguments = ["ingest", text(&input), "--data", text(&data), "--batch", "10"];
        let ended = output(program().args(arguments).args(["--concurrency", "1", "--rejects", "/dev/full"]));
        assert_eq!(ended.status.code(), Some(1), "{}", stderr(&ended));
        for word in ["/dev/full", "hint: make space", "--resume"] {
            assert!(stderr(&ended).contains(word), "{word} is missing in {}", stderr(&ended));
        }
        let saved: Value =
            serde_json::from_slice(&std::fs::read(&progress).expect("it is left")).expect("JSON");
        let recorded = saved["counts"]["recorded"].as_u64().expect("a count");
        assert_eq!(recorded, before.len() as u64 / 10 * 10, "every batch before the reject is done");
        Self { directory, input, progress, recorded, lines: lines.len() as u64 + 1 }
    }

    fn arguments(&self) -> Vec<String> {
        let data = self.directory.path().join("ledger");
        let words = ["ingest", text(&self.input), "--data", text(&data), "--resume", "--json"];
        words.map(str::to_owned).to_vec()
    }

    /// It ends with exit code 3, names both files and what to do, and leaves the progress file as it is.
    fn is_refused(&self, words: &[&str]) {
        let before = std::fs::read(&self.progress).expect("it reads");
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let named = [text(&self.progress), text(&self.input), "hint: delete it"];
        refused(&arguments, 3, &[words, &named[..]].concat());
        assert_eq!(std::fs::read(&self.progress).expect("it reads"), before);
    }
}

#[test]
fn an_ingest_goes_on_after_the_bytes_that_it_has_seen() {
    let interrupted = Interrupted::begin();
    let arguments = interrupted.arguments();
    let counts = json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(counts["lines"].as_u64(), Some(interrupted.lines));
    assert!(counts["recorded"].as_u64().expect("a count") >= interrupted.recorded);
    assert!(!interrupted.progress.exists(), "a finished ingest leaves nothing behind");
}

#[test]
fn a_progress_file_that_is_empty_or_torn_is_not_believed() {
    let interrupted = Interrupted::begin();
    let whole = std::fs::read(&interrupted.progress).expect("it reads");
    std::fs::write(&interrupted.progress, "").expect("it is written");
    interrupted.is_refused(&["it is empty"]);
    for length in [1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&interrupted.progress, &whole[..length]).expect("it is written");
        interrupted.is_refused(&["it is torn"]);
    }
    std::fs::write(&interrupted.progress, "\0".repeat(whole.len())).expect("it is written");
    interrupted.is_refused(&["it is torn"]);
}

#[test]
fn a_progress_file_of_an_input_that_was_replaced_is_not_believed() {
    let interrupted = Interrupted::begin();
    let input = std::fs::read_to_string(&interrupted.input).expect("it reads");
    std::fs::write(&interrupted.input, input.lines().next().expect("a line")).expect("it is written");
    interrupted.is_refused(&["the input was replaced or cut"]);
    let other: String = input.lines().rev().flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&interrupted.input, other).expect("it is written");
    interrupted.is_refused(&["the input was replaced"]);
    // A file of an earlier release holds no bytes to compare: it must point to the end of a line at least.
    let old = r#"{"bytes_done":7,"counts":{"lines":1,"recorded":1,"duplicates":0,"refused":0}}"#;
    std::fs::write(&interrupted.progress, old).expect("it is written");
    interrupted.is_refused(&["the input was replaced"]);
}

#[test]
fn a_progress_file_that_cannot_be_read_is_not_taken_for_none() {
    let interrupted = Interrupted::begin();
    std::fs::remove_file(&interrupted.progress).expect("it goes");
    std::fs::create_dir(&interrupted.progress).expect("a directory in its place");
    let arguments = interrupted.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    refused(&arguments, 1, &[text(&interrupted.progress), "hint: "]);
}
