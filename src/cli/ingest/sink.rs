//! Where an ingest sends its batches.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::Address;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::line_batches::LineBatch;
use crate::cli::CliError;
use crate::cli::query::Query;
use crate::cli::remote_service::RemoteService;
use crate::cli::visible::visible;
use crate::ledger::{Ledger, Receipt, Submission};

/// What became of one line.
pub(super) enum LineOutcome {
    Recorded,
    Duplicate,
    Refused { code: String, refusal_id: String, detail: String },
}

pub(super) enum Sink {
    Directory { ledger: Arc<Ledger>, address: Address, source: Arc<str>, place: Arc<str> },
    Server { service: RemoteService, path: Arc<str> },
}

/// Times that a busy server is asked again, with growing pauses: half a minute in all.
const TRIES_MAX: u32 = 8;
const FIRST_PAUSE_MS: u64 = 250;

#[derive(Deserialize)]
struct BatchResults {
    results: Vec<LineResult>,
}

#[derive(Deserialize)]
struct LineResult {
    outcome: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refusal_id: String,
    #[serde(default)]
    detail: String,
}

impl Sink {
    pub(super) fn directory(ledger: Arc<Ledger>, address: Address, source: &str, directory: &Path) -> Self {
        let place = format!("the log of {}", directory.display()).into();
        Self::Directory { ledger, address, source: Arc::from(source), place }
    }

    pub(super) fn server(url: &str, address: &Address) -> Self {
        let query = Query::to("/v1/events")
            .with_given([("event", &address.event), ("queue_type", &address.queue_type)]);
        Self::Server { service: RemoteService::new(url), path: query.path_and_query().into() }
    }

    /// Sends one batch; the answer comes after all of it is durable.
    pub(super) fn send(
        &self,
        batch: LineBatch,
    ) -> BoxFuture<'static, Result<(LineBatch, Vec<LineOutcome>), CliError>> {
        match self {
            Self::Directory { ledger, address, source, place } => {
                let (ledger, address, source) = (ledger.clone(), address.clone(), source.clone());
                let place = place.clone();
                Box::pin(async move {
                    let submissions = batch.lines.iter().map(|(_, body)| Submission {
                        address: address.clone(),
                        body: body.clone(),
                        source: source.clone(),
                    });
                    let receipts = ledger.record_batch(submissions.collect()).await;
                    let receipts = receipts.with_context(|| place)?;
                    Ok((batch, receipts.into_iter().map(from_receipt).collect()))
                })
            }
            Self::Server { service, path } => {
                let (service, path) = (service.clone(), path.clone());
                Box::pin(async move {
                    let sent = tokio::task::spawn_blocking(move || post(&service, &path, batch)).await;
                    sent.map_err(anyhow::Error::from)?
                })
            }
        }
    }
}

fn from_receipt(receipt: Receipt) -> LineOutcome {
    match receipt {
        Receipt::Recorded(_) => LineOutcome::Recorded,
        Receipt::Duplicate(_) => LineOutcome::Duplicate,
        Receipt::Refused(refused) => LineOutcome::Refused {
            code: refused.refusal.rule.code().to_owned(),
            refusal_id: refused.refusal_id.to_string(),
            detail: refused.refusal.detail,
        },
    }
}

fn post(
    service: &RemoteService,
    path: &str,
    batch: LineBatch,
) -> Result<(LineBatch, Vec<LineOutcome>), CliError> {
    if batch.lines.is_empty() {
        return Ok((batch, Vec::new()));
    }
    let mut body = Vec::new();
    for (_, line) in &batch.lines {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    let url = service.url(path);
    for attempt in 0..TRIES_MAX {
        let (status, text) = service.post_body(path, "application/x-ndjson", &body)?;
        match status {
            200 => {
                let answer: BatchResults = serde_json::from_str(&text).with_context(|| url.clone())?;
                return Ok((batch, answer.results.into_iter().map(from_line).collect()));
            }
            503 => std::thread::sleep(Duration::from_millis(FIRST_PAUSE_MS << attempt)),
            status => return Err(anyhow!("{url} answered {status}: {}", visible(&text)).into()),
        }
    }
    Err(anyhow!("{url} stayed busy").into())
}

fn from_line(answer: LineResult) -> LineOutcome {
    match answer.outcome.as_str() {
        "recorded" => LineOutcome::Recorded,
        "duplicate" => LineOutcome::Duplicate,
        _ => LineOutcome::Refused { code: answer.code, refusal_id: answer.refusal_id, detail: answer.detail },
    }
}
