//! A ledger's directory, opened by this process: the log, the read models at its head, and the routes over
//! both.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;
use tower::ServiceExt as _;

use super::reading::ModelsPlace;
use super::storage::Storage;
use super::{CliError, evidence, open, read_models, reading};
use crate::http::api::{Api, router};
use crate::http::metrics::Metrics;
use crate::limits::Limits;
use crate::log::EventLog;

/// The routes over a directory's log and read models.
pub(super) struct LocalService {
    router: Router,
    log: Arc<dyn EventLog>,
    /// Outlives the read models in it.
    _place: ModelsPlace,
}

impl LocalService {
    pub(super) fn open(directory: &Path, storage: Storage, handle: &Handle) -> Result<Self, CliError> {
        let readable = reading::open(directory, &storage)?;
        let (ledger, place) = (&readable.ledger, readable.models_place(&storage)?);
        // Before they are opened: a file that is not in use may be the last trace of what is missing.
        evidence::judge_files(directory, place.root(), ledger.log().as_ref())?;
        let models = read_models::open(place.root(), &storage)?;
        let caught_up = read_models::catch_up(directory, ledger.log(), models.as_ref());
        caught_up.map_err(|error| error.at(read_models::place(directory)))?;
        let (log, questions) = (ledger.log().clone(), open::questions(ledger, models, &storage)?);
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let router = router(Api::new(questions, metrics, Limits::default(), handle.clone()));
        Ok(Self { router, log, _place: place })
    }

    /// The files that an answer met damaged; `None` where it met none.
    pub(super) fn damage(&self) -> Option<CliError> {
        let damage = self.log.segment_damage();
        (!damage.is_empty()).then(|| CliError::Damaged(damage.join("\n")))
    }

    /// The status of an answer, and its body as tasks on `handle` write it.
    pub(super) fn stream(&self, handle: &Handle, path: &str) -> Result<(u16, Box<dyn Read>), CliError> {
        let request = Request::get(path).body(Body::empty()).context("the request is not one")?;
        Ok(self.send(handle, request))
    }

    /// The same for any request.
    pub(super) fn send(&self, handle: &Handle, request: Request<Body>) -> (u16, Box<dyn Read>) {
        let response = match handle.block_on(self.router.clone().oneshot(request)) {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let body = BodyReader { handle: handle.clone(), body: response.into_body(), chunk: Bytes::new() };
        (status, Box::new(body))
    }
}

/// Reads a body that tasks write.
struct BodyReader {
    handle: Handle,
    body: Body,
    chunk: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.chunk.is_empty() {
            match self.handle.block_on(self.body.frame()) {
                None => return Ok(0),
                Some(frame) => {
                    self.chunk = frame
                        .map_err(|error| std::io::Error::other(error.to_string()))?
                        .into_data()
                        .unwrap_or_default();
                }
            }
        }
        let taken = self.chunk.len().min(out.len());
        self.chunk.copy_to_slice(&mut out[..taken]);
        Ok(taken)
    }
}
