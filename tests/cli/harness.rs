//! What commands print, and a ledger for them to be about.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::processes::output;
use crate::support::program::{Program, program, run, run_on};

/// The day that `seed` makes, as flags.
pub const DAY: [&str; 4] = ["--from", "2026-07-22", "--to", "2026-07-24"];

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// What it prints, when it ends well.
pub fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

pub fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(arguments)).expect("JSON")
}

/// Every line of what it prints.
pub fn json_lines(arguments: &[&str]) -> Vec<Value> {
    lines_of(&printed(arguments))
}

pub fn lines_of(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// It ends with this code, prints nothing, and says all of this.
pub fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let output = run(arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(stdout(&output), "", "{arguments:?}: what went wrong is told on stderr only");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: {word} is missing in\n{said}");
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A file of seeded deliveries.
pub fn seeded(directory: &Path, scenario: &str, attempts: &str) -> PathBuf {
    let file = directory.join(format!("{scenario}.ndjson"));
    printed(&["seed", "--attempts", attempts, "--scenario", scenario, "--out", text(&file)]);
    file
}

/// Runs a command line on a terminal, and answers with what it shows.
pub fn on_a_terminal(arguments: &[&str], more: &[(&str, &str)]) -> String {
    let binary = program().get_program().to_str().unwrap().to_owned();
    let words: Vec<String> = std::iter::once(binary.as_str())
        .chain(arguments.iter().copied())
        .map(|word| format!("'{word}'"))
        .collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"]);
    // A continuous integration says `CI`, and is given colour on any terminal for that.
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        script.env_remove(name);
    }
    script.env("TERM", "xterm-256color").envs(more.iter().copied());
    let output = output(&mut script);
    assert!(output.status.success(), "{}", stdout(&output));
    stdout(&output)
}

/// Records lines, each a delivery, or whatever else is to be refused.
pub fn ingest(data: &Path, lines: &str) {
    let output = run_on(lines.as_bytes(), &["ingest", "-", "--data", text(data), "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A ledger in a directory of its own, with some other room beside it.
pub struct Ledger {
    directory: TempDir,
    data: String,
}

impl Ledger {
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let data = text(&directory.path().join("ledger")).to_owned();
        Self { directory, data }
    }

    /// With a day of so many attempts, a few of them late or doubled, and at least one refusal.
    pub fn of(attempts: &str) -> Self {
        let ledger = Self::empty();
        let file = seeded(ledger.directory.path(), "normal", attempts);
        let mut lines = File::options().append(true).open(&file).expect("a file");
        lines.write_all(b"this is no JSON\n").expect("written");
        printed(&["ingest", text(&file), "--data", ledger.data()]);
        ledger
    }

    pub fn path(&self) -> PathBuf {
        self.room("ledger")
    }

    /// A file or directory that is not the ledger's.
    pub fn room(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn data(&self) -> &str {
        &self.data
    }

    /// Arguments, and `--data` of this ledger.
    pub fn with<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        arguments.iter().copied().chain(["--data", &self.data]).collect()
    }

    /// The file that the read models are in.
    pub fn models(&self) -> PathBuf {
        let models = self.path().join("read-models");
        let name = std::fs::read_to_string(models.join("CURRENT")).expect("there are read models");
        models.join(name.trim())
    }

    /// Changes the read models behind the ledger's back. Answers with the rows that changed.
    pub fn tamper(&self, sql: &str) -> usize {
        let models = rusqlite::Connection::open(self.models()).expect("a SQLite file");
        models.execute(sql, []).expect(sql)
    }

    pub fn serve(&self) -> Program {
        Program::start(&self.path())
    }
}
