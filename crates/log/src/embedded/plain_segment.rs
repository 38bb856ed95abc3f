//! A plain segment: NDJSON on disk, its offsets and keys in memory.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use bytes::Bytes;

use super::block::{LineBlock, LineSource};
use super::key_checksums::{confirm, key_map_of};
use super::key_map::Posting;
use super::key_table::KeyTable;
use super::keys_file::KeysFile;
use super::plain_keys::PlainKeys;
use crate::record::{Digest, leaf_hash};
use crate::{Key, ReadError};

/// What is known of a plain segment's records.
#[derive(Debug, Default)]
pub(super) struct PlainIndex {
    /// Where each durable record starts.
    pub offsets: Vec<u64>,
    /// Where the last durable record ends.
    pub end: u64,
    pub keys: PlainKeys,
}

/// One plain segment, active or waiting to be packed.
#[derive(Debug)]
pub(super) struct PlainSegment {
    pub first: Position,
    pub path: Arc<Path>,
    /// The hash of the leaf before it; `None` where there is none, or it did not read.
    pub before: Option<Digest>,
    /// Stays readable after the file's name is gone.
    pub file: File,
    /// Written by the writer thread after each fsync, for no longer than it takes to add a group.
    index: RwLock<PlainIndex>,
    /// Whether no keys file was written or read for it, nor tried in vain.
    lacks_keys_file: AtomicBool,
}

impl LineSource for PlainSegment {
    fn first(&self) -> Position {
        self.first
    }

    fn block_at(&self, position: Position, bytes_max: usize) -> Result<Option<LineBlock>, ReadError> {
        self.block(position, bytes_max)
    }
}

impl PlainSegment {
    pub fn new(first: Position, path: &Path, file: File, index: PlainIndex, before: Option<Digest>) -> Self {
        let lacks_keys_file = AtomicBool::new(matches!(index.keys, PlainKeys::Map(_)));
        Self { first, path: path.into(), before, file, index: RwLock::new(index), lacks_keys_file }
    }

    /// Whether somebody has yet to write its keys file. Asked once it is full.
    pub fn lacks_keys_file(&self) -> bool {
        self.lacks_keys_file.load(Ordering::Relaxed)
    }

    /// Its keys file is written, or cannot be: then opening the log reads the segment, and writes it.
    pub fn settle_keys_file(&self) {
        self.lacks_keys_file.store(false, Ordering::Relaxed);
    }

    /// Whether its file still has a name: what is written to one without is gone with the process.
    pub fn has_name(&self) -> bool {
        self.file.metadata().map_or(true, |metadata| metadata.nlink() > 0)
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

    /// The records under a key, ascending.
    pub fn postings(&self, key: Key) -> Result<Vec<Posting>, ReadError> {
        let candidates = match (&self.index().keys, key) {
            (PlainKeys::Map(map), _) => return Ok(map.postings(key, self.first)),
            (PlainKeys::Table(table), Key::Attempt(id)) => return Ok(table.attempt_postings(id, self.first)),
            (PlainKeys::Table(table), _) => table.others.candidates(key),
        };
        confirm(key, &candidates, self)
    }

    /// Whether its records were not read since the log was opened.
    pub fn is_unread(&self) -> bool {
        matches!(self.index().keys, PlainKeys::Table(_))
    }

    /// Reads a segment that was opened by its keys file, as opening it without one would have done. Returns
    /// whether the keys were those of its records; from now on they are.
    pub fn read_keys(&self) -> Result<bool, ReadError> {
        if !self.is_unread() {
            return Ok(true);
        }
        let map = key_map_of(self)?;
        let is_equal = match &self.index().keys {
            PlainKeys::Map(_) => true,
            PlainKeys::Table(table) => *table == KeyTable::of(&map),
        };
        self.publish(|index| index.keys = PlainKeys::Map(map));
        Ok(is_equal)
    }

    /// What the keys file of a full segment that was read or written says.
    pub fn keys_file(&self) -> Result<KeysFile, ReadError> {
        let last_leaf = self.last_leaf()?;
        let index = self.index();
        let keys = KeyTable::of(index.keys.map());
        let (first, end, offsets) = (self.first, index.end, index.offsets.clone());
        Ok(KeysFile { first, end, last_leaf, before: self.before, offsets, keys, has_other_keys: false })
    }

    /// The hash of the last leaf, of a segment that has one.
    pub fn last_leaf(&self) -> Result<Digest, ReadError> {
        let last = Position(self.first.0 + self.records() - 1);
        let block = self.block(last, 0)?.expect("the segment holds its last record");
        Ok(leaf_hash(&block.record(last)?.leaf))
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
