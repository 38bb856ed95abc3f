//! Processes that tests start. Every test starts them here, see [`settle`].

use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// Held while a process is being started.
static STARTING: Mutex<()> = Mutex::new(());

/// Which package has a tool; any other tool is in the package of its name.
const PACKAGES: [(&str, &str); 5] = [
    ("initdb", "postgresql"),
    ("promtool", "prometheus"),
    ("python3", "python3-venv"),
    ("script", "bsdutils"),
    ("zstdcat", "zstd"),
];

fn hint(tool: &str) -> String {
    let package = PACKAGES.iter().find(|(name, _)| *name == tool).map_or(tool, |(_, package)| package);
    format!("hint: apt-get install --yes {package}")
}

/// Fails the test when a tool that a script calls is missing.
pub fn need(tool: &str) {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    assert!(found, "this test needs {tool}; {}", hint(tool));
}

/// Starts a process.
pub fn spawn(command: &mut Command) -> Child {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn().unwrap_or_else(|error| {
        let tool = command.get_program().to_string_lossy();
        panic!("{tool} does not start: {error}; {}", hint(&tool))
    })
}

/// Runs a process to its end.
pub fn output(command: &mut Command) -> Output {
    spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))
        .wait_with_output()
        .unwrap()
}

/// Runs a process that must end well; what it printed.
pub fn printed(command: &mut Command) -> String {
    let output = output(command);
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{said}{wrong}");
    said.into_owned()
}

/// To be called between closing a ledger in this process and opening it again. A child that another test is
/// starting has, until its exec is through, a copy of every open file, and so of the ledger's lock.
pub fn settle() {
    drop(STARTING.lock().unwrap_or_else(PoisonError::into_inner));
}
