//! Where an ingest sends its batches.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::{Address, Position, Rule};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::line_batches::LineBatch;
use crate::cli::CliError;
use crate::cli::query::Query;
use crate::cli::remote_service::{RemoteService, read, refusal};
use crate::ledger::{BatchLine, Ledger, LineReceipt, Receipt, Submission};
use crate::limits::{BODY_BYTES_MAX, EVENT_BYTES_MAX};
use crate::record::leaf_hash;

/// What a ledger says of itself.
#[derive(Default)]
pub(super) struct TargetState {
    /// Its id; `None` where it holds no record.
    pub(super) ledger: Option<String>,
    pub(super) head: u64,
}

/// The first page of the log, of one record.
#[derive(Deserialize)]
struct FirstRecord {
    events: Vec<FirstLeaf>,
    head: u64,
}

#[derive(Deserialize)]
struct FirstLeaf {
    leaf_hash: String,
}

/// What became of one line.
pub(super) enum LineOutcome {
    /// At this position, where it is told.
    Recorded {
        position: Option<u64>,
        flags: Vec<String>,
    },
    Duplicate {
        flags: Vec<String>,
    },
    /// A decision about a refusal, which an export wrote.
    Skipped,
    /// Without an id where it is kept nowhere but in the input.
    Refused {
        code: String,
        refusal_id: Option<String>,
        detail: String,
        /// Whether it was refused before; nothing was recorded then.
        repeated: bool,
    },
}

impl LineOutcome {
    /// Longer than a server takes.
    fn not_kept(detail: String) -> Self {
        Self::Refused { code: TOO_LARGE.to_owned(), refusal_id: None, detail, repeated: false }
    }
}

/// The code of what is too long, by itself or for the server.
pub(super) const TOO_LARGE: &str = Rule::TooLarge.code();

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
    position: Option<u64>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refusal_id: Option<String>,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    repeated: bool,
    #[serde(default)]
    flags: Vec<String>,
}

impl Sink {
    pub(super) fn directory(ledger: Arc<Ledger>, address: Address, source: &str, directory: &Path) -> Self {
        let place = Self::directory_place(directory).into();
        Self::Directory { ledger, address, source: Arc::from(source), place }
    }

    pub(super) fn directory_place(directory: &Path) -> String {
        format!("the log of {}", directory.display())
    }

    pub(super) fn server(url: &str, address: &Address) -> Self {
        let query = Query::to("/v1/events")
            .with_given([("event", &address.event), ("queue_type", &address.queue_type)]);
        Self::Server { service: RemoteService::new(url), path: query.path_and_query().into() }
    }

    /// Where lines go, in words.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Directory { place, .. } => place.to_string(),
            Self::Server { service, .. } => service.url(""),
        }
    }

    /// Which ledger takes the lines.
    pub(super) fn state(&self) -> Result<TargetState, CliError> {
        match self {
            Self::Directory { ledger, place, .. } => {
                let log = ledger.log();
                let first = log.read_after(Position(0), 1).with_context(|| place.clone())?;
                let ledger = first.first().map(|record| leaf_hash(&record.leaf).to_string());
                Ok(TargetState { ledger, head: log.head().0 })
            }
            Self::Server { service, .. } => {
                // A ledger's id is the hash of its first leaf.
                const FIRST: &str = "/v1/events?after=0&limit=1";
                let (status, text) = service.get(FIRST)?;
                if status != 200 {
                    return Err(refusal(status, FIRST, &text));
                }
                let FirstRecord { events, head } = read(&text, FIRST)?;
                Ok(TargetState { ledger: events.into_iter().next().map(|leaf| leaf.leaf_hash), head })
            }
        }
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
                    let lines = batch.lines.iter().map(|(_, body)| {
                        let (address, source) = (address.clone(), source.clone());
                        BatchLine::read(Submission { address, body: body.clone(), source })
                    });
                    let receipts = ledger.record_lines(lines.collect()).await;
                    let receipts = receipts.with_context(|| place)?;
                    Ok((batch, receipts.into_iter().map(from_receipt).collect()))
                })
            }
            Self::Server { service, path } => {
                let (service, path) = (service.clone(), path.clone());
                Box::pin(async move {
                    let sent = tokio::task::spawn_blocking(move || {
                        let outcomes = post(&service, &path, &batch.lines)?;
                        Ok((batch, outcomes))
                    });
                    sent.await.map_err(anyhow::Error::from)?
                })
            }
        }
    }
}

fn from_receipt(receipt: LineReceipt) -> LineOutcome {
    match receipt {
        LineReceipt::Decision => LineOutcome::Skipped,
        LineReceipt::Delivery(Receipt::Recorded(receipt)) => {
            LineOutcome::Recorded { position: Some(receipt.position.0), flags: receipt.flags }
        }
        LineReceipt::Queue { changed: true, .. } => {
            LineOutcome::Recorded { position: None, flags: Vec::new() }
        }
        LineReceipt::Delivery(Receipt::Observed(place)) if !place.repeated => {
            LineOutcome::Recorded { position: None, flags: place.flags }
        }
        LineReceipt::Delivery(Receipt::Duplicate(place)) => LineOutcome::Duplicate { flags: place.flags },
        LineReceipt::Delivery(Receipt::Observed(place)) => LineOutcome::Duplicate { flags: place.flags },
        LineReceipt::Queue { changed: false, .. } => LineOutcome::Duplicate { flags: Vec::new() },
        LineReceipt::Delivery(Receipt::Refused(refused)) => LineOutcome::Refused {
            code: refused.refusal.rule.code().to_owned(),
            refusal_id: Some(refused.refusal_id.to_string()),
            detail: refused.refusal.detail,
            repeated: refused.repeated,
        },
    }
}

/// What a server says to lines that are sent together.
enum PostAnswer {
    Outcomes(Vec<LineOutcome>),
    /// It does not take so much at once; the text says what it can take.
    TooLarge(String),
}

/// Sends lines together. What the server does not take at once is sent in halves, down to the one line that
/// is too long by itself: that one is refused by its number, and the others are recorded.
fn post(service: &RemoteService, path: &str, lines: &[(u64, Bytes)]) -> Result<Vec<LineOutcome>, CliError> {
    match lines {
        [] => return Ok(Vec::new()),
        [(_, line)] if line.len() > BODY_BYTES_MAX => {
            let detail = format!("the body has {} bytes, {EVENT_BYTES_MAX} are allowed", line.len());
            return Ok(vec![LineOutcome::not_kept(detail)]);
        }
        _ => {}
    }
    let answer = match body(lines) {
        Some(body) => post_body(service, path, &body)?,
        None => PostAnswer::TooLarge(String::new()),
    };
    match (answer, lines) {
        (PostAnswer::Outcomes(outcomes), _) => Ok(outcomes),
        (PostAnswer::TooLarge(detail), [_]) => Ok(vec![LineOutcome::not_kept(detail)]),
        (PostAnswer::TooLarge(_), _) => {
            let (first, second) = lines.split_at(lines.len() / 2);
            let mut outcomes = post(service, path, first)?;
            outcomes.append(&mut post(service, path, second)?);
            Ok(outcomes)
        }
    }
}

/// Lines as one body; `None` when no server takes so much. A damaged first line may begin like text in
/// another encoding, which would be that of the whole body: two empty lines before it keep it a line.
fn body(lines: &[(u64, Bytes)]) -> Option<Vec<u8>> {
    let is_delivery = lines.first().is_some_and(|(_, line)| line.starts_with(b"{") && !line.contains(&0));
    let before: &[&[u8]] = if is_delivery { &[] } else { &[b"", b""] };
    let lines = lines.iter().map(|(_, line)| line.as_ref());
    let lines: Vec<&[u8]> = before.iter().copied().chain(lines).collect();
    let body = lines.join(&b'\n');
    (body.len() <= BODY_BYTES_MAX).then_some(body)
}

fn post_body(service: &RemoteService, path: &str, body: &[u8]) -> Result<PostAnswer, CliError> {
    let url = service.url(path);
    for attempt in 0..TRIES_MAX {
        let (status, text) = service.post_body(path, "application/x-ndjson", body)?;
        match status {
            200 => {
                let answer: BatchResults = serde_json::from_str(&text).with_context(|| url.clone())?;
                return Ok(PostAnswer::Outcomes(answer.results.into_iter().map(from_line).collect()));
            }
            413 => return Ok(PostAnswer::TooLarge(problem_detail(&text))),
            503 => std::thread::sleep(Duration::from_millis(FIRST_PAUSE_MS << attempt)),
            status => return Err(refusal(status, path, &text)),
        }
    }
    Err(anyhow!("{url} stayed busy").into())
}

fn problem_detail(text: &str) -> String {
    #[derive(Deserialize)]
    struct ProblemDetail {
        title: String,
        #[serde(default)]
        detail: String,
    }
    match serde_json::from_str(text) {
        Ok(ProblemDetail { title, detail }) => format!("{title}: {detail}"),
        // A proxy's own answer is a page for people.
        Err(_) => "the server answered 413".to_owned(),
    }
}

fn from_line(answer: LineResult) -> LineOutcome {
    match answer.outcome.as_str() {
        "recorded" => LineOutcome::Recorded { position: answer.position, flags: answer.flags },
        "duplicate" => LineOutcome::Duplicate { flags: answer.flags },
        "skipped" => LineOutcome::Skipped,
        _ => {
            let LineResult { code, refusal_id, detail, repeated, .. } = answer;
            LineOutcome::Refused { code, refusal_id, detail, repeated }
        }
    }
}
