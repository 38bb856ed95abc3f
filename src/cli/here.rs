//! A ledger's directory, opened by this process: the log, the read models at its head, and the routes over both.

use std::path::Path;
use std::sync::Arc;

use axum::Router;

use super::open::Storage;
use super::{CliError, open, read_models};
use crate::http::api::{Api, router};
use crate::http::metrics::Metrics;
use crate::limits::Limits;
use crate::read_store::{Models, ModelsDirectory, SqliteStore};

/// What a command needs who answers for itself.
pub(super) struct Here {
    router: Router,
    file: Option<Arc<ModelsDirectory>>,
    head: u64,
}

impl Here {
    pub(super) fn open(directory: &Path, storage: Storage) -> Result<Self, CliError> {
        let (ledger, _) = open::existing(directory, &storage)?;
        let (file, models): (_, Arc<dyn Models>) = if storage.database()?.is_some() {
            (None, read_models::open(directory, &storage)?)
        } else {
            let models = read_models::in_files(directory)?;
            (Some(models.clone()), models)
        };
        read_models::catch_up(ledger.log(), models.as_ref())?;
        let head = ledger.log().head().0;
        let questions = open::questions(&ledger, models)?;
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let router = router(Api { ledger, questions, metrics, limits: Limits::default() });
        Ok(Self { router, file, head })
    }

    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// The position of the log's last record, which the read models contain unless one of them stopped.
    pub(super) const fn head(&self) -> u64 {
        self.head
    }

    /// The file that the read models are in; `None` when they are in a database.
    pub(super) fn file(&self) -> Option<Arc<SqliteStore>> {
        self.file.as_ref().map(|models| models.file())
    }
}
