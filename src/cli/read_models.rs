//! The read models beside a log: opening them, and bringing them up to the head before a question is asked.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_system::cancellation::{self, CancellationToken};

use super::storage::{READ_MODELS, Storage};
use super::{CliError, evidence, progress_bar};
use crate::log::EventLog;
use crate::projector::{Rebuild, SoleWriter, bring_forward, folds, statuses};
use crate::read_store::{
    LateModels, Models, ModelsDirectory, PostgresAddress, PostgresModels, PostgresOptions, Projection,
    ReadStore, SqliteOptions, SqliteStore, StoreError, file_in_use,
};

/// What errors of the read models are about.
pub(super) fn place(directory: &Path) -> String {
    format!("the read models of {}", directory.display())
}

/// Opens the read models of a ledger, making them when they are missing.
pub(super) fn open(directory: &Path, storage: &Storage) -> Result<Arc<dyn Models>, CliError> {
    Ok(match storage.database()? {
        Some(address) => Arc::new(PostgresModels::open(&address, PostgresOptions::default())?),
        None => in_files(directory, storage)?,
    })
}

/// The same for a service, which takes deliveries whether there is a database, or room for a file, or not.
pub(super) fn open_or_wait(directory: &Path, storage: &Storage) -> Result<Arc<dyn Models>, CliError> {
    Ok(match storage.database()? {
        Some(address) => Arc::new(PostgresModels::open_or_wait(&address, PostgresOptions::default())?),
        None => LateModels::open_or_wait(&directory.join(READ_MODELS), sqlite_options(storage))
            .map_err(|error| CliError::from(error).at(place(directory)))?,
    })
}

/// Opens the read models in a ledger's directory, making them when they are missing.
pub(super) fn in_files(directory: &Path, storage: &Storage) -> Result<Arc<ModelsDirectory>, CliError> {
    let models = ModelsDirectory::open_with(&directory.join(READ_MODELS), sqlite_options(storage));
    Ok(Arc::new(models.map_err(|error| CliError::from(error).at(place(directory)))?))
}

fn sqlite_options(storage: &Storage) -> SqliteOptions {
    SqliteOptions { cache_bytes: storage.caches.models_bytes, ..SqliteOptions::default() }
}

/// Opens what the read models are in and nothing else, for a look at what is there; `None` when there are
/// none.
pub(super) fn as_they_lie(
    directory: &Path,
    database: Option<&PostgresAddress>,
) -> Result<Option<Arc<dyn ReadStore>>, StoreError> {
    if let Some(address) = database {
        let models = PostgresModels::open_existing(address, PostgresOptions::default())?;
        return Ok(models.map(|models| models.current()));
    }
    let Some(file) = file_in_use(&directory.join(READ_MODELS))? else { return Ok(None) };
    Ok(Some(Arc::new(SqliteStore::open(&file, SqliteOptions::default())?)))
}

/// Refuses to write where another process does.
pub(super) fn lead(models: &dyn Models) -> Result<(), CliError> {
    if models.lead()? {
        return Ok(());
    }
    Err(CliError::InUse("another process brings these read models forward".to_owned()))
}

/// Brings the read models up to the log's head, as a server does when it starts: those of another log are
/// evidence and refused, those that another version of a fold filled are rebuilt.
pub(super) fn catch_up(
    directory: &Path,
    log: &Arc<dyn EventLog>,
    models: &dyn Models,
) -> Result<(), CliError> {
    lead(models)?;
    let never = CancellationToken::new();
    let folds = folds();
    evidence::judge_models(directory, log.as_ref(), models)?;
    let outdated: Vec<Projection> = statuses(models.current().as_ref())?
        .into_iter()
        .filter(|status| status.version != status.projection.version())
        .map(|status| status.projection)
        .collect();
    if !outdated.is_empty() {
        let bar = progress_bar::over_records(log.head().0);
        bar.set_message("(another version filled the read models: they are rebuilt)");
        let (log, models, folds) = (log.clone(), models, folds.as_slice());
        let rebuild = Rebuild { log, models, folds, projections: outdated, swap: true, cancelled: &never };
        let done = rebuild.run(&SoleWriter, &mut |progress| bar.set_position(progress.position), &mut |_| {});
        bar.finish_and_clear();
        done.map_err(anyhow::Error::from)?;
    }
    bring_to_head(log, models, &never)
}

/// Brings every read model that can move to the log's head, or until it is cancelled.
pub(super) fn bring_to_head(
    log: &Arc<dyn EventLog>,
    models: &dyn Models,
    cancelled: &CancellationToken,
) -> Result<(), CliError> {
    let head = log.head();
    let bar = progress_bar::over_records(head.0);
    bar.set_message("(read models)");
    let done = bring_forward(log, &models.current(), &folds(), head, &mut |checkpoint| {
        bar.set_position(checkpoint.position.0);
        cancellation::flow(cancelled)
    });
    bar.finish_and_clear();
    // An end before the head was requested with the token.
    let _: ControlFlow<()> = done.map_err(anyhow::Error::from)?;
    Ok(())
}
