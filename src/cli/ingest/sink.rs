//! Where an ingest sends its batches.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::Address;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::lines::Batch;
use crate::cli::{CliError, open};
use crate::ledger::{Ledger, Receipt, Submission};

/// What became of one line.
pub(super) enum Answered {
    Recorded,
    Duplicate,
    Refused { code: String, refusal_id: String, detail: String },
}

pub(super) enum Sink {
    Directory { ledger: Arc<Ledger>, address: Address, source: Arc<str> },
    Server { agent: ureq::Agent, url: Arc<str> },
}

/// Times that a busy server is asked again, with growing pauses: half a minute in all.
const TRIES_MAX: u32 = 8;
const FIRST_PAUSE_MS: u64 = 250;

#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<LineAnswer>,
}

#[derive(Deserialize)]
struct LineAnswer {
    outcome: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refusal_id: String,
    #[serde(default)]
    detail: String,
}

impl Sink {
    pub(super) fn directory(ledger: Arc<Ledger>, address: Address, source: &str) -> Self {
        Self::Directory { ledger, address, source: Arc::from(source) }
    }

    pub(super) fn server(url: &str, address: &Address) -> Self {
        let query: Vec<String> = [("event", &address.event), ("queue_type", &address.queue_type)]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}/v1/events{mark}{}", url.trim_end_matches('/'), query.join("&"));
        Self::Server { agent: open::http_agent(), url: url.into() }
    }

    /// Sends one batch; the answer comes after all of it is durable.
    pub(super) fn send(&self, batch: Batch) -> BoxFuture<'static, Result<(Batch, Vec<Answered>), CliError>> {
        match self {
            Self::Directory { ledger, address, source } => {
                let (ledger, address, source) = (ledger.clone(), address.clone(), source.clone());
                Box::pin(async move {
                    let submissions = batch.lines.iter().map(|(_, body)| Submission {
                        address: address.clone(),
                        body: body.clone(),
                        source: source.clone(),
                    });
                    let receipts = ledger.record_batch(submissions.collect()).await;
                    let receipts = receipts.map_err(anyhow::Error::from)?;
                    Ok((batch, receipts.into_iter().map(from_receipt).collect()))
                })
            }
            Self::Server { agent, url } => {
                let (agent, url) = (agent.clone(), url.clone());
                Box::pin(async move {
                    let sent = tokio::task::spawn_blocking(move || post(&agent, &url, batch)).await;
                    sent.map_err(anyhow::Error::from)?
                })
            }
        }
    }
}

fn from_receipt(receipt: Receipt) -> Answered {
    match receipt {
        Receipt::Recorded(_) => Answered::Recorded,
        Receipt::Duplicate(_) => Answered::Duplicate,
        Receipt::Refused(refused) => Answered::Refused {
            code: refused.refusal.rule.code().to_owned(),
            refusal_id: refused.refusal_id.to_string(),
            detail: refused.refusal.detail,
        },
    }
}

fn post(agent: &ureq::Agent, url: &str, batch: Batch) -> Result<(Batch, Vec<Answered>), CliError> {
    if batch.lines.is_empty() {
        return Ok((batch, Vec::new()));
    }
    let mut body = Vec::new();
    for (_, line) in &batch.lines {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    for attempt in 0..TRIES_MAX {
        let request = agent.post(url).header("content-type", "application/x-ndjson");
        let mut response = request.send(&body[..]).with_context(|| url.to_owned())?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(64 * 1024 * 1024)
            .read_to_string()
            .with_context(|| url.to_owned())?;
        match status {
            200 => {
                let answer: BatchAnswer = serde_json::from_str(&text).with_context(|| url.to_owned())?;
                return Ok((batch, answer.results.into_iter().map(from_line).collect()));
            }
            503 => std::thread::sleep(Duration::from_millis(FIRST_PAUSE_MS << attempt)),
            status => return Err(anyhow!("{url} answered {status}: {text}").into()),
        }
    }
    Err(anyhow!("{url} stayed busy").into())
}

fn from_line(answer: LineAnswer) -> Answered {
    match answer.outcome.as_str() {
        "recorded" => Answered::Recorded,
        "duplicate" => Answered::Duplicate,
        _ => Answered::Refused { code: answer.code, refusal_id: answer.refusal_id, detail: answer.detail },
    }
}
