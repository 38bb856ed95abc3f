//! A plain segment: NDJSON on disk, its offsets and keys in memory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use bytes::Bytes;

use super::block::LineBlock;
use super::key_map::KeyMap;
use crate::ReadError;

/// What is known of a plain segment's records.
#[derive(Debug, Default)]
pub(super) struct PlainIndex {
    /// Where each durable record starts.
    pub offsets: Vec<u64>,
    /// Where the last durable record ends.
    pub end: u64,
    pub keys: KeyMap,
}

/// One plain segment, active or waiting to be packed.
#[derive(Debug)]
pub(super) struct PlainSegment {
    pub first: Position,
    pub path: Arc<Path>,
    /// Stays readable after the file's name is gone.
    pub file: File,
    /// Written by the writer thread after each fsync, for no longer than it takes to add a group.
    index: RwLock<PlainIndex>,
}

impl PlainSegment {
    pub fn new(first: Position, path: &Path, file: File, index: PlainIndex) -> Self {
        Self { first, path: path.into(), file, index: RwLock::new(index) }
    }

    pub fn index(&self) -> RwLockReadGuard<'_, PlainIndex> {
        // Additions are made in one go from prepared values: a panic elsewhere leaves the index whole.
        take_over(self.index.read())
    }

    /// Makes a durable group visible.
    pub fn publish(&self, add: impl FnOnce(&mut PlainIndex)) {
        let mut index = take_over(self.index.write());
        add(&mut index);
    }

    pub fn records(&self) -> u64 {
        self.extent().0
    }

    /// The number of durable records, and where the last one ends.
    pub fn extent(&self) -> (u64, u64) {
        let index = self.index();
        (index.offsets.len() as u64, index.end)
    }

    /// The lines from `position` on: as many as fit into `bytes_max`, at least one. `None` beyond the end.
    pub fn block(&self, position: Position, bytes_max: usize) -> Result<Option<LineBlock>, ReadError> {
        let Some((start, end, records)) = self.span(position, bytes_max as u64) else {
            return Ok(None);
        };
        let length = usize::try_from(end - start).expect("a block fits into memory");
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start).map_err(|source| {
            if source.kind() == std::io::ErrorKind::UnexpectedEof {
                let reason = "the file ends before the record does".to_owned();
                let file = self.path.display().to_string();
                return ReadError::Damaged { file, offset: start, reason };
            }
            ReadError::Io { file: self.path.display().to_string(), source }
        })?;
        Ok(Some(LineBlock {
            bytes: Bytes::from(bytes),
            first: position,
            records,
            file: Arc::clone(&self.path),
            offset: start,
            is_compressed: false,
        }))
    }

    /// Start, end and number of the lines that make up a block.
    fn span(&self, position: Position, bytes_max: u64) -> Option<(u64, u64, u64)> {
        let index = self.index();
        let ordinal = usize::try_from(position.0.checked_sub(self.first.0)?).ok()?;
        let start = *index.offsets.get(ordinal)?;
        let following = &index.offsets[ordinal + 1..];
        let fitting = following.partition_point(|offset| *offset - start <= bytes_max);
        if fitting == following.len() && index.end - start <= bytes_max {
            return Some((start, index.end, fitting as u64 + 1));
        }
        // At least one line, however long it is.
        let lines = fitting.max(1);
        let end = following.get(lines - 1).copied().unwrap_or(index.end);
        Some((start, end, lines as u64))
    }
}
