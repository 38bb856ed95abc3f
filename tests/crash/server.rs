//! The program as crashes meet it: with small segments, and perhaps with strace around it.

use std::path::Path;

use crate::support::program::{DidNotStart, Program, Serve};

/// A handful of events fill a segment, so that rotating and packing happen all the time.
pub const SEGMENT_BYTES_MAX: u64 = 6_000;

/// A service over a directory.
pub fn over(data: &Path) -> Serve {
    let bytes = SEGMENT_BYTES_MAX.to_string();
    Serve::over(data).with(&["--log-filter", "warn", "--segment-bytes-max", &bytes])
}

/// Starts it; what it says lies on the same disk.
pub fn start(data: &Path) -> Program {
    start_behind(&[], data).unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// Starts it with words in front of the command.
pub fn start_behind(before: &[String], data: &Path) -> Result<Program, DidNotStart> {
    // Added, not replaced: what follows the last dot is part of the directory's name.
    let mut stderr = data.as_os_str().to_owned();
    stderr.push(".stderr");
    over(data).behind(before).try_start(Some(Path::new(&stderr)))
}
