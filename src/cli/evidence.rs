//! Read models and indexes know how far a log once went. A log that ends before that is refused, and nothing
//! that knows more is deleted.

use std::path::Path;

use anyhow::Context as _;
use attempt_ledger_domain::Position;

use super::CliError;
use crate::aside::set_aside;
use crate::environment::{Environment as _, System};
use crate::log::{Evidence, Witness};

/// What becomes of a log that ends before what was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EvidencePolicy {
    /// It is refused.
    Refuse,
    /// It is refused for what the index or `FORMAT` knows; read models are judged by the command, if at all.
    LeaveModels,
    /// What knows more gets another name, and the log is opened as it is.
    SetAside,
}

impl From<Evidence> for CliError {
    fn from(evidence: Evidence) -> Self {
        // Errors of commands have their hint on a line of its own.
        Self::Damaged(format!("{}\nhint: {}", evidence.reason(), evidence.hint()))
    }
}

/// Refuses when a witness has seen more than `head`.
pub(super) fn judge(directory: &Path, head: Position, witness: Option<Witness>) -> Result<(), CliError> {
    match witness.filter(|witness| witness.position > Some(head)) {
        None => Ok(()),
        Some(witness) => Err(Evidence { log: directory.join("log"), head, witnesses: vec![witness] }.into()),
    }
}

/// Gives what is in a ledger's directory other names.
pub(super) fn keep_aside(directory: &Path, names: &[String], head: Position) -> Result<(), CliError> {
    for name in names {
        // FORMAT is a witness only of a log of which nothing is left.
        if name == "FORMAT" && head > Position(0) {
            continue;
        }
        let path = directory.join(name);
        let aside = set_aside(&path, System.now()).with_context(|| path.display().to_string())?;
        if let Some(aside) = aside {
            tracing::warn!(
                file = %path.display(), aside = %aside.display(), %head,
                "what knows more than the log is kept under another name"
            );
        }
    }
    Ok(())
}
