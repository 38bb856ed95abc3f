//! What the edge knows about one request, shared with its body, its route and its handler's extractors.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::extract::MatchedPath;
use axum::http::Request;
use tower::{Layer, Service};
use tracing::Span;

use super::request_id::RequestId;
use super::stopping::Stopping;
use crate::http::metrics::ROUTE_UNMATCHED;

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    TooLarge,
    TimedOut,
}

/// One request, from its head to the head of its answer.
pub(super) struct RequestContext {
    pub(super) request_id: RequestId,
    pub(super) stopping: Stopping,
    /// Set once, by the route that matched.
    route: OnceLock<MatchedPath>,
    /// Set by the body; outlives the handler, which may have been cut off.
    body_fault: AtomicU8,
}

impl RequestContext {
    pub(super) fn new(request_id: RequestId, stopping: Stopping) -> Self {
        Self { request_id, stopping, route: OnceLock::new(), body_fault: AtomicU8::new(0) }
    }

    pub(super) fn route(&self) -> &str {
        self.route.get().map_or(ROUTE_UNMATCHED, MatchedPath::as_str)
    }

    pub(super) fn set_body_fault(&self, fault: BodyFault) {
        let code = match fault {
            BodyFault::TooLarge => 1,
            BodyFault::TimedOut => 2,
        };
        self.body_fault.store(code, Ordering::Relaxed);
    }

    pub(super) fn body_fault(&self) -> Option<BodyFault> {
        match self.body_fault.load(Ordering::Relaxed) {
            1 => Some(BodyFault::TooLarge),
            2 => Some(BodyFault::TimedOut),
            _ => None,
        }
    }
}

/// Tells the request's context which route matched: only inside the router is that known.
#[derive(Clone, Copy)]
pub(super) struct RecordRouteLayer;

#[derive(Clone)]
pub(super) struct RecordRoute<S> {
    inner: S,
}

impl<S> Layer<S> for RecordRouteLayer {
    type Service = RecordRoute<S>;

    fn layer(&self, inner: S) -> RecordRoute<S> {
        RecordRoute { inner }
    }
}

impl<S, B> Service<Request<B>> for RecordRoute<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        let extensions = request.extensions();
        if let (Some(context), Some(route)) =
            (extensions.get::<Arc<RequestContext>>(), extensions.get::<MatchedPath>())
        {
            Span::current().record("route", route.as_str());
            // A second layer would bring the same route, so which of them wins does not matter.
            let _ = context.route.set(route.clone());
        }
        self.inner.call(request)
    }
}
