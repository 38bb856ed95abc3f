//! The other half of a check: every read model against a fresh fold of the log.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::evidence::contradiction;
use crate::cli::storage::READ_MODELS;
use crate::cli::{CliError, evidence, progress_bar, read_models};
use crate::log::EventLog;
use crate::projector::{CompareError, RowDifference, bring_forward, compare, folds, statuses};
use crate::read_store::{
    ModelsDirectory, PostgresAddress, ProjectionStatus, ReadStore, SqliteOptions, SqliteStore, StoreError,
};

/// Differences that are shown; `rebuild --compare --differences FILE` writes all of them.
const SHOWN_MAX: usize = 5;

/// The result of checking one read model.
#[derive(Serialize)]
pub(super) struct ModelCheck {
    pub(super) projection: &'static str,
    /// `equal`, `differs`, `outdated`: filled by another version of the fold, or `behind`: a runaway attempt
    /// is not folded yet. Of the last two nothing can be said.
    pub(super) state: &'static str,
    /// The log position that it contains, at which it was compared.
    position: u64,
    rows: u64,
    /// Rows that differ.
    pub(super) differences: u64,
    /// Tables in which they do.
    pub(super) tables: Vec<&'static str>,
    /// SHA-256 over its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// SHA-256 over the rows that a fresh fold gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest_fresh: Option<String>,
    #[serde(skip)]
    pub(super) examples: Vec<RowDifference>,
}

/// Folds the log into a store of its own and compares; empty where there are no read models. `root` is where
/// those of `directory` are looked at.
pub(super) fn check(
    log: &Arc<dyn EventLog>,
    directory: &Path,
    root: &Path,
    database: Option<&PostgresAddress>,
) -> Result<Vec<ModelCheck>, CliError> {
    check_all(log, directory, root, database).map_err(|error| error.at(read_models::place(directory)))
}

fn check_all(
    log: &Arc<dyn EventLog>,
    directory: &Path,
    root: &Path,
    database: Option<&PostgresAddress>,
) -> Result<Vec<ModelCheck>, CliError> {
    let unreadable = |error: StoreError| match error {
        StoreError::Newer { .. } | StoreError::Unavailable { .. } => CliError::from(error),
        StoreError::Place { .. } => CliError::from(error),
        other => CliError::Damaged(format!("the log is intact, the read models do not read: {other}")),
    };
    if database.is_none() {
        evidence::judge_files(directory, root, log.as_ref())?;
    }
    let old = read_models::as_they_lie(root, database).map_err(unreadable)?;
    let Some(old) = old else { return Ok(Vec::new()) };
    let mut standing = statuses(old.as_ref()).map_err(unreadable)?;
    if let Some(database) = database {
        let name = format!("the read models in {database}");
        evidence::judge(directory, log.as_ref(), contradiction(log.as_ref(), &name, &standing)?)?;
    }
    let unfolded = old.reader().and_then(|reader| reader.unfolded()).map_err(unreadable)?;
    let damage = old.find_damage(Box::new(|| ControlFlow::Continue(()))).map_err(unreadable)?;
    if let Some(damage) = damage {
        return Err(CliError::Damaged(format!(
            "the log is intact, the file of the read models is damaged: {damage}\n\
             hint: `attempt-ledger rebuild` makes a new one"
        )));
    }
    let temporary = ModelsDirectory::scratch(&root.join(READ_MODELS))?;
    let options = SqliteOptions { bulk: true, ..SqliteOptions::default() };
    let fresh: Arc<dyn ReadStore> =
        Arc::new(SqliteStore::open(&temporary.path().join("models.sqlite"), options)?);
    // The furthest behind first, because the fold goes on and never back.
    standing.sort_by_key(|one| (one.checkpoint.position, one.projection));
    let bar = progress_bar::over_records(log.head().0);
    bar.set_message("(read models)");
    let mut checked = Vec::with_capacity(standing.len());
    for one in standing {
        let done = bring_forward(log, &fresh, &folds(), one.checkpoint.position, &mut |at| {
            bar.set_position(at.position.0);
            ControlFlow::Continue(())
        });
        let _: ControlFlow<()> = done.map_err(anyhow::Error::from)?;
        let is_behind = unfolded.iter().any(|behind| behind.projection == one.projection);
        checked.push(check_one(&old, &fresh, &one, is_behind).map_err(unreadable)?);
    }
    bar.finish_and_clear();
    Ok(checked)
}

fn check_one(
    old: &Arc<dyn ReadStore>,
    fresh: &Arc<dyn ReadStore>,
    standing: &ProjectionStatus,
    is_behind: bool,
) -> Result<ModelCheck, StoreError> {
    let projection = standing.projection;
    let mut checked = ModelCheck {
        projection: projection.name(),
        state: "outdated",
        position: standing.checkpoint.position.0,
        rows: 0,
        differences: 0,
        tables: Vec::new(),
        digest: None,
        digest_fresh: None,
        examples: Vec::new(),
    };
    if standing.version != projection.version() {
        return Ok(checked);
    }
    if is_behind {
        checked.state = "behind";
        return Ok(checked);
    }
    let compared = compare(old, fresh, projection, &mut |difference| {
        if !checked.tables.contains(&difference.table) {
            checked.tables.push(difference.table);
        }
        if checked.examples.len() < SHOWN_MAX {
            checked.examples.push(difference);
        }
    })
    .map_err(|(CompareError::Before(error) | CompareError::After(error))| error)?;
    checked.state = if compared.differences == 0 { "equal" } else { "differs" };
    checked.rows = compared.rows_before;
    checked.differences = compared.differences;
    checked.digest = Some(compared.digest_before.to_string());
    checked.digest_fresh = Some(compared.digest_after.to_string());
    Ok(checked)
}
