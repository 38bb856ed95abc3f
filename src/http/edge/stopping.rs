//! The handle by which long answers learn that the service is stopping.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures_util::{Stream, StreamExt};
use tokio::sync::watch;

use super::context::RequestContext;

/// Tells a handler that the service is stopping. Take it as an argument of the handler.
///
/// A streamed answer must end itself on it (see [`Stopping::end`]); an ordinary answer need not look.
#[derive(Clone, Debug)]
pub struct Stopping {
    /// `None` outside the edge, where nothing ever stops.
    receiver: Option<watch::Receiver<bool>>,
}

impl Stopping {
    pub(super) fn of(receiver: watch::Receiver<bool>) -> Self {
        Self { receiver: Some(receiver) }
    }

    /// A handle that never stops, for routers that are tested without the edge.
    pub fn never() -> Self {
        Self { receiver: None }
    }

    /// Whether the service is stopping.
    pub fn is_stopping(&self) -> bool {
        self.receiver.as_ref().is_some_and(|receiver| *receiver.borrow())
    }

    /// Resolves once the service is stopping.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let receiver = self.receiver.clone();
        async move {
            match receiver {
                // An error means that the edge is gone, which is as stopped as can be.
                Some(mut receiver) => drop(receiver.wait_for(|stopping| *stopping).await),
                None => pending().await,
            }
        }
    }

    /// The same stream, ended once the service is stopping.
    pub fn end<S: Stream>(&self, stream: S) -> impl Stream<Item = S::Item> + use<S> {
        stream.take_until(self.stopped())
    }
}

impl<S: Sync> FromRequestParts<S> for Stopping {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = parts.extensions.get::<Arc<RequestContext>>();
        Ok(context.map_or_else(Self::never, |context| context.stopping.clone()))
    }
}
