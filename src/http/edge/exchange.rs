//! One request: its id before it, its problem, its figures and its line in the log after it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use tracing::{Instrument, debug, error, info_span};

use super::body::AnswerBody;
use super::dispatch::{Outcome, dispatch};
use super::request_context::{BodyFault, RequestContext};
use super::request_id::{REQUEST_ID_HEADER, RequestId};
use super::state::{ConnectionState, Edge};
use crate::http::metrics::method_label;
use crate::http::problem::{Problem, ProblemExtension};

const EVENT_STREAM: &str = "text/event-stream";

/// The service of one connection.
pub(super) struct ExchangeService {
    edge: Arc<Edge>,
    connection: Arc<ConnectionState>,
}

impl ExchangeService {
    pub(super) fn new(edge: Arc<Edge>, connection: Arc<ConnectionState>) -> Self {
        Self { edge, connection }
    }
}

impl hyper::service::Service<Request<Incoming>> for ExchangeService {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.connection.request_began();
        let (edge, connection) = (Arc::clone(&self.edge), Arc::clone(&self.connection));
        Box::pin(async move { Ok(answer(edge, connection, request).await) })
    }
}

async fn answer(
    edge: Arc<Edge>,
    connection: Arc<ConnectionState>,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let began = Instant::now();
    let request_id = RequestId::of(request.headers());
    let (stop_signal, memory_pools) = (edge.stop_signal.clone(), Arc::clone(&edge.memory));
    let context = Arc::new(RequestContext::new(request_id, stop_signal, memory_pools));
    let method = request.method().clone();
    // No more fields: each is written out for every request, and few requests log anything.
    let span = info_span!("request", request_id = %context.request_id);
    let (response, outcome, memory) = dispatch(&edge, &connection, &context, request).instrument(span).await;
    let mut response = with_problem(response, &context, &edge);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID_HEADER, context.request_id.header_value());
    if edge.wants_connections_back() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let (status, took) = (response.status(), began.elapsed());
    edge.metrics.request_answered(context.route(), &method, status, took);
    log(&context, &method, status.as_u16(), took, outcome);
    let is_endless = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM);
    response.map(|body| AnswerBody::new(body, edge, connection, (is_endless, memory)))
}

/// Gives every error answer a problem document that names the request.
///
/// A handler's failure over a body that was cut off is answered with what the client can act on: 413 or 408.
fn with_problem(mut response: Response<Body>, context: &RequestContext, edge: &Edge) -> Response<Body> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let given = response.extensions_mut().remove::<ProblemExtension>().map(|extension| *extension.0);
    let problem = match (context.body_fault(), given) {
        (Some(BodyFault::TooLarge), _) => Problem::body_too_large(edge.options.limits.body_bytes_max),
        (Some(BodyFault::TimedOut), _) => Problem::body_timed_out(edge.options.limits.body_timeout_ms),
        (Some(BodyFault::NoMemory), _) => Problem::no_body_memory(),
        (None, Some(problem)) => problem,
        (None, None) if is_bare(&response) => Problem::bare(status),
        (None, None) => return response,
    };
    let (document, body) = problem.with_instance(context.request_id.as_str()).render().into_parts();
    *response.status_mut() = document.status;
    *response.body_mut() = body;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.extend(document.headers);
    response
}

fn is_bare(response: &Response<Body>) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE) && HttpBody::is_end_stream(response.body())
}

fn log(context: &RequestContext, method: &Method, status: u16, took: Duration, outcome: Outcome) {
    let (request_id, route) = (context.request_id.as_str(), context.route());
    let (method, duration_ms) = (method_label(method), took.as_secs_f64() * 1_000.0);
    // What has no room or is not there yet is no fault of ours: it is counted, and a burst of it would fill
    // the disk.
    if status >= 500 && status != StatusCode::SERVICE_UNAVAILABLE.as_u16() {
        // Without the panic's own words: they can repeat a value, and the panic hook has printed them.
        error!(request_id, method, route, status, duration_ms, ?outcome, "request failed");
    } else {
        debug!(request_id, method, route, status, duration_ms, ?outcome, "request answered");
    }
}
