//! What claims of several areas need.

pub mod clock;
pub mod days;
pub mod event_stream;
pub mod http;
pub mod patience;
pub mod postgres;
pub mod process_log;
pub mod processes;
pub mod program;
pub mod python;
pub mod read_models;
pub mod read_only;
pub mod recording;
pub mod script;
pub mod seed;
pub mod sheets;
pub mod small_disk;
pub mod strace;
pub mod watched_log;

use std::path::{Path, PathBuf};

/// A file of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
