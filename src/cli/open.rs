//! Opening what a command works on: a ledger's directory, or a server.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::CliError;
use super::aside_names::AsideNames;
use super::evidence::EvidencePolicy;
use super::log_opening::{self, JudgedLog};
use super::storage::{READ_MODELS, Storage};
use crate::cluster_log::{ClusterAddress, ClusterLog, ClusterOptions, FOLLOWED};
use crate::environment::System;
use crate::ledger::{Ledger, LedgerOptions};
use crate::log::{EmbeddedLog, EventLog};
use crate::projector::{Projector, folds};
use crate::queries::Questions;
use crate::read_store::Models;

/// Opens a ledger's directory for writing, making it when it does not exist.
pub(super) fn or_create(
    directory: &Path,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    refuse_copy(directory)?;
    let OpenedLedger { ledger, log, aside } = open(directory, storage, EvidencePolicy::Refuse)?;
    aside.keep();
    Ok((ledger, log))
}

/// A ledger, its log, and what got another name for them.
pub(super) struct OpenedLedger<L: ?Sized> {
    pub(super) ledger: Arc<Ledger>,
    pub(super) log: Arc<L>,
    /// Dropped last: by then nobody has any of it open.
    pub(super) aside: AsideNames,
}

/// The same for a service, whose operator says what becomes of a log that is not the one that was seen.
pub(super) fn for_service(
    directory: &Path,
    storage: &Storage,
    policy: EvidencePolicy,
) -> Result<OpenedLedger<dyn EventLog>, CliError> {
    refuse_copy(directory)?;
    let OpenedLedger { ledger, log, aside } = open(directory, storage, policy)?;
    Ok(OpenedLedger { ledger, log, aside })
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
    policy: EvidencePolicy,
) -> Result<OpenedLedger<dyn EventLog>, CliError> {
    let address: ClusterAddress =
        address.parse().map_err(|error| match ClusterAddress::is_meant(address) {
            true => CliError::from(error),
            false => CliError::Usage(format!("--log: {error}\nhint: what to tell on stderr is --log-filter")),
        })?;
    tracing::info!(cluster = %address, "following the cluster");
    let log = ClusterLog::open(directory, &address, &ClusterOptions::new(storage.options()))?;
    warn_of_dropped_end(log.copy());
    tracing::info!(head = %log.head(), "the copy is up to date");
    let mut aside = AsideNames::default();
    log_opening::judge_or_rename(directory, &log, policy, &mut aside)?;
    let (ledger, log) = over(Arc::new(log), storage)?;
    Ok(OpenedLedger { ledger, log, aside })
}

/// A ledger over a log that is open.
pub(super) fn over(
    log: Arc<dyn EventLog>,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<dyn EventLog>), CliError> {
    let cached_deliveries_max = storage.caches.cached_deliveries_max;
    let options = LedgerOptions { cached_deliveries_max, ..LedgerOptions::default() };
    let ledger = Ledger::open(log.clone(), Arc::new(System), options);
    Ok((ledger.map_err(anyhow::Error::from)?, log))
}

fn open(
    directory: &Path,
    storage: &Storage,
    policy: EvidencePolicy,
) -> Result<OpenedLedger<EmbeddedLog>, CliError> {
    // Dropped in the other order: names are given back when the log is closed.
    let JudgedLog { aside, log } = log_opening::open_log(directory, storage, policy)?;
    let log = Arc::new(log);
    warn_of_dropped_end(&log);
    let (ledger, _) = over(log.clone(), storage)?;
    Ok(OpenedLedger { ledger, log, aside })
}

/// Opens a ledger that must exist already, for what is derived from it.
pub(super) fn existing(
    directory: &Path,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    refuse_missing(directory)?;
    let OpenedLedger { ledger, log, aside } = open(directory, storage, EvidencePolicy::LeaveModels)?;
    aside.keep();
    Ok((ledger, log))
}

/// Opens a ledger of which nothing may change, or can.
pub(super) fn as_it_lies(
    directory: &Path,
    storage: &Storage,
) -> Result<(Arc<Ledger>, Arc<EmbeddedLog>), CliError> {
    let log = Arc::new(log_opening::open_to_read(directory, storage)?);
    let (ledger, _) = over(log.clone(), storage)?;
    Ok((ledger, log))
}

/// Refuses a directory that holds nothing of a ledger.
pub(super) fn refuse_missing(directory: &Path) -> Result<(), CliError> {
    for name in ["log", "FORMAT", "index", READ_MODELS] {
        let path = directory.join(name);
        match path.try_exists() {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // What cannot be looked at may be there.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(anyhow::Error::from(error).context(path.display().to_string()).into());
            }
            Err(_) => {}
        }
    }
    Err(CliError::NoLedger(directory.display().to_string()))
}

/// Keeps read models up with a log.
pub(super) fn questions(
    ledger: &Arc<Ledger>,
    models: Arc<dyn Models>,
    storage: &Storage,
) -> Result<Questions, CliError> {
    let kept_deliveries_max = storage.caches.kept_deliveries_max;
    let projector = Projector::start_keeping(ledger.log().clone(), models, folds(), kept_deliveries_max);
    let projector = Arc::new(projector.map_err(anyhow::Error::from)?);
    Ok(Questions::new(ledger.clone(), projector, storage.caches.dossier_bytes))
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
