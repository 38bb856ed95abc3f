//! The signal that the service is stopping, for long answers.

use std::future::{Future, pending};

use futures_util::{Stream, StreamExt};
use tokio::sync::watch;

/// Whether the service is stopping. A handler takes it as an argument.
///
/// A streamed answer must end itself on it (see [`StopSignal::end`]); an ordinary answer need not look.
#[derive(Clone, Debug)]
pub struct StopSignal {
    /// `None` outside the edge, where nothing ever stops.
    receiver: Option<watch::Receiver<bool>>,
}

impl StopSignal {
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
