//! Work that is done to its end, also when its caller stops waiting.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Work that its caller waits for, and that the runtime takes over where the caller stops waiting.
///
/// It runs on the caller's task, so that the ordinary case costs no second one.
pub struct Errand<T: Send + 'static> {
    /// `None` once it is done, or has panicked.
    work: Option<Work<T>>,
    runtime: Handle,
}

impl<T: Send + 'static> fmt::Debug for Errand<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Errand").field("is_open", &self.work.is_some()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Errand<T> {
    /// Work that `tracker` counts until it is done. Nothing of it runs before it is first polled; dropped
    /// before that, it runs all the same.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use = "an errand that nobody waits for runs when it is dropped"]
    pub fn new(tracker: &TaskTracker, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(tracker.track_future(work))), runtime: Handle::current() }
    }
}

impl<T: Send + 'static> Future for Errand<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Out of its place while it runs: work that panics is not polled again.
        let mut work = self.work.take().expect("an errand that is done is not polled");
        match work.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(value),
            Poll::Pending => {
                self.work = Some(work);
                Poll::Pending
            }
        }
    }
}

impl<T: Send + 'static> Drop for Errand<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            // A caller that is dropped is still in its span, so its request is named in what is logged later.
            self.runtime.spawn(work.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::panic::AssertUnwindSafe;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn errand_that_nobody_waits_for_is_done() {
        let tracker = TaskTracker::new();
        let (begin, begun) = oneshot::channel::<()>();
        let (report, reported) = oneshot::channel();
        let mut errand = Errand::new(&tracker, async move {
            begun.await.unwrap();
            report.send("done").unwrap();
        });
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut errand).poll(context))).await;
        assert!(first.is_pending());
        drop(errand);
        assert_eq!(tracker.len(), 1, "it is counted while it goes on");
        begin.send(()).unwrap();
        assert_eq!(reported.await.unwrap(), "done");
        tracker.close();
        tracker.wait().await;
    }

    #[tokio::test]
    async fn errand_gives_its_value_on_the_callers_task() {
        let tracker = TaskTracker::new();
        let counted = tracker.clone();
        let caller = tokio::spawn(async move {
            let ran_in = Errand::new(&counted, async { tokio::task::id() }).await;
            assert_eq!(ran_in, tokio::task::id());
        });
        caller.await.unwrap();
        assert!(tracker.is_empty());
    }

    #[tokio::test]
    async fn errand_that_panics_is_not_polled_again() {
        let tracker = TaskTracker::new();
        let errand = Errand::<()>::new(&tracker, async { panic!("the work fails") });
        let caught = futures_util::FutureExt::catch_unwind(AssertUnwindSafe(errand)).await;
        assert!(caught.is_err());
        assert!(tracker.is_empty(), "what has panicked is not counted for ever");
    }
}
