//! Read models and indexes know how far a log once went, and what was in it. A log that ends before that, or
//! holds other records, is refused, and nothing that knows better is deleted.

use std::path::Path;

use attempt_ledger_domain::Position;

use super::CliError;
use super::storage::READ_MODELS;
use crate::log::{EventLog, Evidence, Witness};
use crate::projector::{foreign_projections, statuses};
use crate::read_store::{Models, ProjectionStatus, seen_models};

/// What becomes of a log that is not the one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EvidencePolicy {
    /// It is refused.
    Refuse,
    /// It is refused for what the index or `FORMAT` knows; read models are judged by the command, if at all.
    LeaveModels,
    /// What knows better gets another name, and the log is opened as it is.
    SetAside,
}

impl From<Evidence> for CliError {
    fn from(evidence: Evidence) -> Self {
        // Errors of commands have their hint on a line of its own.
        Self::Damaged(format!("{}\nhint: {}", evidence.reason(), evidence.hint()))
    }
}

/// Refuses a log that read models contradict.
pub(super) fn judge(directory: &Path, log: &dyn EventLog, witness: Option<Witness>) -> Result<(), CliError> {
    match witness {
        None => Ok(()),
        Some(witness) => Err(evidence(directory, log.head(), witness).into()),
    }
}

/// What is said of a log that one witness contradicts.
pub(super) fn evidence(directory: &Path, head: Position, witness: Witness) -> Evidence {
    Evidence { log: directory.join("log"), head, witnesses: vec![witness] }
}

/// Refuses a log that the read models of a command contradict.
pub(super) fn judge_models(
    directory: &Path,
    log: &dyn EventLog,
    models: &dyn Models,
) -> Result<(), CliError> {
    let statuses = statuses(models.current().as_ref())?;
    judge(directory, log, contradiction(log, "the read models", &statuses)?)
}

/// Refuses a log that read models in files contradict, before any of these files is opened to be written.
/// They are those of `directory`, and are looked at in `root`.
pub(super) fn judge_files(directory: &Path, root: &Path, log: &dyn EventLog) -> Result<(), CliError> {
    judge(directory, log, contradicting_file(directory, root, log)?)
}

/// The first file of read models that contradicts a log, whether it is the one in use or not.
pub(super) fn contradicting_file(
    directory: &Path,
    root: &Path,
    log: &dyn EventLog,
) -> Result<Option<Witness>, CliError> {
    for seen in seen_models(&root.join(READ_MODELS))? {
        let name = models_name(directory, &seen.file);
        if let Some(witness) = contradiction(log, &name, &seen.statuses)? {
            return Ok(Some(witness));
        }
    }
    Ok(None)
}

/// What read models know of records that a log does not hold: later ones, or others.
pub(super) fn contradiction(
    log: &dyn EventLog,
    name: &str,
    statuses: &[ProjectionStatus],
) -> Result<Option<Witness>, CliError> {
    let furthest = statuses.iter().map(|status| status.checkpoint.position).max();
    if furthest > Some(log.head()) {
        return Ok(Some(Witness { name: name.to_owned(), position: furthest }));
    }
    let foreign = foreign_projections(log, statuses).map_err(anyhow::Error::from)?;
    let of_foreign = statuses.iter().find(|status| foreign.contains(&status.projection));
    Ok(of_foreign.map(|status| {
        let at = status.checkpoint.position;
        let name = format!("{name} have seen another record at position {at} than the log holds");
        Witness { name, position: None }
    }))
}

/// What the read models beside a log have seen, where the log itself is gone; `None` when that is nothing.
pub(super) fn last_seen(directory: &Path) -> Result<Option<Witness>, CliError> {
    let all = seen_models(&directory.join(READ_MODELS))?;
    let furthest = all.iter().max_by_key(|seen| seen.position());
    Ok(furthest
        .filter(|seen| seen.position() > Position(0))
        .map(|seen| Witness { name: models_name(directory, &seen.file), position: Some(seen.position()) }))
}

fn models_name(directory: &Path, file: &Path) -> String {
    let models = directory.join(READ_MODELS);
    let file = file.file_name().map_or(models.clone(), |name| models.join(name));
    format!("the read models in {}", file.display())
}
