//! Ledgers whose log has many files, though they hold little.

use std::path::Path;

use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions};

use crate::cli::harness::text;
use crate::support::program::run_on;

/// Bytes of a file of the log, as a flag has them.
pub const SMALL: &str = "20000";

/// Records lines; what one call records lies in one file.
pub fn ingest_small(data: &Path, lines: &str) {
    let arguments = ["ingest", "-", "--data", text(data), "--segment-bytes-max", SMALL];
    let output = run_on(lines.as_bytes(), &arguments);
    assert!(output.status.success(), "{output:?}");
}

/// Packs what is full.
pub fn pack(data: &Path) {
    let segment_bytes_max = SMALL.parse().unwrap();
    let options = EmbeddedOptions { segment_bytes_max, ..EmbeddedOptions::default() };
    let log = EmbeddedLog::open(data, &options).unwrap();
    log.wait_until_packed().unwrap();
    log.close();
}
