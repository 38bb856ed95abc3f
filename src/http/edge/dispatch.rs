//! Where a request is handled: a delivery where it was read, everything else on a thread of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_system::cancellation::CancellationToken;
use axum::body::{Body, HttpBody, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};
use tower::Service;
use tracing::{Instrument, Span};

use super::answer_memory::{ANSWER_WAIT_MS, CountedAnswer};
use super::body::RequestBody;
use super::host;
use super::memory::BodyCount;
use super::presence::absent;
use super::relay::relay;
use super::request_context::RequestContext;
use super::state::{ConnectionState, Edge};
use super::work_class::WorkClass;
use super::work_pool::WorkPool;
use crate::http::problem::Problem;

/// A client that closes its side is not waited upon for longer: it may have only finished sending.
const ABSENT_CLIENT_MS: u64 = 1_000;
/// How long a large body waits for memory.
const LARGE_BODY_WAIT_MS: u64 = 5_000;
/// An answer of fewer bytes is not counted: the socket's own buffer takes it.
const ANSWER_BYTES_UNCOUNTED: u64 = 64 * 1024;

/// What became of the handler, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    TooLarge,
    TurnedAway,
    TimedOut,
    Absent,
    Panicked,
}

/// An answer, with the memory that it takes.
pub(super) type Handled = (Response<Body>, Outcome, Option<OwnedSemaphorePermit>);

/// Runs the handler, unless the request is already known to be too large, or there is too much to do.
pub(super) async fn dispatch(
    edge: &Arc<Edge>,
    connection: &Arc<ConnectionState>,
    context: &Arc<RequestContext>,
    request: Request<Incoming>,
) -> Handled {
    let (parts, incoming) = request.into_parts();
    if let Err(problem) = host::check(parts.version, &parts.headers) {
        connection.linger();
        return (problem.into_response(), Outcome::Answered, None);
    }
    let body = match guarded_body(edge, connection, context, incoming).await {
        Ok(body) => body,
        Err((problem, outcome)) => return (problem.into_response(), outcome, None),
    };
    let class = (edge.options.classifier)(&parts);
    if connection.is_deaf() && class != WorkClass::Delivery {
        return (Response::default(), Outcome::Absent, None);
    }
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(Arc::clone(context));
    match class {
        WorkClass::Delivery => in_place(edge, request).await,
        // Boxed, so that the future of a hook has no room for it.
        WorkClass::Probe => Box::pin(on_a_thread(edge, connection, &edge.probes, request)).await,
        WorkClass::Question => Box::pin(on_a_thread(edge, connection, &edge.questions, request)).await,
    }
}

/// The body with its limits. A large one waits for its memory before its first byte is read.
async fn guarded_body(
    edge: &Arc<Edge>,
    connection: &Arc<ConnectionState>,
    context: &Arc<RequestContext>,
    incoming: Incoming,
) -> Result<Body, (Problem, Outcome)> {
    if HttpBody::is_end_stream(&incoming) {
        return Ok(Body::empty());
    }
    let body_bytes_max = edge.options.limits.body_bytes_max;
    let declared_bytes = usize::try_from(HttpBody::size_hint(&incoming).lower()).unwrap_or(usize::MAX);
    if declared_bytes > body_bytes_max {
        connection.linger();
        return Err((Problem::body_too_large(body_bytes_max), Outcome::TooLarge));
    }
    let mut count = BodyCount::default();
    if declared_bytes > edge.options.limits.small_body_bytes_max() {
        let patience = Duration::from_millis(LARGE_BODY_WAIT_MS);
        // Once for its parts as they come, and once for the whole that they are put together to.
        let bytes = 2 * declared_bytes;
        let Some(memory) = edge.memory.large_bodies.take_within(bytes, patience).await else {
            connection.linger();
            edge.metrics.requests_turned_away.inc();
            return Err((Problem::no_body_memory(), Outcome::TurnedAway));
        };
        context.keep_memory(memory);
        count = BodyCount::prepaid(declared_bytes);
    }
    let (context, connection) = (Arc::clone(context), Arc::clone(connection));
    Ok(Body::new(RequestBody::new(incoming, Arc::clone(edge), context, connection, count)))
}

async fn in_place(edge: &Arc<Edge>, request: Request<Body>) -> Handled {
    let mut router = edge.router.clone();
    // A handler that panics leaves nothing behind that later requests share but what its own locks guard.
    let handler = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    match timeout(Duration::from_millis(edge.options.limits.request_timeout_ms), handler).await {
        Ok(Ok(Ok(response))) => (response, Outcome::Answered, None),
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_)) => failed(),
        Err(_) => timed_out(edge),
    }
}

/// The body is read first: a client that is slow to send it takes no turn.
async fn on_a_thread(
    edge: &Arc<Edge>,
    connection: &Arc<ConnectionState>,
    pool: &WorkPool,
    request: Request<Body>,
) -> Handled {
    let request = match with_whole_body(edge, request).await {
        Ok(request) => request,
        Err(problem) => return (problem.into_response(), Outcome::TooLarge, None),
    };
    let Some(turn) = pool.turn_within(Duration::from_millis(edge.options.limits.question_wait_ms)).await
    else {
        edge.metrics.requests_turned_away.inc();
        return (Problem::too_many_questions().into_response(), Outcome::TurnedAway, None);
    };
    let token = CancellationToken::new();
    // Work that nobody waits for ends: dropped, because the time is over or the client is gone, this cancels.
    let given_up = token.clone().drop_guard();
    let mut router = edge.router.clone();
    let handler = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    let work = pool.run(turn, token, handler.instrument(Span::current()));
    let (handled, turn) = tokio::select! {
        biased;
        done = work => match done {
            Ok((Some(Ok(Ok(response))), turn)) => (response, turn),
            Ok((Some(Ok(Err(never))), _)) => match never {},
            Ok((Some(Err(_)) | None, _)) | Err(_) => return failed(),
        },
        () = sleep(Duration::from_millis(edge.options.limits.request_timeout_ms)) => return timed_out(edge),
        () = absent_for_long(connection) => return (Response::default(), Outcome::Absent, None),
    };
    let _ = given_up.disarm();
    let response = handled.map(|body| relay(body, pool.runtime()));
    // A body that holds its own memory took it before it had bytes.
    let is_counted = response.extensions().get::<CountedAnswer>().is_some();
    let answer_bytes = HttpBody::size_hint(response.body()).exact().filter(|_| !is_counted);
    let Some(memory) = answer_memory(edge, answer_bytes).await else {
        edge.metrics.requests_turned_away.inc();
        return (Problem::no_answer_memory().into_response(), Outcome::TurnedAway, None);
    };
    drop(turn);
    (response, Outcome::Answered, memory)
}

async fn with_whole_body(edge: &Edge, request: Request<Body>) -> Result<Request<Body>, Problem> {
    if HttpBody::is_end_stream(request.body()) {
        return Ok(request);
    }
    let (parts, body): (Parts, Body) = request.into_parts();
    match to_bytes(body, edge.options.limits.body_bytes_max).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        // The edge knows when the body was too large or too slow, and answers 413 or 408 in place of this.
        Err(_) => Err(Problem::bare(StatusCode::BAD_REQUEST)),
    }
}

/// `None` when there is none in time. A short answer and a stream take none.
async fn answer_memory(edge: &Edge, bytes: Option<u64>) -> Option<Option<OwnedSemaphorePermit>> {
    let bytes = bytes.unwrap_or_default();
    if bytes < ANSWER_BYTES_UNCOUNTED {
        return Some(None);
    }
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    edge.memory.answers.take_within(bytes, Duration::from_millis(ANSWER_WAIT_MS)).await.map(Some)
}

async fn absent_for_long(connection: &ConnectionState) {
    sleep(Duration::from_millis(ABSENT_CLIENT_MS)).await;
    absent(connection.socket()).await;
}

fn failed() -> Handled {
    (Problem::internal().into_response(), Outcome::Panicked, None)
}

fn timed_out(edge: &Edge) -> Handled {
    let problem = Problem::request_timed_out(edge.options.limits.request_timeout_ms);
    (problem.into_response(), Outcome::TimedOut, None)
}
