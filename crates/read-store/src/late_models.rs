//! Read models in files whose place does not let them be opened yet, as on a full disk. The service starts
//! all the same: hooks and the log need no read models.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use attempt_ledger_system::lock::take_over;

use crate::changes::Changes;
use crate::directory::ModelsDirectory;
use crate::models::Models;
use crate::port::{ReadStore, Reader};
use crate::projection::{Failure, Projection};
use crate::sqlite::SqliteOptions;
use crate::store_error::StoreError;

/// A directory of models that is opened when its place lets it.
pub struct LateModels {
    directory: PathBuf,
    options: SqliteOptions,
    opened: OnceLock<Arc<ModelsDirectory>>,
    /// Why it was not opened the last time; held while that is tried.
    reason: Mutex<String>,
}

impl LateModels {
    /// Opens the models under a data directory, now or, where the place does not let them be opened, later.
    ///
    /// # Errors
    /// As [`ModelsDirectory::open`], but for [`StoreError::Place`].
    pub fn open_or_wait(directory: &Path, options: SqliteOptions) -> Result<Arc<dyn Models>, StoreError> {
        match ModelsDirectory::open_with(directory, options) {
            Err(StoreError::Place { reason }) => {
                tracing::error!(%reason, "the read models cannot be opened; they are tried again");
                let (directory, reason) = (directory.to_owned(), Mutex::new(reason));
                Ok(Arc::new(Self { directory, options, opened: OnceLock::new(), reason }))
            }
            opened => Ok(Arc::new(opened?)),
        }
    }

    fn opened(&self) -> Result<&Arc<ModelsDirectory>, StoreError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let mut reason = take_over(self.reason.lock());
        if self.opened.get().is_none() {
            match ModelsDirectory::open_with(&self.directory, self.options) {
                Ok(opened) => {
                    tracing::info!("the read models are open now");
                    let _ = self.opened.set(Arc::new(opened));
                }
                Err(error) => {
                    *reason = error.to_string();
                    return Err(StoreError::Unavailable { reason: reason.clone() });
                }
            }
        }
        Ok(self.opened.get().expect("it was set"))
    }
}

impl Models for LateModels {
    fn current(&self) -> Arc<dyn ReadStore> {
        match self.opened.get() {
            Some(opened) => opened.current(),
            None => Arc::new(UnopenedStore { reason: take_over(self.reason.lock()).clone() }),
        }
    }

    fn lead(&self) -> Result<bool, StoreError> {
        self.opened()?.lead()
    }

    fn shadow(&self, projections: &[Projection]) -> Result<Arc<dyn ReadStore>, StoreError> {
        self.opened()?.shadow(projections)
    }

    fn swap(&self) -> Result<(), StoreError> {
        self.opened()?.swap()
    }

    fn snapshot(&self) -> Result<Option<File>, StoreError> {
        self.opened()?.snapshot()
    }

    fn discard_shadow(&self) -> Result<(), StoreError> {
        self.opened()?.discard_shadow()
    }
}

/// What there is until then.
struct UnopenedStore {
    reason: String,
}

impl UnopenedStore {
    fn away<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::Unavailable { reason: self.reason.clone() })
    }
}

impl ReadStore for UnopenedStore {
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        self.away()
    }

    fn apply(&self, _changes: &Changes) -> Result<(), StoreError> {
        self.away()
    }

    fn set_failure(&self, _projection: Projection, _failure: Option<&Failure>) -> Result<(), StoreError> {
        self.away()
    }

    fn reset(&self, _projections: &[Projection]) -> Result<(), StoreError> {
        self.away()
    }
}
