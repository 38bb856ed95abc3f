//! Opening what a command works on: a ledger's directory, or a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::CliError;
use crate::environment::System;
use crate::ledger::{Ledger, LedgerOptions};
use crate::log::{EmbeddedLog, EmbeddedOptions};

/// Opens a ledger's directory, making it when it does not exist.
pub(super) fn or_create(directory: &Path) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    let log = Arc::new(EmbeddedLog::open(directory, EmbeddedOptions::default())?);
    tell_what_opening_found(&log);
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default())
        .map_err(anyhow::Error::from)?;
    Ok((ledger, log))
}

/// Opens a ledger that must exist already.
pub(super) fn existing(directory: &Path) -> Result<Arc<Ledger>, CliError> {
    if !directory.join("log").is_dir() {
        return Err(CliError::NoLedger(directory.display().to_string()));
    }
    Ok(or_create(directory)?.0)
}

fn tell_what_opening_found(log: &EmbeddedLog) {
    let report = log.open_report();
    if let Some(tail) = &report.dropped_tail {
        tracing::warn!(
            file = %tail.file,
            offset = tail.offset,
            bytes = tail.bytes,
            "dropped the torn end of the log; nothing in it was acknowledged"
        );
    }
}

/// A client that waits longer than a dialer would and treats error answers as answers.
pub(super) fn http_agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}
