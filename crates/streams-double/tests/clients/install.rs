//! Clients that are installed beside the build, once for each list of versions.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::suite::announce;

/// Written last, with the versions that are there, so that half an installation is not taken for a whole one.
const MARKER: &str = "installed-versions";

/// Where the suites are.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(path)
}

/// Makes sure that these versions are installed, and answers the directory. Another run waits for its turn.
pub fn once(name: &str, versions: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    fs::create_dir_all(&all).expect("the target directory can be written");
    let turn = File::create(all.join(format!("{name}.lock"))).expect("the target directory can be written");
    turn.lock().expect("locks work in the target directory");
    let directory = all.join(name);
    let is_there = fs::read_to_string(directory.join(MARKER)).is_ok_and(|there| there == versions);
    if !is_there {
        announce(&format!("installing {name} into {}", directory.display()));
        if directory.exists() {
            fs::remove_dir_all(&directory).expect("it is ours to remove");
        }
        fs::create_dir_all(&directory).expect("the target directory can be written");
        install(&directory);
        fs::write(directory.join(MARKER), versions).expect("the target directory can be written");
    }
    directory
}

/// What a program says, or a failure that names which Debian packages would help.
pub fn output_of(command: &mut Command, packages: &str) -> String {
    let help = format!(
        "if a program or module of it is missing, `apt-get install --no-install-recommends {packages}` helps"
    );
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}; {help}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}; {help}\n{said}{complained}", output.status);
    said
}
