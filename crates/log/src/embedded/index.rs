//! The disk index over packed segments: key -> positions, in fjall. Derived; deleted and rebuilt at will.
//!
//! It is written only by bulk ingestion, one call per packed segment: each call is atomic, durable, and
//! leaves fjall's journal empty. Values carry a checksum over their key and themselves.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use attempt_ledger_domain::Position;
use fjall::config::{CompressionPolicy, PartitioningPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions};

use super::index_check::{check_index, check_tables, table_bytes};
use super::index_value::{self, IndexMarker};
use super::key_map::Posting;
use crate::{Key, ReadError};

/// Files that the index keeps open.
const INDEX_FILES_MAX: usize = 128;

const KEYSPACE: &str = "keys";
const MARKER_KEY: &[u8] = &[0];

/// The open index.
pub(super) struct KeyIndex {
    pub directory: PathBuf,
    keyspace: Keyspace,
    /// Keeps fjall's threads and its lock.
    _database: Database,
}

impl KeyIndex {
    /// Opens or creates the index. Anything suspicious is an error: the caller rebuilds.
    pub fn open(directory: &Path, cache_bytes: u64) -> Result<Self, ReadError> {
        check_index(directory).map_err(failed)?;
        guarded(|| {
            let database = Database::builder(directory)
                .cache_size(cache_bytes)
                .max_cached_files(Some(INDEX_FILES_MAX))
                .worker_threads(1)
                .open()?;
            let options = || {
                // Keys are mostly digests: compressing them only costs time. Filters and block indexes of
                // all but the newest tables are read in parts, so that they need not fit into memory.
                KeyspaceCreateOptions::default()
                    .data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
                    .filter_block_partitioning_policy(PartitioningPolicy::new([false, true]))
                    .index_block_partitioning_policy(PartitioningPolicy::new([false, true]))
            };
            let keyspace = database.keyspace(KEYSPACE, options)?;
            Ok(Self { directory: directory.to_owned(), keyspace, _database: database })
        })
    }

    /// Bytes of its tables.
    pub fn table_bytes(&self) -> u64 {
        table_bytes(&self.directory)
    }

    /// Reads every table and compares it with what the list of tables states of it.
    pub fn check_tables(&self) -> Result<(), ReadError> {
        check_tables(&self.directory).map_err(failed)
    }

    /// How far the log is indexed; `None` when nothing is.
    pub fn marker(&self) -> Result<Option<IndexMarker>, ReadError> {
        self.get(MARKER_KEY, index_value::decode_marker)
    }

    /// The records under a key, ascending.
    pub fn postings(&self, key: Key) -> Result<Vec<Posting>, ReadError> {
        let postings = self.get(&index_value::key_bytes(key), index_value::decode_postings)?;
        Ok(postings.unwrap_or_default())
    }

    /// Adds one segment's keys and moves the marker, all or nothing, durably.
    ///
    /// What the index already says about `first` and later positions is replaced.
    pub fn add<I>(&self, first: Position, entries: I, marker: IndexMarker) -> Result<(), ReadError>
    where
        I: Iterator<Item = (Key, Vec<Posting>)>,
    {
        // Ingestion wants ascending keys.
        let mut values = BTreeMap::new();
        for (key, added) in entries {
            let bytes = index_value::key_bytes(key);
            let mut postings = self.postings(key)?;
            postings.retain(|posting| posting.position < first);
            postings.extend(added);
            let value = index_value::encode_postings(&bytes, &postings);
            values.insert(bytes, value);
        }
        values.insert(MARKER_KEY.to_vec(), index_value::encode_marker(MARKER_KEY, marker));
        guarded(|| {
            let mut ingestion = self.keyspace.start_ingestion()?;
            for (key, value) in values {
                ingestion.write(key, value)?;
            }
            ingestion.finish()
        })
    }

    /// Visits every key's records, in no order of positions.
    pub fn visit<V>(&self, mut visit: V) -> Result<(), ReadError>
    where
        V: FnMut(&[Posting]),
    {
        let mut entries = self.keyspace.iter();
        while let Some(entry) = guarded(|| entries.next().map(fjall::Guard::into_inner).transpose())? {
            let (key, value) = entry;
            if *key != *MARKER_KEY {
                visit(&index_value::decode_postings(&key, &value).ok_or_else(mismatch)?);
            }
        }
        Ok(())
    }

    /// An index with one key, for tests of its files.
    #[cfg(test)]
    pub fn with_one_table(directory: &Path) -> Self {
        let index = Self::open(directory, 1 << 20).expect("it opens");
        let posting = Posting { position: Position(1), is_event: true };
        let marker = IndexMarker { end: Position(2), checksum: 7, keys_version: 1 };
        index.add(Position(1), [(Key::Queues, vec![posting])].into_iter(), marker).expect("it takes a key");
        index
    }

    fn get<T>(
        &self,
        key: &[u8],
        decode: impl FnOnce(&[u8], &[u8]) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        let Some(value) = guarded(|| self.keyspace.get(key))? else { return Ok(None) };
        match decode(key, &value) {
            Some(decoded) => Ok(Some(decoded)),
            None => Err(mismatch()),
        }
    }
}

/// Calls fjall. On damaged files it may panic; that must not take the ledger down.
fn guarded<T>(work: impl FnOnce() -> fjall::Result<T>) -> Result<T, ReadError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("it panicked, so its files are damaged".to_owned())),
    }
}

fn mismatch() -> ReadError {
    failed("a value does not match its checksum".to_owned())
}

fn failed(reason: String) -> ReadError {
    ReadError::Index { reason }
}
