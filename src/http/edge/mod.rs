//! Everything around the routes: connections, limits, time-outs, request ids, errors and the graceful stop.
//!
//! Read in this order: `accept` takes connections in, `connection` drives one, `stream` guards its socket,
//! `service` answers one request, `body` guards what the client sends, `stopping` tells streams to end.
//! HTTP/1.1 only: its head has a time-out from the first byte on, and HTTP/2 is left to a proxy.

mod accept;
mod body;
mod connection;
mod context;
mod request_id;
mod service;
mod state;
mod stopping;
mod stream;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

pub use self::request_id::{REQUEST_ID_HEADER, RequestId};
pub use self::stopping::Stopping;
use super::metrics::Metrics;
use crate::limits::{LimitError, Limits};

/// How the edge behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct EdgeOptions {
    /// The limits it keeps.
    pub limits: Limits,
}

/// How a graceful stop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReport {
    /// Whether every request in flight was answered.
    pub drained: bool,
    /// Connections that were cut off because they were still busy after `stop_timeout_ms`.
    pub aborted_connections: usize,
}

/// Serves `router` on `listener` until `shutdown` resolves, then stops gracefully and reports how that went.
///
/// Dropping the returned future closes every connection at once: race it against a second signal to offer
/// an immediate stop. Server-sent streams end themselves on [`Stopping`].
///
/// # Errors
///
/// Fails before the first connection when the limits contradict themselves; afterwards nothing ends it but
/// `shutdown`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: EdgeOptions,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<StopReport, LimitError> {
    options.limits.validate()?;
    let edge = state::Edge::new(router, options.limits, metrics);
    Ok(accept::run(listener, edge, shutdown).await)
}
