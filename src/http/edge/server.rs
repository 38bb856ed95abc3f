//! The edge's beginning: a listener, the routes and the limits.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::accept_loop::{StopReport, run};
use super::state::Edge;
use super::work_class::Classifier;
use crate::http::metrics::Metrics;
use crate::limits::{LimitError, Limits};

/// How the edge behaves.
#[derive(Clone, Debug)]
pub struct EdgeOptions {
    /// The limits it keeps.
    pub limits: Limits,
    /// Finds the class of a request.
    pub classifier: Classifier,
    /// The runtime whose threads answer questions. Not the one that serves: a question may take its thread for
    /// long.
    pub question_runtime: Handle,
}

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
