//! The threads that serve connections, and what wakes the connections of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::options::EdgeOptions;

/// Threads that serve one kind of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThreadGroup {
    /// Those that accept connections, and serve hooks and probes.
    Hooks,
    /// Those that read large bodies.
    Batches,
    /// Those that read questions, and write answers and streams.
    Questions,
}

impl ThreadGroup {
    /// The runtime of these threads; `None` for that of the accept loop.
    pub(super) fn runtime(self, options: &EdgeOptions) -> Option<&Handle> {
        match self {
            Self::Hooks => None,
            Self::Batches => Some(&options.batch_runtime),
            Self::Questions => Some(&options.question_runtime),
        }
    }
}

/// Wakes every connection. The value is whether the service is stopping, set by the accept loop; a connection
/// that waits for a place sends the same value again, so that idle ones look around.
///
/// Each group has a channel of its own. A channel has locks inside, and a thread that yields its processor
/// while it holds one would keep waiting those that answer hooks.
#[derive(Debug)]
pub(super) struct Signals {
    is_stopping: AtomicBool,
    hooks: watch::Sender<bool>,
    batches: watch::Sender<bool>,
    questions: watch::Sender<bool>,
    /// Whether the connections of batches and questions are about to look around.
    is_looking: AtomicBool,
}

impl Signals {
    pub(super) fn new() -> Self {
        let [hooks, batches, questions] = [(); 3].map(|()| watch::Sender::new(false));
        let [is_stopping, is_looking] = [(); 2].map(|()| AtomicBool::new(false));
        Self { is_stopping, hooks, batches, questions, is_looking }
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        for sender in [&self.hooks, &self.batches, &self.questions] {
            sender.send_replace(true);
        }
    }

    /// The same as the value of the channels, without a lock.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Idle connections look whether another one waits for a place: those of other groups on their threads.
    pub(super) fn look_around(self: &Arc<Self>, options: &EdgeOptions) {
        self.hooks.send_modify(|_| {});
        if !self.is_looking.swap(true, Ordering::Relaxed) {
            let signals = Arc::clone(self);
            options.question_runtime.spawn(async move {
                signals.is_looking.store(false, Ordering::Relaxed);
                signals.batches.send_modify(|_| {});
                signals.questions.send_modify(|_| {});
            });
        }
    }

    pub(super) fn subscribe(&self, group: ThreadGroup) -> watch::Receiver<bool> {
        match group {
            ThreadGroup::Hooks => self.hooks.subscribe(),
            ThreadGroup::Batches => self.batches.subscribe(),
            ThreadGroup::Questions => self.questions.subscribe(),
        }
    }
}
