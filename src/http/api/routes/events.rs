//! The log in order: pages, NDJSON, and a live stream that resumes where it broke off.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::Position;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use utoipa::IntoParams;

use crate::http::api::answer::{EventAnswer, EventFeed, EventsAnswer};
use crate::http::api::request::{QueryFault, QueryString, accepts, page_limit, whole_number, within_head};
use crate::http::api::state::Api;
use crate::http::edge::StopSignal;
use crate::http::problem::Problem;
use crate::ledger::{Ledger, LedgerError};

/// What a silent stream sends, so that proxies keep it open.
const COMMENT: &[u8] = b":\n\n";

/// Where a page of the log starts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterQuery {
    /// A log position: the page holds what comes after it. 0 is the beginning.
    after: Option<u64>,
    /// The most records of the page. A live stream has no end, and does not look at it.
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
/// `Last-Event-ID` resumes after it. One that cannot go on ends with an event `error`, whose data is the
/// problem. `Accept: application/x-ndjson` gives the page as NDJSON. A position
/// beyond the head is answered 400 `position_beyond_head`, which names the head.
#[utoipa::path(
    get, path = "/v1/events", tag = "log",
    params(
        AfterQuery,
        ("Last-Event-ID" = Option<u64>, Header, description = "Resumes a stream after this position"),
    ),
    responses(
        (status = 200, content(
            (EventsAnswer = "application/json"), (EventAnswer = "application/x-ndjson"),
            (String = "text/event-stream"),
        )),
        (status = 400, body = Problem),
    )
)]
pub async fn list(
    State(api): State<Api>,
    stop_signal: StopSignal,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let AfterQuery { after, limit } = AfterQuery::read(query).map_err(QueryFault::in_brief)?;
    if accepts(&headers, &["text/event-stream"]) {
        let after = match headers.get("last-event-id") {
            Some(id) => {
                let stated = whole_number("Last-Event-ID", id.to_str().unwrap_or_default())?;
                within_head(&api, "Last-Event-ID", stated).await?
            }
            None => within_head(&api, "after", after.unwrap_or_default()).await?,
        };
        let heartbeat = Duration::from_millis(api.limits.sse_heartbeat_ms);
        let permit = api.feed.permit()?;
        // A stream that cannot begin is answered as a page is: its status says so.
        let log = api.ledger.log();
        let first = if after < log.head() { api.feed.after(after).await? } else { Vec::new() };
        let reached = first.last().map_or(after, |event| event.position);
        let first = stream::iter(first.into_iter().map(|event| Ok(event.bytes)));
        let later = follow(api.feed.clone(), log.subscribe(), reached, heartbeat);
        let events = stop_signal.end(first.chain(later));
        let body = Body::from_stream(events.inspect(move |_| _ = &permit));
        let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
        return Ok((headers, body).into_response());
    }
    let limit = page_limit(limit, &api.limits)?;
    let after = within_head(&api, "after", after.unwrap_or_default()).await?;
    let page = read_page(&api.ledger, after, limit)?;
    if accepts(&headers, &["application/x-ndjson", "application/ndjson"]) {
        return Ok(ndjson(page));
    }
    Ok(Json(page).into_response())
}

/// The last event of a stream that cannot go on. It has no id, so that a client resumes where it was.
fn error_event(problem: Problem) -> Bytes {
    let data = serde_json::to_string(&problem).expect("a problem serializes");
    Bytes::from(format!("event: error\ndata: {data}\n\n"))
}

fn read_page(ledger: &Ledger, after: Position, limit: usize) -> Result<EventsAnswer, LedgerError> {
    let page = ledger.records_after(after, limit)?;
    let events = page.records.into_iter().map(|record| EventAnswer::of(ledger, record)).collect();
    Ok(EventsAnswer { events, next_after: page.next_after.0, head: page.head.0 })
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

/// Every record after a position, then each new one as it comes, and a comment after each silence. A read
/// error ends the stream with an event of its own, whose data is the problem.
fn follow(
    feed: Arc<EventFeed>,
    head: watch::Receiver<Position>,
    after: Position,
    heartbeat: Duration,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(Some((feed, head, after)), move |following| async move {
        let (feed, mut head, after) = following?;
        let moved =
            timeout(heartbeat, head.wait_for(|head| *head > after)).await.map(|moved| moved.map(drop));
        match moved {
            Err(_) => return Some((vec![Bytes::from_static(COMMENT)], Some((feed, head, after)))),
            Ok(Err(_)) => return None,
            Ok(Ok(())) => {}
        }
        sleep(feed.pause()).await;
        match feed.after(after).await {
            Ok(events) => {
                let after = events.last().map_or(after, |event| event.position);
                Some((events.into_iter().map(|event| event.bytes).collect(), Some((feed, head, after))))
            }
            Err(error) => {
                tracing::error!(%error, "an event stream ended");
                Some((vec![error_event(error.into())], None))
            }
        }
    })
    .flat_map(|events: Vec<Bytes>| stream::iter(events.into_iter().map(Ok)))
}
