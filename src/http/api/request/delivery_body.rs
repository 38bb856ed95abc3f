//! From a request's body to deliveries: object, array, NDJSON and the three modes of CloudEvents.

use std::sync::Arc;

use attempt_ledger_domain::Address;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::cloud_events;
use crate::http::problem::Problem;
use crate::ledger::Submission;

/// What a body holds.
pub enum DeliveryBody {
    /// One delivery: answered by its own status.
    One(Submission),
    /// A batch: answered by 200 with one result each.
    Many(Vec<Submission>),
}

const JSON_WHITE_SPACE: [u8; 4] = [b' ', b'\t', b'\n', b'\r'];

impl DeliveryBody {
    /// Takes a body apart. What does not parse as the format it claims is one delivery, refused and kept as a
    /// whole.
    pub fn read(
        headers: &HeaderMap,
        address: Address,
        body: Bytes,
        source: &Arc<str>,
        lines_max: usize,
    ) -> Result<Self, Problem> {
        let submission = |address: Address, body: Bytes| Submission { address, body, source: source.clone() };
        let many = |bodies: Vec<(Address, Bytes)>| match bodies.len() {
            count if count > lines_max => Err(batch_too_long(count, lines_max)),
            _ => {
                Ok(Self::Many(bodies.into_iter().map(|(address, body)| submission(address, body)).collect()))
            }
        };
        let body = trim(body);
        match media_type(headers).as_str() {
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => {
                many(lines(&body).map(|line| (without_id(&address), line)).collect())
            }
            cloud_events::BATCHED => match elements(&body) {
                Some(elements) => {
                    let apart = |one: &Bytes| cloud_events::structured(one, &without_id(&address));
                    many(elements.iter().map(apart).collect())
                }
                None => Ok(Self::One(submission(address, body))),
            },
            cloud_events::STRUCTURED => {
                let (address, data) = cloud_events::structured(&body, &address);
                Ok(Self::One(submission(address, data)))
            }
            _ if cloud_events::is_binary(headers) => {
                Ok(Self::One(submission(cloud_events::binary_address(headers, &address), body)))
            }
            // The producer's content type can be anything, so the body itself decides.
            _ if body.first() == Some(&b'[') => match elements(&body) {
                Some(elements) => many(elements.into_iter().map(|one| (without_id(&address), one)).collect()),
                None => Ok(Self::One(submission(address, body))),
            },
            _ => Ok(Self::One(submission(address, body))),
        }
    }
}

/// The body without white space around it. What is kept is the JSON text itself.
pub fn trim(body: Bytes) -> Bytes {
    let is_white = |byte: &u8| JSON_WHITE_SPACE.contains(byte);
    let start = body.iter().position(|byte| !is_white(byte)).unwrap_or(body.len());
    let end = body.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
    body.slice(start..end)
}

/// Lines of NDJSON, without blank ones.
fn lines(body: &Bytes) -> impl Iterator<Item = Bytes> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
    let lines: Vec<Bytes> = ends
        .map(|end| {
            let line = body.slice(start.min(end)..end);
            start = end + 1;
            trim(line)
        })
        .filter(|line| !line.is_empty())
        .collect();
    lines.into_iter()
}

/// The elements of a JSON array, each exactly as sent.
fn elements(body: &Bytes) -> Option<Vec<Bytes>> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    Some(elements.into_iter().map(|element| body.slice_ref(element.get().as_bytes())).collect())
}

/// One id cannot name every delivery of a batch.
fn without_id(address: &Address) -> Address {
    Address { id: None, ..address.clone() }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

fn batch_too_long(count: usize, lines_max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_long", "The batch has too many deliveries")
        .with_detail(format!("It has {count}, {lines_max} are allowed. Nothing was recorded."))
        .with_hint("Send it in parts.")
}
