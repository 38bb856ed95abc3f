//! A progress file is believed only if it is whole and about the input beside it.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::harness::{Ledger, json, refused, seeded, stderr, text};
use crate::support::processes::output;
use crate::support::program::{Serve, program, run};

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
        self.arguments_into(&["--data", text(&self.directory.path().join("ledger"))])
    }

    fn arguments_into(&self, target: &[&str]) -> Vec<String> {
        let words = [&["ingest", text(&self.input)], target, &["--resume", "--json"]].concat();
        words.into_iter().map(str::to_owned).collect()
    }

    /// It ends with exit code 3, names both files and what to do, and leaves the progress file as it is.
    fn is_refused(&self, words: &[&str]) {
        self.is_refused_into(&["--data", text(&self.directory.path().join("ledger"))], words);
    }

    fn is_refused_into(&self, target: &[&str], words: &[&str]) {
        let before = std::fs::read(&self.progress).expect("it reads");
        let arguments = self.arguments_into(target);
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

#[test]
fn a_progress_file_is_believed_for_the_ledger_that_its_lines_went_to() {
    let interrupted = Interrupted::begin();
    let (other, empty) = (Ledger::of("5"), Ledger::empty());
    let went = "it is of lines that went to the ledger ";
    interrupted.is_refused_into(&["--data", other.data()], &[went, other.data(), " is the ledger "]);
    interrupted.is_refused_into(&["--data", empty.data()], &[went, empty.data(), "holds no record"]);
    let nowhere = interrupted.directory.path().join("nowhere");
    interrupted.is_refused_into(&["--data", text(&nowhere)], &[went, text(&nowhere), "holds no record"]);
    assert!(!nowhere.exists(), "no empty ledger is made");
    let server = other.serve();
    interrupted.is_refused_into(&["--url", &server.url], &[went, &server.url, " is the ledger "]);
    assert_eq!(server.head(), json(&["status", "--url", &server.url, "--json"])["head"].as_u64().unwrap());
    // The same ledger may be reached another way.
    let ours = Serve::over(&interrupted.directory.path().join("ledger")).start();
    let arguments = interrupted.arguments_into(&["--url", &ours.url]);
    let counts = json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(counts["lines"].as_u64(), Some(interrupted.lines));
}

#[test]
fn a_ledger_that_lost_what_went_to_it_is_not_gone_on_with() {
    let interrupted = Interrupted::begin();
    let saved = std::fs::read_to_string(&interrupted.progress).expect("it reads");
    let mut saved: Value = serde_json::from_str(&saved).expect("JSON");
    saved["target"]["position"] = 1_000_000.into();
    std::fs::write(&interrupted.progress, saved.to_string()).expect("it is written");
    interrupted.is_refused(&["went up to position 1000000", "ends at position "]);
}

#[test]
fn an_input_with_another_line_of_equal_length_long_before_the_end_is_said() {
    let interrupted = Interrupted::begin();
    let input = std::fs::read_to_string(&interrupted.input).expect("it reads");
    let digit = input.find(|character: char| character.is_ascii_digit()).expect("a digit");
    let mut bytes = input.into_bytes();
    bytes[digit] = if bytes[digit] == b'1' { b'2' } else { b'1' };
    std::fs::write(&interrupted.input, bytes).expect("it is written");
    interrupted.is_refused(&["the input was replaced"]);
}

#[test]
fn a_progress_file_of_an_earlier_release_goes_on_and_says_that_it_names_no_ledger() {
    let interrupted = Interrupted::begin();
    let saved = std::fs::read_to_string(&interrupted.progress).expect("it reads");
    let mut saved: Value = serde_json::from_str(&saved).expect("JSON");
    for name in ["target", "xxh3"] {
        saved.as_object_mut().expect("an object").remove(name).expect("it is written");
    }
    std::fs::write(&interrupted.progress, saved.to_string()).expect("it is written");
    let ended = run(&interrupted.arguments());
    assert!(ended.status.success(), "{}", stderr(&ended));
    assert!(stderr(&ended).contains("names no ledger"), "{}", stderr(&ended));
}
