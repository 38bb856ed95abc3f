//! Python with packages, for tests that judge us with programs that others wrote.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::processes::printed;

/// An interpreter that has exactly these packages, each pinned as in `"duckdb==1.2.3"`. The first test that
/// asks installs them; the others wait for it.
pub fn python_with(packages: &[&str]) -> PathBuf {
    let name: String = packages.join("-").replace(|sign: char| !sign.is_ascii_alphanumeric(), "_");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{name}"));
    std::fs::create_dir_all(&root).expect("the target directory can be written");
    let lock = File::create(root.join("LOCK")).expect("the target directory can be written");
    lock.lock().expect("the lock is to be had");
    let (venv, ready) = (root.join("venv"), root.join("ready"));
    let python = venv.join("bin").join("python");
    if !ready.is_file() {
        printed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        printed(Command::new(&python).args(pip).args(packages));
        File::create(ready).expect("the target directory can be written");
    }
    python
}
