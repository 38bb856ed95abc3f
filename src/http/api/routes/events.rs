//! The log in order: pages, NDJSON, and a live stream that resumes where it broke off.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::task::finished;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::http::api::answer::{EventAnswer, EventsAnswer};
use crate::http::api::request::{QueryFault, QueryString, page_limit, whole_number};
use crate::http::api::state::Api;
use crate::http::edge::StopSignal;
use crate::http::problem::Problem;
use crate::ledger::{Ledger, LedgerError};

/// The records that a stream reads at once: a stream holds no more in memory.
const STREAM_PAGE_RECORDS: usize = 64;

/// Where a page of the log starts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterQuery {
    /// A log position: the page holds what comes after it. 0 is the beginning.
    after: Option<u64>,
    /// The most records of the page.
    limit: Option<usize>,
}

impl AfterQuery {
    fn read(mut query: QueryString) -> Result<Self, QueryFault> {
        let page = Self { after: query.number("after")?, limit: query.number("limit")? };
        query.end()?;
        Ok(page)
    }
}

/// The log after a position.
///
/// `Accept: text/event-stream` opens a live stream: each record is one event whose id is its position, and
/// `Last-Event-ID` resumes after it. `Accept: application/x-ndjson` gives the page as NDJSON.
#[utoipa::path(
    get, path = "/v1/events", tag = "log", params(AfterQuery),
    responses((status = 200, body = EventsAnswer), (status = 400, body = Problem))
)]
pub async fn list(
    State(api): State<Api>,
    stop_signal: StopSignal,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let AfterQuery { after, limit } = AfterQuery::read(query).map_err(QueryFault::in_brief)?;
    let after = Position(after.unwrap_or_default());
    let accepts = |media_type: &str| {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains(media_type))
    };
    if accepts("text/event-stream") {
        let after = match headers.get("last-event-id") {
            Some(id) => Position(whole_number("Last-Event-ID", id.to_str().unwrap_or_default())?),
            None => after,
        };
        let heartbeat = Duration::from_millis(api.limits.sse_heartbeat_ms);
        let events = stop_signal.end(follow(api.ledger.clone(), after));
        return Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat)).into_response());
    }
    let limit = page_limit(limit, &api.limits)?;
    let page = read_page(api.ledger.clone(), after, limit).await?;
    if accepts("ndjson") {
        return Ok(ndjson(page));
    }
    Ok(Json(page).into_response())
}

/// Pages can take long to decompress and to hash, so that is done beside the tasks that answer deliveries.
async fn read_page(ledger: Arc<Ledger>, after: Position, limit: usize) -> Result<EventsAnswer, LedgerError> {
    let read = move || {
        let page = ledger.records_after(after, limit)?;
        let events = page.records.into_iter().map(EventAnswer::of).collect();
        Ok(EventsAnswer { events, next_after: page.next_after.0, head: page.head.0 })
    };
    finished(tokio::task::spawn_blocking(read).await)
}

fn ndjson(page: EventsAnswer) -> Response {
    let mut body = Vec::new();
    for event in page.events {
        serde_json::to_writer(&mut body, &event).expect("an answer serializes");
        body.push(b'\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::HeaderName::from_static("ledger-next-after"), page.next_after.to_string()),
    ];
    (headers, body).into_response()
}

/// Every record after a position, then each new one as it comes. A read error ends the stream; the client
/// resumes by its last event id and then sees the problem.
fn follow(ledger: Arc<Ledger>, after: Position) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let head = ledger.log().subscribe();
    stream::unfold((ledger, head, after), |(ledger, mut head, after)| async move {
        wait_beyond(&mut head, after).await?;
        match read_page(ledger.clone(), after, STREAM_PAGE_RECORDS).await {
            Ok(page) => Some((page.events, (ledger, head, Position(page.next_after)))),
            Err(error) => {
                tracing::error!(%error, "an event stream ended");
                None
            }
        }
    })
    .flat_map(|answers| stream::iter(answers.into_iter().map(|answer| Ok(to_event(answer)))))
}

async fn wait_beyond(head: &mut watch::Receiver<Position>, after: Position) -> Option<()> {
    head.wait_for(|head| *head > after).await.ok().map(drop)
}

fn to_event(answer: EventAnswer) -> Event {
    let name = answer.event.filter(|_| answer.kind == "event").unwrap_or("").to_owned();
    let name = if name.is_empty() { answer.kind.clone() } else { name };
    let data = serde_json::to_string(&answer).expect("an answer serializes");
    // A payload on one line has no line break; other text is escaped inside JSON.
    Event::default().id(answer.position.to_string()).event(name).data(data)
}
