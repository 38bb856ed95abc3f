//! Processes that tests start.

use std::process::{Child, Command, Output, Stdio};

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
