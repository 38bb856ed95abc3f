//! A run of whole lines from one segment, and the checks that every read passes through.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use bytes::Bytes;

use crate::record::decode_frame;
use crate::{ReadError, StoredRecord};

/// A segment, as a source of whole lines.
pub(super) trait LineSource {
    /// The position of its first record.
    fn first(&self) -> Position;

    /// The lines from a position on, or those around it, in one piece: about `bytes_max`, at least one line.
    /// `None` beyond the end.
    fn block_at(&self, position: Position, bytes_max: usize) -> Result<Option<LineBlock>, ReadError>;
}

/// Whole lines, uncompressed.
#[derive(Clone, Debug)]
pub(super) struct LineBlock {
    pub bytes: Bytes,
    /// The position of the first line.
    pub first: Position,
    /// How many lines there must be.
    pub records: u64,
    pub file: Arc<Path>,
    /// Where the block starts in the file.
    pub offset: u64,
    /// Whether `offset` is that of a compressed frame: then lines have no offset of their own.
    pub is_compressed: bool,
}

/// A record within a block, checked.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub position: Position,
    pub line: Range<usize>,
    pub leaf: Range<usize>,
    pub opening: Range<usize>,
}

impl LineBlock {
    /// Whether the record lies here.
    pub fn contains(&self, position: Position) -> bool {
        position >= self.first && position.0 - self.first.0 < self.records
    }

    /// Visits the records from `from` on. Lines before it are skipped without being checked.
    pub fn visit<V>(&self, from: Position, mut visit: V) -> Result<ControlFlow<()>, ReadError>
    where
        V: FnMut(&Line) -> ControlFlow<()>,
    {
        let mut start = 0;
        for ordinal in 0..self.records {
            let position = Position(self.first.0 + ordinal);
            let rest = &self.bytes[start..];
            let Some(length) = memchr::memchr(b'\n', rest) else {
                return Err(self.damaged(start, "a record ends before its line break"));
            };
            let end = start + length;
            if position >= from && visit(&self.check(position, start..end)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            start = end + 1;
        }
        if start != self.bytes.len() {
            return Err(self.damaged(start, "there are more bytes than records"));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// One record, with bytes of its own.
    pub fn record(&self, position: Position) -> Result<StoredRecord, ReadError> {
        let mut found = None;
        let _ = self.visit(position, |line| {
            found = Some(line.clone());
            ControlFlow::Break(())
        })?;
        let Some(line) = found else {
            return Err(self.damaged(0, "the record is not in its block"));
        };
        // A copy, so that one kept record does not keep a whole block in memory.
        let bytes = Bytes::copy_from_slice(&self.bytes[line.line.clone()]);
        let start = line.line.start;
        Ok(StoredRecord {
            position,
            leaf: bytes.slice(line.leaf.start - start..line.leaf.end - start),
            opening: bytes.slice(line.opening.start - start..line.opening.end - start),
        })
    }

    /// A record that shares the block's bytes.
    pub fn shared(&self, line: &Line) -> StoredRecord {
        StoredRecord {
            position: line.position,
            leaf: self.bytes.slice(line.leaf.clone()),
            opening: self.bytes.slice(line.opening.clone()),
        }
    }

    fn check(&self, position: Position, range: Range<usize>) -> Result<Line, ReadError> {
        let start = range.start;
        let frame = decode_frame(&self.bytes[range.clone()])
            .map_err(|error| self.damaged(start, &error.to_string()))?;
        if frame.position != position {
            let reason = format!("position {} lies where {position} should", frame.position);
            return Err(self.damaged(start, &reason));
        }
        let shifted = |part: Range<usize>| part.start + start..part.end + start;
        Ok(Line { position, leaf: shifted(frame.leaf), opening: shifted(frame.opening), line: range })
    }

    /// The error for damage at a byte of this block.
    pub fn damaged(&self, at: usize, reason: &str) -> ReadError {
        let offset = if self.is_compressed { self.offset } else { self.offset + at as u64 };
        ReadError::Damaged { file: self.file.display().to_string(), offset, reason: reason.into() }
    }
}
