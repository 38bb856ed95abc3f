//! Everything that reads: it works on a snapshot of the segments, beside the writer and the packer.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, Position, Revision};
use attempt_ledger_system::cancellation::is_cancelled;

use super::block::LineBlock;
use super::key_map::Posting;
use super::open_log::OpenLog;
use crate::{Key, ReadError, StoredRecord};

/// A record during a scan: borrowed from the block that is being read.
#[derive(Clone, Copy, Debug)]
pub struct ScannedRecord<'b> {
    /// Its place in the log.
    pub position: Position,
    /// The leaf's bytes.
    pub leaf: &'b [u8],
    /// The opening's bytes.
    pub opening: &'b [u8],
}

impl OpenLog {
    pub fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        let postings = self.postings(key)?;
        Ok(postings.into_iter().map(|posting| posting.position).collect())
    }

    pub fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        let events = self.postings(Key::Attempt(attempt_id))?.into_iter().filter(|posting| posting.is_event);
        Ok(events.map(|posting| posting.position).collect())
    }

    /// How many events of the attempt the log holds.
    pub fn events_of(&self, attempt: AttemptId) -> Result<Revision, ReadError> {
        let set = self.segments.snapshot();
        let packed = self.keys.postings(Key::Attempt(attempt), &set)?;
        let packed = packed.iter().filter(|posting| posting.is_event);
        let packed = u32::try_from(packed.count()).expect("an attempt has fewer than 2^32 events");
        let plain: u32 = set.plain().map(|plain| plain.index().keys.events(attempt).0).sum();
        Ok(Revision(packed + plain))
    }

    fn postings(&self, key: Key) -> Result<Vec<Posting>, ReadError> {
        // The snapshot comes first: a segment that is packed after it is in the snapshot as a plain one, and
        // what the index already says about it is cut off.
        let set = self.segments.snapshot();
        let mut postings = self.keys.postings(key, &set)?;
        for plain in set.plain() {
            postings.extend(plain.postings(key)?);
        }
        if set.is_mixed() {
            postings.sort_by_key(|posting| posting.position);
        }
        Ok(postings)
    }

    pub fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        let set = self.segments.snapshot();
        let mut found = Vec::new();
        for segment in set.0.iter().rev() {
            if found.len() >= limit {
                break;
            }
            let first = segment.first();
            let Some(end) = before.0.checked_sub(first.0) else { continue };
            let ordinals = segment.refusals_below(end)?;
            let newest = ordinals.iter().rev().take(limit - found.len());
            found.extend(newest.map(|ordinal| Position(first.0 + u64::from(*ordinal))));
        }
        Ok(found)
    }

    pub fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        let set = self.segments.snapshot();
        let mut last: Option<LineBlock> = None;
        let mut records = Vec::with_capacity(positions.len());
        for position in positions {
            if is_cancelled() {
                return Err(ReadError::Cancelled);
            }
            let block = match last.take().filter(|block| block.contains(*position)) {
                Some(block) => block,
                // One line is enough of a plain segment; a packed one always gives a frame.
                None => set
                    .block(*position, 0)?
                    .ok_or_else(|| ReadError::beyond_head(self.layout.log().display(), *position))?,
            };
            records.push(block.record(*position)?);
            last = Some(block);
        }
        Ok(records)
    }

    pub fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let mut records = Vec::new();
        if limit == 0 {
            return Ok(records);
        }
        let from = after.next();
        self.segments.snapshot().visit_blocks(from, |block| {
            block.visit(from, |line| {
                records.push(block.shared(line));
                if records.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
        })?;
        Ok(records)
    }

    pub fn visit_after(
        &self,
        after: Position,
        visit: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let from = after.next();
        self.segments
            .snapshot()
            .visit_blocks(from, |block| block.visit(from, |line| visit(block.shared(line))))
    }

    pub fn scan<V>(&self, after: Position, mut visit: V) -> Result<(), ReadError>
    where
        V: FnMut(ScannedRecord<'_>) -> ControlFlow<()>,
    {
        let from = after.next();
        self.segments.snapshot().visit_blocks(from, |block| {
            block.visit(from, |line| {
                visit(ScannedRecord {
                    position: line.position,
                    leaf: &block.bytes[line.leaf.clone()],
                    opening: &block.bytes[line.opening.clone()],
                })
            })
        })
    }
}
