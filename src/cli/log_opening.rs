//! Opens a log, and judges what lies beside it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use attempt_ledger_domain::Position;

use super::aside_names::AsideNames;
use super::evidence::{EvidencePolicy, contradicting_file, contradiction, evidence, judge_files, last_seen};
use super::storage::{READ_MODELS, Storage};
use super::{CliError, read_models};
use crate::environment::{Environment as _, System};
use crate::log::{EmbeddedLog, EventLog, Evidence, OpenError, Witness};
use crate::projector::statuses;
use crate::read_store::{Models, PostgresModels, PostgresOptions};

/// A log, and what got another name for it.
pub(super) struct JudgedLog {
    pub(super) log: EmbeddedLog,
    pub(super) aside: AsideNames,
}

/// Opens a log in a directory, and judges what lies beside it.
pub(super) fn open_log(
    directory: &Path,
    storage: &Storage,
    policy: EvidencePolicy,
) -> Result<JudgedLog, CliError> {
    let mut aside = AsideNames::default();
    let is_set_aside = policy == EvidencePolicy::SetAside;
    if !is_set_aside {
        // A log that is missing must not be begun.
        refuse_gone(directory, storage)?;
    }
    let log = match EmbeddedLog::open(directory, &storage.options()) {
        Err(OpenError::Evidence(evidence)) if is_set_aside => {
            aside.rename(directory, &witness_names(directory, evidence.head)?, evidence.head)?;
            EmbeddedLog::open(directory, &storage.options())?
        }
        Err(OpenError::Evidence(evidence)) => {
            return Err(with(evidence, last_seen(directory)?).into());
        }
        opened => opened?,
    };
    if policy != EvidencePolicy::LeaveModels {
        judge_or_rename(directory, &log, policy, &mut aside)?;
    }
    Ok(JudgedLog { log, aside })
}

/// Opens a log of which nothing may change.
pub(super) fn open_to_read(directory: &Path, storage: &Storage) -> Result<EmbeddedLog, CliError> {
    refuse_gone(directory, storage)?;
    match EmbeddedLog::open_to_read(directory, &storage.options()) {
        Err(OpenError::Evidence(evidence)) => Err(with(evidence, last_seen(directory)?).into()),
        opened => Ok(opened?),
    }
}

/// Refuses a directory whose log is gone.
fn refuse_gone(directory: &Path, storage: &Storage) -> Result<(), CliError> {
    if !EmbeddedLog::exists(directory)?
        && let Some(models) = last_seen(directory)?
    {
        return Err(with(EmbeddedLog::evidence(directory, &storage.options())?, Some(models)).into());
    }
    Ok(())
}

/// Refuses a log that read models in files contradict, or gives those another name.
pub(super) fn judge_or_rename(
    directory: &Path,
    log: &dyn EventLog,
    policy: EvidencePolicy,
    aside: &mut AsideNames,
) -> Result<(), CliError> {
    if policy != EvidencePolicy::SetAside {
        return judge_files(directory, directory, log);
    }
    match contradicting_file(directory, directory, log)? {
        None => Ok(()),
        Some(_) => aside.rename(directory, &[READ_MODELS.to_owned()], log.head()),
    }
}

/// Every index, since one that a rebuild has left unfinished is a witness like any other; where nothing is
/// left of the log, `FORMAT` and `DURABLE`, too: otherwise the log is still the one that was begun.
fn witness_names(directory: &Path, head: Position) -> Result<Vec<String>, CliError> {
    let entries = std::fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_index = |name: &str| {
        name.strip_prefix("index").is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('.').is_some_and(|number| number.parse::<u64>().is_ok())
        })
    };
    let is_gone = head == Position(0);
    let durable = is_gone.then(|| "log/DURABLE".to_owned());
    Ok(names.filter(|name| (name == "FORMAT" && is_gone) || is_index(name)).chain(durable).collect())
}

/// The evidence, and what the read models add to it.
fn with(mut evidence: Evidence, models: Option<Witness>) -> Evidence {
    evidence.witnesses.extend(models.filter(|witness| witness.position > Some(evidence.head)));
    evidence
}

/// Judges read models in a database, which other logs may have filled, too. A database that is away says
/// nothing, and so do records that this process of several has not seen yet.
pub(super) fn judge_database(
    directory: &Path,
    storage: &Storage,
    log: &dyn EventLog,
    models: Arc<dyn Models>,
    policy: EvidencePolicy,
) -> Result<Arc<dyn Models>, CliError> {
    let Some(address) = storage.database()? else { return Ok(models) };
    let Ok(statuses) = statuses(models.current().as_ref()) else { return Ok(models) };
    let witness = contradiction(log, &format!("the read models in {address}"), &statuses)?;
    let Some(witness) = witness.filter(|it| !log.is_shared() || it.position.is_none()) else {
        return Ok(models);
    };
    if policy == EvidencePolicy::Refuse {
        return Err(evidence(directory, log.head(), witness).into());
    }
    drop(models);
    let schema = PostgresModels::set_aside(&address, PostgresOptions::default(), System.now())?;
    tracing::warn!(%schema, "the read models contain more than the log and are kept aside");
    read_models::open_or_wait(directory, storage)
}
