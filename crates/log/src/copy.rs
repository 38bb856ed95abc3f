//! From one log to another: the same records in the same order, and the proof that they are.

use attempt_ledger_domain::{Position, Revision};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{AppendError, EventLog, Expected, NewRecord, ReadError, StoredRecord, Stream, StreamAppend};
use crate::record::{Digest, Leaf, leaf_hash};

/// Records read at once.
const PAGE: usize = 1_000;

/// What a log holds, in two figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// Records.
    pub records: u64,
    /// SHA-256 over the digest so far and the next record's leaf hash, from 32 zero bytes on.
    pub digest: Digest,
}

/// Makes the fingerprint of a log, leaf by leaf.
#[derive(Clone, Copy, Debug, Default)]
pub struct FingerprintHasher {
    records: u64,
    digest: [u8; 32],
}

impl FingerprintHasher {
    /// Takes the leaf of the next record.
    pub fn add(&mut self, leaf: &[u8]) {
        let mut hasher = Sha256::new();
        hasher.update(self.digest);
        hasher.update(leaf_hash(leaf).0);
        self.digest = hasher.finalize().into();
        self.records += 1;
    }

    /// The fingerprint of what was taken.
    #[must_use]
    pub const fn finish(self) -> Fingerprint {
        Fingerprint { records: self.records, digest: Digest(self.digest) }
    }
}

/// Whether the target keeps the order of what is appended in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOrder {
    /// One call may hold many streams: the target writes them as they stand.
    Call,
    /// Only one write after another keeps its order, as in a cluster.
    Write,
}

/// Why a log was not copied.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The target holds something else.
    #[error(
        "the target's record at position {position} is not the source's; hint: copy into an empty log, or \
         into one that an earlier copy of the same source began"
    )]
    Differs {
        /// The first position that differs.
        position: Position,
    },
    /// The target has more.
    #[error("the target holds {to} records and the source {from}; hint: exchange --from and --to")]
    Ahead {
        /// Records of the source.
        from: Position,
        /// Records of the target.
        to: Position,
    },
    /// A record cannot be understood.
    #[error("the record at position {position} cannot be understood: {reason}")]
    Record {
        /// Where.
        position: Position,
        /// Why.
        reason: String,
    },
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing failed.
    #[error("{0}; hint: the same command goes on where this one stopped")]
    Append(#[from] AppendError),
}

/// What a log holds up to a position.
///
/// # Errors
/// [`ReadError`] when it cannot be read.
pub fn fingerprint(log: &dyn EventLog, up_to: Position) -> Result<Fingerprint, ReadError> {
    let mut hasher = FingerprintHasher::default();
    let mut after = Position(0);
    while after < up_to {
        let page = log.read_after(after, page_size(after, up_to))?;
        let Some(last) = page.last() else { break };
        after = last.position;
        page.iter().for_each(|stored| hasher.add(&stored.leaf));
    }
    Ok(hasher.finish())
}

/// Compares what the target has already.
///
/// # Errors
/// [`CopyError::Differs`] or [`CopyError::Ahead`] when it is not the beginning of the source.
pub fn compare(from: &dyn EventLog, to: &dyn EventLog, up_to: Position) -> Result<Position, CopyError> {
    let held = to.head();
    if held > up_to {
        return Err(CopyError::Ahead { from: up_to, to: held });
    }
    let mut after = Position(0);
    while after < held {
        let size = page_size(after, held);
        let (theirs, ours) = (from.read_after(after, size)?, to.read_after(after, size)?);
        let differing = theirs.iter().zip(&ours).find(|(theirs, ours)| theirs != ours);
        if let Some((theirs, _)) = differing {
            return Err(CopyError::Differs { position: theirs.position });
        }
        after = Position(after.0 + theirs.len().min(ours.len()) as u64);
    }
    Ok(held)
}

/// A copy under way: appends the source's records after those that the target has.
pub struct LogCopy<'l> {
    /// The source.
    pub from: &'l dyn EventLog,
    /// The target.
    pub to: &'l dyn EventLog,
    /// How the target keeps order.
    pub order: WriteOrder,
}

impl LogCopy<'_> {
    /// Appends everything after `after` and up to `up_to`.
    ///
    /// # Errors
    /// [`CopyError`]; what was appended until then stays, and the next run goes on after it.
    pub async fn run(
        &self,
        mut after: Position,
        up_to: Position,
        mut progress: impl FnMut(Position),
    ) -> Result<(), CopyError> {
        while after < up_to {
            let page = self.from.read_after(after, page_size(after, up_to))?;
            let Some(last) = page.last() else { break };
            after = last.position;
            let appends: Vec<StreamAppend> = page.iter().map(append_of).collect::<Result<_, _>>()?;
            match self.order {
                WriteOrder::Call => self.append(appends).await?,
                WriteOrder::Write => {
                    let mut done = Position(after.0 - page.len() as u64);
                    for append in together(appends) {
                        done = Position(done.0 + append.records.len() as u64);
                        self.append(vec![append]).await?;
                        progress(done);
                    }
                }
            }
            progress(after);
        }
        Ok(())
    }

    async fn append(&self, batch: Vec<StreamAppend>) -> Result<(), CopyError> {
        for answer in self.to.append(batch).await {
            answer?;
        }
        Ok(())
    }
}

/// The append that adds a stored record to another log.
///
/// # Errors
/// [`CopyError::Record`] when the record cannot be understood.
pub fn append_of(stored: &StoredRecord) -> Result<StreamAppend, CopyError> {
    let fault = |reason: String| CopyError::Record { position: stored.position, reason };
    let leaf = Leaf::parse(&stored.leaf).map_err(|error| fault(error.to_string()))?;
    let stream = Stream::of(&leaf).ok_or_else(|| fault("it names no stream".to_owned()))?;
    let before = leaf.revision.map(|revision| Revision(revision.0.saturating_sub(1)));
    let expected = match before {
        Some(before) if stream.counts(leaf.kind) => Expected::Exactly(before),
        _ => Expected::Any,
    };
    let record = NewRecord {
        leaf: leaf.into_owned(),
        leaf_bytes: stored.leaf.to_vec(),
        opening_bytes: stored.opening.to_vec(),
    };
    Ok(StreamAppend { stream, expected, records: vec![record] })
}

/// Neighbours of one stream go in one write.
fn together(appends: Vec<StreamAppend>) -> Vec<StreamAppend> {
    const TOGETHER_BYTES_MAX: usize = 512 * 1024;
    let bytes = |append: &StreamAppend| -> usize {
        append.records.iter().map(|record| record.leaf_bytes.len() + record.opening_bytes.len()).sum()
    };
    let mut merged: Vec<StreamAppend> = Vec::with_capacity(appends.len());
    for append in appends {
        match merged.last_mut() {
            Some(last)
                if last.stream == append.stream && bytes(last) + bytes(&append) <= TOGETHER_BYTES_MAX =>
            {
                last.records.extend(append.records);
            }
            _ => merged.push(append),
        }
    }
    merged
}

fn page_size(after: Position, up_to: Position) -> usize {
    usize::try_from(up_to.0.saturating_sub(after.0)).unwrap_or(PAGE).min(PAGE)
}
