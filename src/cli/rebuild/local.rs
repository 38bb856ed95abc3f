//! A rebuild in this process, over a ledger's directory.

use std::path::Path;

use anyhow::anyhow;
use attempt_ledger_domain::Position;

use super::differences::Differences;
use super::interrupt::Interrupt;
use super::progress_report::{Comparison, ProgressReport, RebuildState};
use super::request::RebuildRequest;
use crate::cli::storage::Storage;
use crate::cli::{CliError, evidence, open, read_models};
use crate::http::api::{DifferenceAnswer, ProgressAnswer};
use crate::projector::{self, RebuildError, RebuildProgress, SoleWriter, folds, statuses};

pub(super) fn run(
    request: &RebuildRequest,
    directory: &Path,
    storage: Storage,
    interrupt: &Interrupt,
    mut report: ProgressReport,
    differences: &mut Differences,
) -> Result<Comparison, CliError> {
    let (ledger, _log) = open::existing(directory, &storage)?;
    evidence::judge_files(directory, directory, ledger.log().as_ref())?;
    let models = read_models::open(directory, &storage)?;
    read_models::lead(models.as_ref())?;
    evidence::judge_models(directory, ledger.log().as_ref(), models.as_ref())?;
    // Old models that are a little behind are brought up, so that there is something to compare with. Where
    // there are none at all, that would be the same work twice.
    let old = statuses(models.current().as_ref())?;
    if old.iter().any(|status| status.checkpoint.position > Position(0)) {
        read_models::bring_to_head(ledger.log(), models.as_ref(), interrupt.requested())?;
    }
    let folds = folds();
    let work = projector::Rebuild {
        log: ledger.log().clone(),
        models: models.as_ref(),
        folds: &folds,
        projections: request.projections.clone(),
        swap: request.swap,
        cancelled: interrupt.requested(),
    };
    // What cannot be state does not end the work: it is answered afterwards.
    let mut faults = Vec::new();
    let mut of_differences = Ok(());
    let done = work.run(
        &SoleWriter,
        &mut |progress| faults.extend(show(&mut report, progress).err()),
        &mut |difference| {
            if of_differences.is_ok() {
                of_differences = difference_line(differences, difference);
            }
        },
    );
    let done = done.map_err(to_cli_error)?;
    of_differences?;
    if let Some(fault) = faults.pop() {
        return Err(fault);
    }
    let (state, _) = state_of(&done)?;
    report.end(&state, request.swap)?;
    Ok(Comparison { compared: state.compared, damage: state.damage })
}

fn show(report: &mut ProgressReport, progress: &RebuildProgress) -> Result<(), CliError> {
    let (state, text) = state_of(progress)?;
    report.show(&state, &text)
}

/// Progress as the routes answer it, so that it reads the same with `--url`.
fn state_of(progress: &RebuildProgress) -> Result<(RebuildState, String), CliError> {
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

fn to_cli_error(error: RebuildError) -> CliError {
    match error {
        RebuildError::Cancelled => {
            anyhow!("{error}\nhint: the same command goes on where this one stopped").into()
        }
        other => anyhow::Error::from(other).into(),
    }
}
