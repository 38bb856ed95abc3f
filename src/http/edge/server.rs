//! The edge's beginning: a listener, the routes and the limits.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use super::accept_loop::{StopReport, run};
use super::options::EdgeOptions;
use super::state::Edge;
use crate::http::metrics::Metrics;
use crate::limits::LimitError;

/// Serves `router` on `listener` until `shutdown` resolves, then stops gracefully and reports how that went.
///
/// Dropping the returned future closes every connection at once: race it against a second signal to offer
/// an immediate stop. Server-sent streams end themselves on [`StopSignal`](super::stop_signal::StopSignal).
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
    let edge = Edge::new(router, options, metrics);
    Ok(run(listener, edge, shutdown).await)
}
