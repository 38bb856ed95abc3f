//! A Python with pinned packages of PyPI, so that software we did not write can check our files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of a virtual environment that holds these packages, each written `name==version`.
///
/// The first call installs them below the target directory; later calls and other tests find them there.
/// A test that cannot have them fails and says how to get them: it never passes unchecked.
pub fn python_with(packages: &[&str]) -> PathBuf {
    let name = format!("venv-{}", packages.join("-").replace("==", "-"));
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = temporary.join(&name);
    // Tests run in several processes at once, and one of them installs.
    let lock = File::create(temporary.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let (python, ready) = (directory.join("bin/python3"), directory.join("ready"));
    if !ready.exists() {
        let make = "install python3 and its module venv: apt-get install python3 python3-venv";
        run(Command::new("python3").args(["-m", "venv", "--clear", "--without-pip"]).arg(&directory), make);
        let fetch = "give pip an index that has them, with PIP_INDEX_URL";
        run(Command::new(&python).args(["-m", "ensurepip", "--default-pip"]), make);
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
        run(Command::new(&python).args(pip).args(packages), fetch);
        File::create(ready).unwrap();
    }
    python
}

/// Runs a command that must succeed; `help` says what to do when it does not.
fn run(command: &mut Command, help: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot start: {error}; {help}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}{help}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs a script of this repository and fails with what it printed.
pub fn run_script(python: &Path, script: &str, arguments: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    run(Command::new(python).arg(script).args(arguments), "the script above says which value differs");
}
