//! From a request's body to deliveries: object, array, NDJSON, form and the three modes of CloudEvents.

use std::fmt;
use std::sync::Arc;

use attempt_ledger_domain::Address;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body_form::{BodyForm, is_white, other_than_json};
use super::cloud_events;
use crate::http::problem::Problem;
use crate::ledger::{BatchLine, Submission};

/// What a body holds.
pub enum DeliveryBody {
    /// One delivery: answered by its own status.
    One(Submission),
    /// A batch: answered by 200 with one result each.
    Many(Vec<BatchLine>),
}

impl DeliveryBody {
    /// Takes a body apart. What does not parse as the format it claims is one delivery, refused and kept as a
    /// whole.
    pub fn read(
        form: BodyForm,
        headers: &HeaderMap,
        address: Address,
        body: Bytes,
        source: &Arc<str>,
        lines_max: usize,
    ) -> Result<Self, Problem> {
        let submission = |address: Address, body: Bytes| Submission { address, body, source: source.clone() };
        let many = |lines: &mut dyn Iterator<Item = BatchLine>| {
            // Counted while they are taken apart: a body can have a line for every two of its bytes.
            let taken: Vec<_> = lines.take(lines_max + 1).collect();
            match taken.len() {
                count if count > lines_max => Err(batch_too_long(lines_max)),
                _ => Ok(Self::Many(taken)),
            }
        };
        let line = |body: Bytes| BatchLine::read(submission(without_id(&address), body));
        // White space is no part of JSON or of a form; what does not unpack is kept to the last byte.
        let body = if address.media_type.is_none() { trim(body) } else { body };
        // Of a form, the fields are read; it is kept as it was sent.
        let as_sent = |address: Address| {
            let media_type =
                address.media_type.or_else(|| other_than_json(headers, &body).map(str::to_owned));
            Address { media_type, ..address }
        };
        match form {
            BodyForm::Lines => many(&mut lines(&body).map(line)),
            BodyForm::CloudEventBatch => match elements(&body, lines_max) {
                Some(elements) => {
                    let event = |one: &Bytes| {
                        let (address, data) = cloud_events::structured(one, &without_id(&address));
                        BatchLine::delivery(submission(address, data))
                    };
                    many(&mut elements.iter().map(event))
                }
                None => Ok(Self::One(submission(address, body))),
            },
            BodyForm::StructuredCloudEvent => {
                let (address, data) = cloud_events::structured(&body, &address);
                Ok(Self::One(submission(address, data)))
            }
            BodyForm::BinaryCloudEvent => {
                let address = as_sent(cloud_events::binary_address(headers, &address));
                Ok(Self::One(submission(address, body)))
            }
            BodyForm::Array => match elements(&body, lines_max) {
                Some(elements) => many(&mut elements.into_iter().map(line)),
                None => Ok(Self::One(submission(address, body))),
            },
            BodyForm::Delivery => {
                let address = as_sent(address);
                Ok(Self::One(submission(address, body)))
            }
        }
    }
}

/// The body without white space around it. What is kept is the JSON text itself.
pub fn trim(body: Bytes) -> Bytes {
    let start = body.iter().position(|byte| !is_white(*byte)).unwrap_or(body.len());
    let end = body.iter().rposition(|byte| !is_white(*byte)).map_or(start, |last| last + 1);
    body.slice(start..end)
}

/// Lines of NDJSON, without blank ones.
fn lines(body: &Bytes) -> impl Iterator<Item = Bytes> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
    ends.map(move |end| {
        let line = body.slice(start.min(end)..end);
        start = end + 1;
        trim(line)
    })
    .filter(|line| !line.is_empty())
}

/// The elements of a JSON array, each exactly as sent; no more than one beyond `elements_max`. What follows
/// that one is not looked at: the batch is too long already.
fn elements(body: &Bytes, elements_max: usize) -> Option<Vec<Bytes>> {
    let mut elements = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_seq(Elements { body, elements: &mut elements, elements_max });
    let is_whole = read.and_then(|()| reader.end()).is_ok();
    (is_whole || elements.len() > elements_max).then_some(elements)
}

/// Takes the elements out of an array, and stops beyond the most that are wanted.
struct Elements<'e> {
    body: &'e Bytes,
    elements: &'e mut Vec<Bytes>,
    elements_max: usize,
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(element) = array.next_element::<&RawValue>()? {
            self.elements.push(self.body.slice_ref(element.get().as_bytes()));
            if self.elements.len() > self.elements_max {
                break;
            }
        }
        Ok(())
    }
}

/// One id cannot name every delivery of a batch.
fn without_id(address: &Address) -> Address {
    Address { id: None, ..address.clone() }
}

fn batch_too_long(lines_max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_long", "The batch has too many deliveries")
        .with_detail(format!("It has more than {lines_max}, which is the most. Nothing was recorded."))
        .with_hint("Send it in parts.")
}
