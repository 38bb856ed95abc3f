//! The threads that serve connections, and what wakes the connections of each.

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
    hooks: watch::Sender<bool>,
    batches: watch::Sender<bool>,
    questions: watch::Sender<bool>,
}

impl Signals {
    pub(super) fn new() -> Self {
        let [hooks, batches, questions] = [(); 3].map(|()| watch::Sender::new(false));
        Self { hooks, batches, questions }
    }

    pub(super) fn stop(&self) {
        self.each(|sender| {
            sender.send_replace(true);
        });
    }

    pub(super) fn look_around(&self) {
        self.each(|sender| sender.send_modify(|_| {}));
    }

    fn each(&self, send: impl Fn(&watch::Sender<bool>)) {
        [&self.hooks, &self.batches, &self.questions].into_iter().for_each(send);
    }

    pub(super) fn subscribe(&self, group: ThreadGroup) -> watch::Receiver<bool> {
        match group {
            ThreadGroup::Hooks => self.hooks.subscribe(),
            ThreadGroup::Batches => self.batches.subscribe(),
            ThreadGroup::Questions => self.questions.subscribe(),
        }
    }
}
