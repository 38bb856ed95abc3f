//! A ledger's directory, opened by this process: the log, the read models at its head, and the routes over both.

use std::path::Path;
use std::sync::Arc;

use axum::Router;

use super::open::Storage;
use super::{CliError, open, read_models};
use crate::http::api::{Api, router};
use crate::http::metrics::Metrics;
use crate::limits::Limits;

/// What a command needs who answers for itself.
pub(super) struct Here {
    router: Router,
}

impl Here {
    pub(super) fn open(directory: &Path, storage: Storage) -> Result<Self, CliError> {
        let (ledger, _) = open::existing(directory, &storage)?;
        let models = read_models::open(directory, &storage)?;
        read_models::catch_up(ledger.log(), models.as_ref())?;
        let questions = open::questions(&ledger, models)?;
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let router = router(Api { ledger, questions, metrics, limits: Limits::default() });
        Ok(Self { router })
    }

    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }
}
