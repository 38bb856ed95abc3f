//! A disk of eight megabytes, which a test can fill up.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::support::processes::output;

/// Lets somebody without the right to mount give a small disk of their own.
const SMALL_DISK: &str = "ATTEMPT_LEDGER_TEST_SMALL_DISK";

pub struct SmallDisk {
    pub path: PathBuf,
    is_ours: bool,
    /// Held while the disk that was given is in use: there is only one.
    _turn: Option<MutexGuard<'static, ()>>,
}

static TURN: Mutex<()> = Mutex::new(());

impl SmallDisk {
    pub fn mount(path: PathBuf) -> Self {
        if let Some(given) = std::env::var_os(SMALL_DISK) {
            let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            return Self { path: given.into(), is_ours: false, _turn: Some(turn) };
        }
        std::fs::create_dir(&path).unwrap();
        let size = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];
        let mounted = output(Command::new("mount").args(size).arg(&path));
        let is_mounted = mounted.status.success();
        assert!(
            is_mounted,
            "this test needs a disk of 8 MB and may not mount one: {mounted:?}\nhint: run it as root, or: \
             mkdir /tmp/small && sudo mount -t tmpfs -o size=8m,uid=$(id -u) tmpfs /tmp/small && \
             export {SMALL_DISK}=/tmp/small"
        );
        Self { path, is_ours: true, _turn: None }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_ours {
            // Lazily: on a failed test the server may still be there.
            let _ = output(Command::new("umount").arg("-l").arg(&self.path));
        }
    }
}
