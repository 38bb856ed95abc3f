//! Recording: one delivery, or many.

use std::sync::Arc;
use std::time::Instant;

use attempt_ledger_domain::Address;
use attempt_ledger_system::cancellation::CancellationToken;
use attempt_ledger_system::errand::Errand;
use attempt_ledger_system::task::finished;
use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use utoipa::IntoParams;

use crate::http::api::answer::{BatchAnswer, DeliveredAnswer, DeliveryResponses, ReceiptAnswer};
use crate::http::api::request::{
    BodyForm, ContentEncoding, DeliveryBody, QueryFault, QueryString, UnpackFault, header_text,
    without_byte_order_mark,
};
use crate::http::api::state::Api;
use crate::http::edge::BodyMemory;
use crate::http::metrics::{EventLabels, ObservationLabels, RuleLabels};
use crate::http::problem::Problem;
use crate::ledger::{BatchLine, LineReceipt, Receipt, Submission};
use crate::limits::Limits;

/// The source of deliveries that come without a credential.
const ANONYMOUS: &str = "http";

/// What the URL may say about the deliveries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AddressQuery {
    /// One of the eight events or an observation, when the bodies do not name it.
    event: Option<String>,
    /// One of the eight queue types, by name or by the producer's number.
    queue_type: Option<String>,
}

impl AddressQuery {
    fn read(mut query: QueryString) -> Result<Self, QueryFault> {
        let address = Self { event: query.text("event")?, queue_type: query.text("queue_type")? };
        query.end()?;
        Ok(address)
    }
}

/// Record one delivery, or many.
///
/// The body is one JSON object, an array of them, NDJSON (`application/x-ndjson`), CloudEvents in binary,
/// structured or batched mode, or a form. `Content-Encoding` may be `gzip` or `zstd`. `Idempotency-Key` gives
/// a single delivery an identity of its own. A batch is answered 200 with one result for each delivery, in
/// order.
#[utoipa::path(
    post, path = "/v1/events", tag = "deliveries", params(AddressQuery),
    request_body(content = Object),
    responses(
        (status = 201, description = "Recorded and durable", body = ReceiptAnswer),
        (status = 200, description = "A duplicate, or a batch", body = DeliveredAnswer),
        DeliveryResponses,
    )
)]
pub async fn post_events(
    State(api): State<Api>,
    memory: BodyMemory,
    query: QueryString,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let AddressQuery { event, queue_type } = AddressQuery::read(query).map_err(QueryFault::in_brief)?;
    let address = Address { event, queue_type, id: idempotency_key(&headers), ..Address::default() };
    recorded(Recording { api, memory, address, headers, body: body? }).await
}

/// Record what one hook delivers: the URL to paste into the dialer.
///
/// The URL names the queue type and the event, so that the body can be the hook's variables and nothing else.
#[utoipa::path(
    post, path = "/v1/hooks/{queue_type}/{event}", tag = "deliveries",
    params(
        ("queue_type" = String, Path, description = "One of the eight queue types, by name or number"),
        ("event" = String, Path, description = "One of the eight events, or an observation: `wait_agent`, \
            `agent_status`, `add_member`"),
    ),
    request_body(content = Object),
    responses(
        (status = 201, description = "Recorded and durable", body = ReceiptAnswer),
        (status = 200, description = "A duplicate, or a batch", body = DeliveredAnswer),
        DeliveryResponses,
    )
)]
pub async fn post_hook(
    State(api): State<Api>,
    memory: BodyMemory,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path((queue_type, event)) = path?;
    let id = idempotency_key(&headers);
    let address = Address { event: Some(event), queue_type: Some(queue_type), id, ..Address::default() };
    recorded(Recording { api, memory, address, headers, body: body? }).await
}

fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key")?;
    // A structured-field string is quoted; plain text is accepted as it is.
    let text = header_text(key.as_bytes());
    let text = text.trim().trim_matches('"');
    (!text.is_empty()).then(|| text.to_owned())
}

/// A request whose body is here. It owns what recording needs: nobody else has to stay for it.
struct Recording {
    api: Api,
    /// Counts the body's bytes until they are recorded.
    memory: BodyMemory,
    address: Address,
    headers: HeaderMap,
    body: Bytes,
}

/// Records, and answers if somebody still waits: the dialer never sends a hook twice, so from here on nothing
/// that becomes of the connection ends the recording.
async fn recorded(recording: Recording) -> Result<Response, Problem> {
    let tracker = recording.api.recordings.clone();
    Errand::new(&tracker, recording.record()).await
}

impl Recording {
    async fn record(mut self) -> Result<Response, Problem> {
        // Apart, so that the future of a hook, which is moved more than once, has no room for them.
        if let Some(encoding) = ContentEncoding::of(&self.headers)? {
            return Box::pin(self.record_packed(encoding)).await;
        }
        self.body = without_byte_order_mark(self.body);
        if self.form()?.is_many() || self.body.len() > self.api.limits.small_body_bytes_max() {
            return Box::pin(self.in_turn(Self::record_here)).await;
        }
        self.record_here().await
    }

    /// Unpacks here what is as short as a hook. What is longer is unpacked where batches are recorded: a hook
    /// waits for no other body.
    async fn record_packed(mut self, encoding: ContentEncoding) -> Result<Response, Problem> {
        let Limits { body_bytes_max, .. } = self.api.limits;
        let small_bytes_max = self.api.limits.small_body_bytes_max().min(body_bytes_max);
        if self.body.len() > small_bytes_max || !self.unpack(encoding, small_bytes_max)? {
            return self.in_turn(move |recording| recording.record_unpacked(encoding)).await;
        }
        match self.form()?.is_many() {
            true => self.in_turn(Self::record_here).await,
            false => self.record_here().await,
        }
    }

    async fn record_unpacked(mut self, encoding: ContentEncoding) -> Result<Response, Problem> {
        let Limits { body_bytes_max, .. } = self.api.limits;
        match self.unpack(encoding, body_bytes_max)? {
            true => self.record_here().await,
            false => Err(Problem::unpacked_body_too_large(body_bytes_max)),
        }
    }

    /// Unpacks the body; `false` when it would have more bytes than it may. What does not unpack stays as it
    /// is, with a media type that says so: it is refused and kept.
    fn unpack(&mut self, encoding: ContentEncoding, bytes_max: usize) -> Result<bool, Problem> {
        let unpacked = match encoding.unpacked_bytes(&self.body, bytes_max) {
            Ok(bytes) => {
                self.memory.take(bytes)?;
                encoding.unpack(&self.body, bytes)
            }
            Err(fault) => Err(fault),
        };
        match unpacked {
            Ok(body) => self.body = without_byte_order_mark(body.into()),
            Err(UnpackFault::Broken) => self.address.media_type = Some(encoding.media_type().to_owned()),
            Err(UnpackFault::TooLong) => return Ok(false),
        }
        Ok(true)
    }

    /// What the body claims to be.
    fn form(&self) -> Result<BodyForm, Problem> {
        let form = BodyForm::of(&self.headers, &self.body);
        // What does not unpack is not looked at.
        if self.address.media_type.is_some() { Ok(form.unwrap_or(BodyForm::Delivery).whole()) } else { form }
    }

    /// Takes a batch to threads of its own, where it waits for its turn: a hook waits for no batch.
    async fn in_turn<W>(self, work: impl FnOnce(Self) -> W) -> Result<Response, Problem>
    where
        W: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let batches = self.api.batches.clone();
        let turn = batches.turn().await;
        let work = work(self);
        let (answer, _turn) = finished(batches.run(turn, CancellationToken::new(), work)).await;
        answer.expect("nobody cancels a recording")
    }

    async fn record_here(self) -> Result<Response, Problem> {
        let form = self.form()?;
        let Self { api, address, headers, body, memory } = self;
        let source: Arc<str> = Arc::from(ANONYMOUS);
        let started = Instant::now();
        let read = DeliveryBody::read(form, &headers, address, body, &source, api.limits.batch_lines_max)?;
        let answer = match read {
            DeliveryBody::One(submission) => one(&api, submission).await,
            DeliveryBody::Many(lines) => Box::pin(many(&api, lines)).await,
        };
        api.metrics.append_duration.observe(started.elapsed().as_secs_f64());
        drop(memory);
        answer
    }
}

async fn one(api: &Api, submission: Submission) -> Result<Response, Problem> {
    let receipt = api.ledger.record(submission).await?;
    count(api, &receipt);
    let (status, position, attempt_id) = match &receipt {
        Receipt::Recorded(place) => (StatusCode::CREATED, place.position, Some(place.attempt_id)),
        Receipt::Duplicate(place) => (StatusCode::OK, place.position, Some(place.attempt_id)),
        Receipt::Observed(place) => {
            let status = if place.repeated { StatusCode::OK } else { StatusCode::CREATED };
            (status, place.position, place.attempt_id)
        }
        Receipt::Refused(refused) => return Err(Problem::refused(refused)),
    };
    let mut response = (status, Json(ReceiptAnswer::of(&receipt))).into_response();
    let headers = response.headers_mut();
    headers.insert("ledger-position", HeaderValue::from(position.0));
    if let Some(attempt_id) = attempt_id {
        let location = format!("/v1/attempts/{attempt_id}");
        headers.insert(header::LOCATION, location.parse().expect("digits are a header value"));
    }
    Ok(response)
}

async fn many(api: &Api, lines: Vec<BatchLine>) -> Result<Response, Problem> {
    let receipts = api.ledger.record_lines(lines).await?;
    for receipt in &receipts {
        if let LineReceipt::Delivery(receipt) = receipt {
            count(api, receipt);
        }
    }
    Ok(Json(BatchAnswer::of(&receipts)).into_response())
}

fn count(api: &Api, receipt: &Receipt) {
    let metrics = &api.metrics;
    match receipt {
        Receipt::Recorded(place) => {
            let labels = EventLabels { event: place.event.name() };
            metrics.events_appended.get_or_create(&labels).inc();
        }
        Receipt::Observed(place) if !place.repeated => {
            let labels = ObservationLabels { observation: place.observation.name() };
            metrics.observations_appended.get_or_create(&labels).inc();
        }
        Receipt::Duplicate(_) | Receipt::Observed(_) => {
            metrics.events_duplicate.inc();
        }
        Receipt::Refused(refused) => {
            let rule = refused.refusal.rule.code();
            if !refused.repeated {
                // The detail may name what was sent; a reader who may see it finds it by the id.
                tracing::info!(rule, refusal_id = %refused.refusal_id, "refused and kept");
            }
            let labels = RuleLabels { rule };
            metrics.events_refused.get_or_create(&labels).inc();
        }
    }
}
