//! What the tests need around them: seeds, directories, foreign programs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Held while a process is being started.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts a process. Every test must do it here, see [`settle`].
pub fn spawn(command: &mut Command) -> Child {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn().unwrap()
}

/// Runs a process to its end.
pub fn output(command: &mut Command) -> Output {
    spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped())).wait_with_output().unwrap()
}

/// To be called after a ledger was closed in this process. A child that another test is starting has, until its
/// exec is through, a copy of every open file, and so of the ledger's lock.
pub fn settle(data: &Path) {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let lock = File::open(data.join("LOCK")).unwrap();
    lock.lock().unwrap();
    lock.unlock().unwrap();
}

/// The seed of this run; it is printed, and given back by the environment variable of that name.
pub fn random_seed() -> u64 {
    let seed = match std::env::var("ATTEMPT_LEDGER_TEST_SEED") {
        Ok(text) => text.parse().expect("ATTEMPT_LEDGER_TEST_SEED is a number"),
        Err(_) => rand::random(),
    };
    eprintln!("ATTEMPT_LEDGER_TEST_SEED={seed}");
    seed
}

/// A directory on the disk that the build uses, where an fsync takes its time.
pub fn slow_directory() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A directory in memory where there is one: killing a process loses nothing that the kernel has taken, so for
/// kills and injected errors memory is as good as a disk, and faster.
pub fn fast_directory() -> TempDir {
    match TempDir::new_in("/dev/shm") {
        Ok(directory) => directory,
        Err(_) => slow_directory(),
    }
}

/// Fails the test when a tool that it cannot do without is missing.
pub fn need(tool: &str, package: &str) {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    assert!(found, "this test needs {tool}; hint: apt-get install --yes {package}");
}

/// Copies a directory with its holes, so that preallocated files stay cheap.
pub fn copy_directory(from: &Path, to: &Path) {
    let copied = output(Command::new("cp").args(["-a", "--sparse=always"]).arg(from).arg(to));
    assert!(copied.status.success(), "{copied:?}");
}

/// The files of a ledger's log whose names end so, in order.
pub fn log_files(data: &Path, suffix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join("log")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().unwrap().ends_with(suffix));
    files.sort();
    files
}
