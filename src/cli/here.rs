//! A ledger's directory, opened by this process: the log, the read models at its head, and the routes over both.

use std::path::Path;
use std::sync::Arc;

use axum::Router;

use super::open::Storage;
use super::{CliError, open, read_models};
use crate::http::api::{Api, router};
use crate::http::metrics::Metrics;
use crate::limits::Limits;
use crate::projector::{Projector, folds};
use crate::questions::Questions;

/// What a command needs who answers for itself.
pub(super) struct Here {
    router: Router,
}

impl Here {
    pub(super) fn open(directory: &Path, storage: Storage) -> Result<Self, CliError> {
        let (ledger, _) = open::existing(directory, storage)?;
        let models = read_models::open(directory)?;
        read_models::catch_up(ledger.log(), &models)?;
        let projector = Projector::start(ledger.log().clone(), models, folds());
        let projector = Arc::new(projector.map_err(anyhow::Error::from)?);
        let questions = Questions { ledger: ledger.clone(), projector };
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let router = router(Api { ledger, questions, metrics, limits: Limits::default() });
        Ok(Self { router })
    }

    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }
}
