//! Sends one request to a running server, or to the same routes in this process.

use std::io::Read;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::local_service::LocalService;
use super::query::Query;
use super::remote_service::{RemoteService, read, refusal, whole};
use super::storage::Storage;
use super::{CliError, LedgerLocation, Target, serve};

const JSON: &str = "application/json";

/// The routes of a ledger, wherever it is: what commands ask.
pub(super) struct ServiceClient {
    endpoint: ServiceEndpoint,
    // Last, so that what runs on it is dropped before.
    runtime: Runtime,
}

enum ServiceEndpoint {
    Remote(RemoteService),
    Local(LocalService),
}

impl ServiceClient {
    /// A running server, or the ledger's directory with its read models brought up to the head.
    pub(super) fn open(target: &Target, storage: Storage) -> Result<Self, CliError> {
        let runtime = serve::runtime()?;
        let endpoint = match target.location()? {
            LedgerLocation::Server(url) => ServiceEndpoint::Remote(RemoteService::new(&url)),
            LedgerLocation::Directory(directory) => {
                ServiceEndpoint::Local(LocalService::open(&directory, storage, runtime.handle())?)
            }
        };
        Ok(Self { endpoint, runtime })
    }

    /// The status of an answer and its text.
    pub(super) fn get(&self, query: &Query) -> Result<(u16, String), CliError> {
        let (status, mut body) = self.begin(&query.path_and_query())?;
        let text = whole(&mut body).with_context(|| format!("the answer of {} breaks off", query.path))?;
        Ok((status, text))
    }

    /// The status of an answer, and its body as it arrives.
    fn begin(&self, path: &str) -> Result<(u16, Box<dyn Read>), CliError> {
        match &self.endpoint {
            ServiceEndpoint::Remote(service) => service.stream(path),
            ServiceEndpoint::Local(service) => service.stream(self.runtime.handle(), path),
        }
    }

    /// Asks; the answer's body streams.
    ///
    /// # Errors
    /// [`CliError::Usage`] for a 400, anything else for every other answer than 200.
    pub(super) fn stream(&self, query: &Query) -> Result<Box<dyn Read>, CliError> {
        let path = query.path_and_query();
        let (status, mut body) = self.begin(&path)?;
        if status == 200 {
            return Ok(body);
        }
        let refused = refusal(status, &path, &whole(&mut body).context("the answer breaks off")?);
        Err(match &self.endpoint {
            // There is no service whose log would name the file.
            ServiceEndpoint::Local(service) if refused.is_damage() => service.damage().unwrap_or(refused),
            _ => refused,
        })
    }

    /// Posts JSON. The status and the text of the answer.
    pub(super) fn post(&self, path: &str, body: &str) -> Result<(u16, String), CliError> {
        match &self.endpoint {
            ServiceEndpoint::Remote(service) => service.post_body(path, JSON, body.as_bytes()),
            ServiceEndpoint::Local(service) => {
                let request =
                    Request::post(path).header(CONTENT_TYPE, JSON).body(Body::from(body.to_owned()));
                let request = request.context("the request is not one")?;
                let (status, mut body) = service.send(self.runtime.handle(), request);
                Ok((status, whole(&mut body).context("the answer breaks off")?))
            }
        }
    }

    /// Asks for all of the answer's text.
    pub(super) fn text(&self, query: &Query) -> Result<String, CliError> {
        let mut body = self.stream(query)?;
        Ok(whole(&mut body).with_context(|| format!("the answer of {} breaks off", query.path))?)
    }

    /// Asks for JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, query: &Query) -> Result<T, CliError> {
        read(&self.text(query)?, &query.path)
    }

    /// Asks for a list by number with every page that follows, as one answer.
    pub(super) fn list(&self, query: &Query, member: &str) -> Result<Value, CliError> {
        let mut all: Value = self.json(query)?;
        while let Some(cursor) = all["next_cursor"].as_str().map(str::to_owned) {
            let mut next: Value = self.json(&query.clone().with("cursor", cursor))?;
            if let (Some(all), Some(next)) = (all[member].as_array_mut(), next[member].as_array_mut()) {
                all.append(next);
            }
            match (all.as_object_mut(), next.get("next_cursor").cloned()) {
                (Some(all), Some(cursor)) => drop(all.insert("next_cursor".to_owned(), cursor)),
                (Some(all), None) => drop(all.remove("next_cursor")),
                (None, _) => break,
            }
        }
        Ok(all)
    }
}
