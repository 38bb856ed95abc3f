//! Opening what a command works on: a ledger's directory, or a server.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::CliError;
use crate::cluster_log::{ClusterAddress, ClusterLog, ClusterOptions, FOLLOWED};
use crate::environment::System;
use crate::ledger::{Ledger, LedgerOptions};
use crate::log::{EmbeddedLog, EmbeddedOptions, EventLog};
use crate::projector::{Projector, folds};
use crate::queries::Questions;
use crate::read_store::{Models, PostgresAddress, StoreError};

/// The directory of the read models, in a ledger's directory. It can be deleted at any time.
pub(super) const READ_MODELS: &str = "read-models";

/// How the log lies on disk.
#[derive(Args, Clone)]
pub(super) struct Storage {
    /// A file of the log is full, and then compressed, at this many bytes
    #[arg(
        long,
        value_name = "BYTES",
        env = "ATTEMPT_LEDGER_SEGMENT_BYTES_MAX",
        default_value_t = Ledger::embedded_options().segment_bytes_max,
        global = true
    )]
    segment_bytes_max: u64,
    /// Where the read models are: sqlite, which is a file in the ledger's directory, or
    /// postgres://user:password@host:5432/database
    #[arg(
        long,
        value_name = "URL",
        env = "ATTEMPT_LEDGER_READ_STORE",
        hide_env_values = true,
        default_value = SQLITE,
        global = true
    )]
    read_store: String,
}

/// What stands for read models in a file.
const SQLITE: &str = "sqlite";

impl Storage {
    /// The database of the read models; `None` when they are in a file of the ledger's directory.
    pub(super) fn database(&self) -> Result<Option<PostgresAddress>, CliError> {
        match self.read_store.trim() {
            SQLITE | "" => Ok(None),
            address => match address.parse() {
                Ok(address) => Ok(Some(address)),
                Err(error) => Err(CliError::Usage(StoreError::to_string(&error))),
            },
        }
    }

    pub(super) fn options(&self) -> EmbeddedOptions {
        EmbeddedOptions { segment_bytes_max: self.segment_bytes_max, ..Ledger::embedded_options() }
    }
}

/// Opens a ledger's directory for writing, making it when it does not exist.
pub(super) fn or_create(
    directory: &Path,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    refuse_copy(directory)?;
    open(directory, storage)
}

/// What is written to a copy would be in no other node's log, and the copy could follow its cluster no more.
pub(super) fn refuse_copy(directory: &Path) -> Result<(), CliError> {
    if !directory.join(FOLLOWED).exists() {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "{} is a node's copy of a cluster's log and takes no records of its own\nhint: name the cluster with \
         `serve --log esdb://…`, or send deliveries to the running node with --url; \
         `copy --from DIR --to OTHER` makes a ledger of it",
        directory.display()
    )))
}

/// Opens this node's copy and follows the cluster until the copy is up to date.
pub(super) fn in_cluster(
    directory: &Path,
    address: &str,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<dyn EventLog>), CliError> {
    let address: ClusterAddress =
        address.parse().map_err(|error| match ClusterAddress::is_meant(address) {
            true => CliError::from(error),
            false => CliError::Usage(format!("--log: {error}\nhint: what to tell on stderr is --log-filter")),
        })?;
    tracing::info!(cluster = %address, "following the cluster");
    let log = ClusterLog::open(directory, &address, &ClusterOptions::new(storage.options()))?;
    warn_of_dropped_end(log.copy());
    tracing::info!(head = %log.head(), "the copy is up to date");
    over(Arc::new(log))
}

/// A ledger over a log that is open.
pub(super) fn over(log: Arc<dyn EventLog>) -> Result<(Arc<Ledger>, Arc<dyn EventLog>), CliError> {
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default());
    Ok((ledger.map_err(anyhow::Error::from)?, log))
}

fn open(directory: &Path, storage: &Storage) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    let log = Arc::new(EmbeddedLog::open(directory, &storage.options())?);
    warn_of_dropped_end(&log);
    let (ledger, _) = over(log.clone())?;
    Ok((ledger, log))
}

/// Opens a ledger that must exist already, to read it.
pub(super) fn existing(
    directory: &Path,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    if !directory.join("log").is_dir() {
        return Err(CliError::NoLedger(directory.display().to_string()));
    }
    open(directory, storage)
}

/// Keeps read models up with a log.
pub(super) fn questions(ledger: &Arc<Ledger>, models: Arc<dyn Models>) -> Result<Questions, CliError> {
    let projector = Projector::start(ledger.log().clone(), models, folds());
    let projector = Arc::new(projector.map_err(anyhow::Error::from)?);
    Ok(Questions { ledger: ledger.clone(), projector })
}

fn warn_of_dropped_end(log: &EmbeddedLog) {
    let report = log.open_report();
    if let Some(tail) = &report.dropped {
        tracing::warn!(
            file = %tail.file.display(),
            offset = tail.offset,
            bytes = tail.bytes,
            "dropped the torn end of the log; nothing in it was acknowledged"
        );
    }
}
