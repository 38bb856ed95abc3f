//! Opens a log, and judges what lies beside it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use attempt_ledger_domain::Position;

use super::evidence::{EvidencePolicy, judge, keep_aside};
use super::storage::{READ_MODELS, Storage};
use super::{CliError, read_models};
use crate::environment::{Environment as _, System};
use crate::log::{EmbeddedLog, EventLog as _, Evidence, OpenError, Witness};
use crate::projector::statuses;
use crate::read_store::{Models, PostgresModels, PostgresOptions, ReadStore, StoreError};

/// Opens a log in a directory, and judges what lies beside it.
pub(super) fn open_log(
    directory: &Path,
    storage: &Storage,
    policy: EvidencePolicy,
) -> Result<EmbeddedLog, CliError> {
    let is_set_aside = policy == EvidencePolicy::SetAside;
    if !is_set_aside
        && !EmbeddedLog::exists(directory)
        && let Some(models) = models_in_files(directory)
    {
        // A log that is missing must not be begun.
        return Err(with(EmbeddedLog::evidence(directory, &storage.options())?, Some(models)).into());
    }
    let log = match EmbeddedLog::open(directory, &storage.options()) {
        Err(OpenError::Evidence(evidence)) if is_set_aside => {
            keep_aside(directory, &witness_names(directory)?, evidence.head)?;
            EmbeddedLog::open(directory, &storage.options())?
        }
        Err(OpenError::Evidence(evidence)) => {
            return Err(with(evidence, models_in_files(directory)).into());
        }
        opened => opened?,
    };
    // Looked at only with the log's lock: opening read models brings their schema up to date, which must not
    // happen beneath a running server.
    let models = models_in_files(directory);
    match policy {
        EvidencePolicy::LeaveModels => {}
        EvidencePolicy::Refuse => judge(directory, log.head(), models)?,
        EvidencePolicy::SetAside => {
            if models.is_some_and(|witness| witness.position > Some(log.head())) {
                keep_aside(directory, &[READ_MODELS.to_owned()], log.head())?;
            }
        }
    }
    Ok(log)
}

/// `FORMAT` and every index: one that a rebuild has left unfinished is a witness like any other.
fn witness_names(directory: &Path) -> Result<Vec<String>, CliError> {
    let entries = std::fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_index = |name: &str| {
        name.strip_prefix("index").is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('.').is_some_and(|number| number.parse::<u64>().is_ok())
        })
    };
    Ok(names.filter(|name| name == "FORMAT" || is_index(name)).collect())
}

/// The evidence, and what the read models add to it.
fn with(mut evidence: Evidence, models: Option<Witness>) -> Evidence {
    evidence.witnesses.extend(models.filter(|witness| witness.position > Some(evidence.head)));
    evidence
}

/// Judges read models in a database, which other logs may have filled, too. A database that is away says
/// nothing.
pub(super) fn judge_database(
    directory: &Path,
    storage: &Storage,
    head: Position,
    models: Arc<dyn Models>,
    policy: EvidencePolicy,
) -> Result<Arc<dyn Models>, CliError> {
    let Some(address) = storage.database()? else { return Ok(models) };
    let witness = models_in(models.current().as_ref(), &address.to_string()).ok().flatten();
    if policy == EvidencePolicy::Refuse || witness.as_ref().is_none_or(|it| it.position <= Some(head)) {
        judge(directory, head, witness)?;
        return Ok(models);
    }
    drop(models);
    let schema = PostgresModels::set_aside(&address, PostgresOptions::default(), System.now())?;
    tracing::warn!(%schema, "the read models contain more than the log and are kept aside");
    read_models::open_or_wait(directory, storage)
}

/// What the read models in a directory have seen; `None` when that is nothing, or does not read.
pub(super) fn models_in_files(directory: &Path) -> Option<Witness> {
    let store = read_models::as_they_lie(directory, None).ok()??;
    models_in(store.as_ref(), &directory.join(READ_MODELS).display().to_string()).ok()?
}

fn models_in(store: &dyn ReadStore, name: &str) -> Result<Option<Witness>, StoreError> {
    let position = statuses(store)?.into_iter().map(|status| status.checkpoint.position).max();
    let name = format!("the read models in {name}");
    Ok(position.filter(|at| *at > Position(0)).map(|at| Witness { name, position: Some(at) }))
}
