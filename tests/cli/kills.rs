//! What a command leaves that is killed while it writes: its file, whole or not at all, and nothing beside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::cli::harness::{Ledger, stderr, text};
use crate::support::processes::{need, output};
use crate::support::program::program;

/// The calls that fill, sync and name files.
const CALLS: &str = "write,pwrite64,fdatasync,fsync,linkat,rename";
/// How many calls of one kind are struck in one command.
const POINTS_MAX: usize = 2;
/// What a kill between a link and the rename after it leaves until the next file of that name.
const BESIDE: &str = ".out.attempt-ledger";

/// A ledger, a room for files, and a directory for temporary files.
struct Stage {
    ledger: Ledger,
    room: TempDir,
    temporary: TempDir,
    trace: TempDir,
}

impl Stage {
    fn new() -> Self {
        need("strace");
        let directory = || tempfile::tempdir().unwrap();
        let ledger = Ledger::of("60");
        let stage = Self { ledger, room: directory(), temporary: directory(), trace: directory() };
        assert!(output(&mut stage.command(&[], &["attempts"])).status.success(), "the read models are there");
        stage
    }

    /// The command on the ledger, with words in front of the program.
    fn command(&self, before: &[String], arguments: &[&str]) -> Command {
        let program = program();
        let own = program.get_program().to_str().unwrap().to_owned();
        let words: Vec<String> = before.iter().cloned().chain([own]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(self.ledger.with(arguments)).env("TMPDIR", self.temporary.path());
        command.env("NO_COLOR", "1");
        command
    }

    fn strace(&self, options: &[&str], arguments: &[&str]) -> (Output, String) {
        let out = self.trace.path().join("trace");
        let mut before: Vec<String> = ["strace", "-f", "-qq", "-s", "0", "-o"].map(str::to_owned).to_vec();
        before.push(text(&out).to_owned());
        before.extend(options.iter().map(|&word| word.to_owned()));
        let ended = output(&mut self.command(&before, arguments));
        (ended, fs::read_to_string(&out).unwrap())
    }

    /// Every file of the ledger, and every file for temporary use.
    fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for directory in [Path::new(self.ledger.data()), self.temporary.path()] {
            list(directory, &mut files);
        }
        // They come and go with connections, and the index names its files itself.
        files.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm") && !name.contains("/index/"));
        files
    }

    /// Kills the command at calls of every kind, and lets the same command run after each.
    fn kill_everywhere(&self, arguments: &[&str], is_whole: impl Fn(&Path)) {
        let out = self.room.path().join("out");
        let arguments: Vec<&str> =
            arguments.iter().map(|&word| if word == "OUT" { text(&out) } else { word }).collect();
        let (ended, trace) = self.strace(&["-e", &format!("trace={CALLS}")], &arguments);
        assert!(ended.status.success(), "{arguments:?}: {}", stderr(&ended));
        is_whole(&out);
        let before = self.files();
        let mut kills = 0;
        for (call, count) in counts(&trace) {
            for at in 1..=POINTS_MAX.min(count) {
                // The last call, and from there back.
                let n = count - (at - 1) * count / POINTS_MAX.min(count);
                let inject = format!("inject={call}:signal=KILL:when={n}");
                let (ended, trace) =
                    self.strace(&["-e", &format!("trace={call}"), "-e", &inject], &arguments);
                let is_killed = trace.contains("killed by SIGKILL");
                assert!(is_killed || ended.status.success(), "{arguments:?}: {}", stderr(&ended));
                kills += usize::from(is_killed);
                let place = format!("{arguments:?} killed at {call} {n}");
                for name in names(self.room.path()) {
                    assert!(name == "out" || name == BESIDE && call == "rename", "{place} leaves {name}");
                }
                if out.exists() {
                    is_whole(&out);
                }
                let again = output(&mut self.command(&[], &arguments));
                assert!(again.status.success(), "{place}, then: {}", stderr(&again));
                is_whole(&out);
                assert_eq!(names(self.room.path()).len(), 1, "{place}");
                assert_eq!(self.files(), before, "{place}, then run again");
            }
        }
        assert!(kills > 2, "{arguments:?} was killed {kills} times");
    }
}

fn list(directory: &Path, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        }
        files.insert(text(&path).to_owned());
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The most calls of each kind that one thread made.
fn counts(trace: &str) -> BTreeMap<String, usize> {
    let mut by_thread = BTreeMap::<(String, String), usize>::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if call.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            *by_thread.entry((call.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut counts = BTreeMap::<String, usize>::new();
    for ((call, _), count) in by_thread {
        let most = counts.entry(call).or_default();
        *most = count.max(*most);
    }
    counts
}

/// It has the bytes that the first whole one had.
fn same_bytes() -> impl Fn(&Path) {
    let first = std::cell::OnceCell::new();
    move |path| {
        let bytes = fs::read(path).unwrap();
        assert!(first.get_or_init(|| bytes.clone()) == &bytes, "{} is not whole", path.display());
    }
}

#[test]
fn a_killed_export_leaves_nothing_behind() {
    for (what, format) in [
        ("attempts", "csv"),
        ("attempts", "parquet"),
        ("attempts", "xlsx"),
        ("agents", "xlsx"),
        ("events", "ndjson"),
    ] {
        let stage = Stage::new();
        let is_archive = format == "xlsx";
        let same = same_bytes();
        stage.kill_everywhere(&["export", "--what", what, "--format", format, "--out", "OUT"], |path| {
            // An Excel file states when it was made, and has its list of contents at the end.
            match is_archive {
                true => assert!(fs::read(path).unwrap().windows(4).any(|bytes| bytes == b"PK\x05\x06")),
                false => same(path),
            }
        });
    }
}

#[test]
fn a_killed_snapshot_leaves_nothing_behind() {
    let stage = Stage::new();
    stage.kill_everywhere(&["export", "--format", "sqlite", "--out", "OUT"], |path| {
        let copy = rusqlite::Connection::open(path).unwrap();
        let count: i64 = copy.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 60);
    });
}

#[test]
fn a_killed_verify_or_comparison_leaves_nothing_behind() {
    let stage = Stage::new();
    fs::write(stage.room.path().join("out"), "").unwrap();
    stage.kill_everywhere(&["verify"], |_| {});
    stage.kill_everywhere(&["rebuild", "--compare", "--differences", "OUT"], |path| {
        assert_eq!(fs::read(path).unwrap(), b"");
    });
}
