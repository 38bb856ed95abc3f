//! Scripts beside the tests, in languages whose libraries judge what we write.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::processes::{output, printed};

/// A script of this repository, and the interpreter to run it with.
fn command<A: AsRef<OsStr>>(python: &Path, script: &str, arguments: &[A]) -> Command {
    let mut command = Command::new(python);
    // -B: no compiled files beside the sources.
    command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)).args(arguments);
    command
}

/// Runs a script that must end well; what it printed.
pub fn run_script<A: AsRef<OsStr>>(python: &Path, script: &str, arguments: &[A]) -> String {
    printed(&mut command(python, script, arguments))
}

/// Runs a script, however it ends.
pub fn try_script<A: AsRef<OsStr>>(python: &Path, script: &str, arguments: &[A]) -> Output {
    output(&mut command(python, script, arguments))
}
