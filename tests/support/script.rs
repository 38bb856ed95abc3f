//! Scripts of this repository that judge our files with software that others wrote.

use std::path::Path;
use std::process::Command;

/// Runs a script of this repository and fails with what it printed.
pub fn run_script(python: &Path, script: &str, arguments: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let output = Command::new(python).arg("-B").arg(script).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
