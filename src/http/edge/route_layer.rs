//! Which route matched, noted where it is known.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::MatchedPath;
use axum::http::Request;
use tower::{Layer, Service};

use super::request_context::RequestContext;

/// Notes in the request's context which route matched: only inside the router is that known.
#[derive(Clone, Copy)]
pub(super) struct RouteLayer;

#[derive(Clone)]
pub(super) struct RouteService<S> {
    inner: S,
}

impl<S> Layer<S> for RouteLayer {
    type Service = RouteService<S>;

    fn layer(&self, inner: S) -> RouteService<S> {
        RouteService { inner }
    }
}

impl<S, B> Service<Request<B>> for RouteService<S>
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
            context.set_route(route.clone());
        }
        self.inner.call(request)
    }
}
