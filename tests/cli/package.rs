//! What packagers get: the binary with its completions, its manual and its unit.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::cli::harness::{printed, stderr, text};
use crate::support::processes;
use crate::support::program::program;
use crate::support::repository;

#[test]
fn a_package_holds_what_the_binary_makes_and_the_unit_starts_it() {
    let root = tempfile::tempdir().unwrap();
    let mut package = Command::new(repository("deploy/package"));
    package.arg(root.path()).arg(program().get_program()).arg("/usr");
    processes::printed(&mut package);
    let read = |path: &str| {
        fs::read_to_string(root.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let shells = [
        ("bash", "usr/share/bash-completion/completions/attempt-ledger"),
        ("zsh", "usr/share/zsh/site-functions/_attempt-ledger"),
        ("fish", "usr/share/fish/vendor_completions.d/attempt-ledger.fish"),
    ];
    for (shell, path) in shells {
        assert_eq!(read(path), printed(&["completions", shell]), "{path}");
    }
    let manual = tempfile::tempdir().unwrap();
    printed(&["manual", text(manual.path())]);
    let pages: Vec<_> = fs::read_dir(manual.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(!pages.is_empty());
    for page in pages {
        let packed = read(&format!("usr/share/man/man1/{}", page.file_name().to_str().unwrap()));
        assert_eq!(packed, fs::read_to_string(page.path()).unwrap());
    }
    let unit = read("usr/lib/systemd/system/attempt-ledger.service");
    assert!(unit.contains("ExecStart=/usr/bin/attempt-ledger serve --config /etc/attempt-ledger/"), "{unit}");
    assert!(root.path().join("usr/bin/attempt-ledger").is_file());
    assert!(read("etc/attempt-ledger/attempt-ledger.toml").contains("/var/lib/attempt-ledger"));
}

#[test]
fn a_package_is_for_everybody_and_is_not_begun_without_the_binary() {
    let root = tempfile::tempdir().unwrap();
    let package = |root: &Path, binary: &str| {
        let mut shell = Command::new("bash");
        shell.args(["-c", r#"umask 077; exec "$@""#, "bash", text(&repository("deploy/package"))]);
        processes::output(shell.arg(root).arg(binary))
    };
    let empty = root.path().join("empty");
    let judged = package(&empty, "/nowhere/attempt-ledger");
    assert!(!judged.status.success() && !empty.exists(), "{judged:?}");
    assert!(stderr(&judged).contains("/nowhere/attempt-ledger"), "{judged:?}");
    let full = root.path().join("full");
    let judged = package(&full, program().get_program().to_str().unwrap());
    assert!(judged.status.success(), "{judged:?}");
    let mode = |path: &str| fs::metadata(full.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("usr/local/lib/systemd/system/attempt-ledger.service"), 0o644);
    assert_eq!(mode("usr/local/share/man/man1"), 0o755);
}
