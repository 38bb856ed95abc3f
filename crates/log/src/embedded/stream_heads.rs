//! The revisions at which streams end, as the writer knows them.

use std::collections::HashMap;

use attempt_ledger_domain::{AttemptId, QueueId, Revision};
use quick_cache::unsync::Cache;

use crate::Stream;

/// Owned by the writer thread. Changes of a group wait in `pending` until the group is durable.
pub(super) struct StreamHeads {
    attempts: Cache<AttemptId, Revision>,
    /// Complete: there are few queues.
    queues: HashMap<QueueId, Revision>,
    pending: HashMap<Stream, Revision>,
}

impl StreamHeads {
    pub fn new(attempts_max: usize, queues: HashMap<QueueId, Revision>) -> Self {
        Self { attempts: Cache::new(attempts_max), queues, pending: HashMap::new() }
    }

    /// The revision of a stream; `None` when it must be looked up.
    pub fn get(&self, stream: Stream) -> Option<Revision> {
        if let Some(revision) = self.pending.get(&stream) {
            return Some(*revision);
        }
        match stream {
            Stream::Attempt(id) => self.attempts.get(&id).copied(),
            Stream::Queue(id) => Some(self.queues.get(&id).copied().unwrap_or_default()),
            Stream::Observations { .. } | Stream::Refusals { .. } => Some(Revision(0)),
        }
    }

    /// Notes a change that holds only if the current group does.
    pub fn set_pending(&mut self, stream: Stream, revision: Revision) {
        self.pending.insert(stream, revision);
    }

    /// The group is durable.
    pub fn commit(&mut self) {
        for (stream, revision) in self.pending.drain() {
            match stream {
                Stream::Attempt(id) => self.attempts.insert(id, revision),
                Stream::Queue(id) => {
                    self.queues.insert(id, revision);
                }
                Stream::Observations { .. } | Stream::Refusals { .. } => {}
            }
        }
    }

    /// The group was not written.
    pub fn roll_back(&mut self) {
        self.pending.clear();
    }
}
