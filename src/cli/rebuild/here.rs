//! A rebuild in this process, over a ledger's directory.

use std::path::Path;

use anyhow::anyhow;
use attempt_ledger_domain::Position;

use super::differences::Differences;
use super::interrupt::Interrupt;
use super::report::{Comparison, Report, Told};
use crate::cli::open::Storage;
use crate::cli::{CliError, open, read_models};
use crate::http::api::{DifferenceAnswer, ProgressAnswer};
use crate::projector::{self, RebuildError, RebuildProgress, SoleWriter, folds, statuses};

pub(super) fn run(
    rebuild: &super::Rebuild,
    directory: &Path,
    storage: Storage,
    interrupt: &Interrupt,
    mut report: Report,
    differences: &mut Differences,
) -> Result<Vec<Comparison>, CliError> {
    let (ledger, _log) = open::existing(directory, &storage)?;
    let models = read_models::open(directory, &storage)?;
    read_models::lead(models.as_ref())?;
    read_models::empty_strangers(ledger.log(), models.as_ref())?;
    // Old models that are a little behind are brought up, so that there is something to compare with. Where there are
    // none at all, that would be the same work twice.
    let old = statuses(models.current().as_ref())?;
    if old.iter().any(|status| status.checkpoint.position > Position(0)) {
        read_models::bring_to_head(ledger.log(), models.as_ref(), interrupt.asked())?;
    }
    let folds = folds();
    let work = projector::Rebuild {
        log: ledger.log().clone(),
        models: models.as_ref(),
        folds: &folds,
        projections: rebuild.projections(),
        swap: !rebuild.compare,
        cancelled: interrupt.asked(),
    };
    // What cannot be told does not end the work: it is answered afterwards.
    let mut faults = Vec::new();
    let mut of_differences = Ok(());
    let done = work.run(
        &SoleWriter,
        &mut |progress| faults.extend(hear(&mut report, progress).err()),
        &mut |difference| {
            if of_differences.is_ok() {
                of_differences = difference_line(differences, difference);
            }
        },
    );
    let done = done.map_err(explained)?;
    of_differences?;
    if let Some(fault) = faults.pop() {
        return Err(fault);
    }
    let (told, _) = as_told(&done)?;
    report.end(&told, !rebuild.compare)?;
    Ok(told.compared)
}

fn hear(report: &mut Report, progress: &RebuildProgress) -> Result<(), CliError> {
    let (told, text) = as_told(progress)?;
    report.hear(&told, &text)
}

/// RebuildProgress as the routes tell it, so that it reads the same with `--url`.
fn as_told(progress: &RebuildProgress) -> Result<(Told, String), CliError> {
    let text = serde_json::to_string(&ProgressAnswer::of(progress.clone())).map_err(anyhow::Error::from)?;
    Ok((serde_json::from_str(&text).map_err(anyhow::Error::from)?, text))
}

fn difference_line(
    differences: &mut Differences,
    difference: projector::RowDifference,
) -> Result<(), CliError> {
    let line = serde_json::to_string(&DifferenceAnswer::of(difference)).map_err(anyhow::Error::from)?;
    differences.take(&line)
}

fn explained(error: RebuildError) -> CliError {
    match error {
        RebuildError::Cancelled => {
            anyhow!("{error}\nhint: the same command goes on where this one stopped").into()
        }
        other => anyhow::Error::from(other).into(),
    }
}
