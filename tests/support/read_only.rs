//! A directory that nobody can write, not even root: it is mounted read-only for one process.

use std::path::Path;
use std::process::Command;

use super::processes::output;

/// Mounts a directory read-only in its own place, and becomes the rest.
const SCRIPT: &str = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;

/// The words in front of a command for which a directory is mounted read-only, as a snapshot of a file system
/// is.
pub fn mounted_read_only(directory: &Path) -> Vec<String> {
    let words = ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT];
    let directory = directory.to_str().expect("a path in UTF-8");
    let words: Vec<String> = words.into_iter().chain([directory]).map(str::to_owned).collect();
    let probe = format!("{directory}/written-though-read-only");
    let probed = output(Command::new(&words[0]).args(&words[1..]).args(["touch", &probe]));
    let said = String::from_utf8_lossy(&probed.stderr);
    assert!(
        said.contains("Read-only file system"),
        "this test mounts a directory read-only for one process and may not: {probed:?}\nhint: run it as \
         root, or: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    );
    words
}
