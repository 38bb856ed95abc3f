//! A group: the waiting appends that are written and synced together.

use attempt_ledger_domain::{Position, Revision};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::plain_segment::PlainIndex;
use super::stream_heads::StreamHeads;
use crate::record::{Digest, Leaf, decode_frame, delivery_identity_of, encode_frame, leaf_hash};
use crate::{AppendError, Appended, Expected, ReadError, Stream, StreamAppend};

pub(super) type AppendResults = Vec<Result<Appended, AppendError>>;

/// One call of `append`, on its way to the writer.
pub(super) struct AppendJob {
    pub batch: Vec<StreamAppend>,
    /// What it counts towards the queue's limit.
    pub bytes: usize,
    pub reply: oneshot::Sender<AppendResults>,
    /// The runtime that the caller waits in; `None` for a caller outside of any.
    pub runtime: Option<Handle>,
}

/// Bytes that a batch keeps in memory.
pub(super) fn bytes_of(batch: &[StreamAppend]) -> usize {
    let records = batch.iter().flat_map(|append| &append.records);
    records.map(|record| record.leaf_bytes.len() + record.opening_bytes.len() + 128).sum()
}

struct Entry {
    start: u64,
    leaf: Leaf<'static>,
    identity: Option<Digest>,
}

/// Owned by the writer thread and reused from group to group.
#[derive(Default)]
pub(super) struct Group {
    pub bytes: Vec<u8>,
    entries: Vec<Entry>,
    replies: Vec<(oneshot::Sender<AppendResults>, AppendResults)>,
    /// The runtime of the newest caller.
    runtime: Option<Handle>,
}

impl Group {
    pub fn records(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Calls that wait for this group.
    pub fn jobs(&self) -> usize {
        self.replies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Judges a job's appends and adds those that fit. `next` is the position after the last durable record.
    pub fn add<L>(&mut self, job: AppendJob, next: Position, heads: &mut StreamHeads, mut look_up: L)
    where
        L: FnMut(Stream) -> Result<Revision, ReadError>,
    {
        let mut results = Vec::with_capacity(job.batch.len());
        for append in job.batch {
            let current = match heads.get(append.stream) {
                Some(revision) => Ok(revision),
                None => look_up(append.stream),
            };
            let result = match current {
                Ok(current) => self.add_stream(append, next, current, heads),
                Err(error) => Err(AppendError::Failed { reason: error.to_string() }),
            };
            results.push(result);
        }
        self.replies.push((job.reply, results));
        self.runtime = job.runtime;
    }

    fn add_stream(
        &mut self,
        append: StreamAppend,
        next: Position,
        current: Revision,
        heads: &mut StreamHeads,
    ) -> Result<Appended, AppendError> {
        let StreamAppend { stream, expected, records } = append;
        if let Expected::Exactly(expected) = expected
            && expected != current
        {
            return Err(AppendError::Conflict { stream, expected, current });
        }
        let mut revision = current;
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            if stream.counts(record.leaf.kind) {
                revision = revision.next();
            }
            let position = Position(next.0 + self.records());
            let start = self.bytes.len() as u64;
            encode_frame(&mut self.bytes, position, &record.leaf_bytes, &record.opening_bytes);
            let identity = delivery_identity_of(&record.leaf, &record.opening_bytes);
            self.entries.push(Entry { start, leaf: record.leaf, identity });
            positions.push(position);
        }
        // Also when nothing counted: the looked-up revision is worth remembering.
        heads.set_pending(stream, revision);
        Ok(Appended { positions })
    }

    /// The hash of the group's first leaf.
    pub fn first_leaf(&self) -> Digest {
        let end = memchr::memchr(b'\n', &self.bytes).expect("a group has whole lines");
        let frame = decode_frame(&self.bytes[..end]).expect("this process has encoded it");
        leaf_hash(&self.bytes[frame.leaf])
    }

    /// Adds the group's records to the index of the segment that now ends with them.
    pub fn publish(&mut self, index: &mut PlainIndex) {
        let base = index.end;
        for entry in self.entries.drain(..) {
            let ordinal = u32::try_from(index.offsets.len()).expect("fewer than 2^31 records");
            index.keys.insert(ordinal, &entry.leaf, entry.identity);
            index.offsets.push(base + entry.start);
        }
        index.end = base + self.bytes.len() as u64;
    }

    /// Answers everyone as judged.
    pub fn acknowledge(&mut self) {
        let replies = std::mem::take(&mut self.replies);
        let send = move || {
            for (reply, results) in replies {
                // The caller may have gone; its records are durable all the same.
                let _ = reply.send(results);
            }
        };
        // Waking a runtime from outside costs a system call for each task; from inside it costs next to
        // nothing.
        match self.runtime.take() {
            Some(runtime) => drop(runtime.spawn(async move { send() })),
            None => send(),
        }
        self.clear();
    }

    /// Answers everyone whose append would have been written with `error`; conflicts stay conflicts.
    pub fn fail(&mut self, error: &AppendError) {
        for (reply, results) in self.replies.drain(..) {
            let failed = results.into_iter().map(|result| match result {
                Ok(_) => Err(error.clone()),
                // A conflict with a record of this very group is no conflict any more, but still an answer
                // that makes the caller read again.
                Err(judged) => Err(judged),
            });
            let _ = reply.send(failed.collect());
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        // One oversized group shall not keep its memory for ever.
        self.bytes.shrink_to(super::options::GROUP_BYTES_MAX * 2);
    }
}
