//! The read store in a SQLite file.
//!
//! WAL mode with `synchronous=NORMAL`: a power cut may lose the newest transactions, never half of one, and
//! what is lost is folded again from the log, which is the truth. One connection writes; readers have
//! connections of their own, each with a transaction open for as long as it looks.

mod apply;
mod error;
mod file_check;
mod history;
mod intervals;
mod look;
#[cfg(test)]
mod plan_tests;
mod pool;
mod runaways;
mod schema;
mod statements;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file::publish;
use attempt_ledger_system::lock::take_over;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use rusqlite::Connection;

use crate::changes::Changes;
use crate::port::{CheckPace, ReadStore, Reader};
use crate::projection::{Failure, Projection, ProjectionStatus};
use crate::sql::SqlReader;
use crate::store_error::StoreError;
use look::SqliteLook;
use pool::{PATIENCE, ReaderPool};

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct SqliteOptions {
    /// Whether the file is being filled and nobody relies on it yet: nothing is synced, and secondary
    /// indexes are left out, until [`SqliteStore::make_durable`].
    pub bulk: bool,
    /// Readers at once; further ones wait.
    pub readers_max: usize,
    /// The pages that the writer keeps in memory, in bytes; twice as much while the file is filled.
    pub cache_bytes: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { bulk: false, readers_max: 16, cache_bytes: MODELS_CACHE_BYTES }
    }
}

/// See [`SqliteOptions::cache_bytes`].
pub const MODELS_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// How the writer treats the disk: synced or not, and the length of the write-ahead log, in pages, from which
/// on it is copied into the file.
const SERVING: &str = "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=1000";
/// While a file is filled, a page is written to again and again: it stays in memory, and is copied less
/// often.
const FILLING: &str = "PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=65536";

/// Read models in one SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: ReaderPool,
    remove_when_closed: AtomicBool,
    /// Whether it was opened to be filled.
    is_filling: bool,
    /// Held while the file is a temporary one.
    _temporary: Option<ScratchDirectory>,
}

impl SqliteStore {
    /// Opens a file, making it and its schema where needed.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for the schema of a later release, [`StoreError::Failed`] for a file that is not
    /// SQLite's.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        Self::open_in(path.to_owned(), options, None)
    }

    /// A store in a temporary file that goes with it.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when there is no place for it.
    pub fn temporary() -> Result<Self, StoreError> {
        let directory = ScratchDirectory::of_the_system()
            .map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        let options = SqliteOptions { bulk: true, ..SqliteOptions::default() };
        let store = Self::open_in(directory.path().join("models.sqlite"), options, Some(directory))?;
        schema::create_indexes(&store.writer())?;
        Ok(store)
    }

    /// Where the projections in a file stand, without making or changing anything in it.
    ///
    /// # Errors
    /// [`StoreError`] for a file that does not read.
    pub(crate) fn statuses_in(path: &Path) -> Result<Vec<ProjectionStatus>, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let is_settled = !std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
        let pool = if is_settled { ReaderPool::of_settled(path) } else { ReaderPool::of(path, 1) };
        SqlReader(SqliteLook::begin(&pool)?).statuses()
    }

    fn open_in(
        path: PathBuf,
        options: SqliteOptions,
        temporary: Option<ScratchDirectory>,
    ) -> Result<Self, StoreError> {
        let mut writer = Connection::open(&path)?;
        prepare(&writer, &options)?;
        schema::migrate(&mut writer)?;
        if options.bulk {
            schema::drop_indexes(&writer)?;
        } else {
            schema::create_indexes(&writer)?;
        }
        Ok(Self {
            readers: ReaderPool::of(&path, options.readers_max),
            path,
            writer: Mutex::new(writer),
            remove_when_closed: AtomicBool::new(false),
            is_filling: options.bulk,
            _temporary: temporary,
        })
    }

    /// Ends bulk filling: makes the indexes, and syncs the file.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; then the file must not be relied on.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        let writer = self.writer();
        schema::create_indexes(&writer)?;
        writer.execute_batch("PRAGMA synchronous=FULL")?;
        let is_busy: bool = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            return Err(StoreError::Failed {
                reason: "somebody reads the file, so it cannot be completed; hint: try again".to_owned(),
            });
        }
        let sync = || std::fs::File::open(&self.path)?.sync_all();
        sync().map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        Ok(writer.execute_batch(SERVING)?)
    }

    /// Writes a copy of the whole store, as of one moment, for other programs. Whatever stands at `path` is
    /// replaced in one step; the copy needs no files beside it, so it can be read where nothing can be
    /// written.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it cannot be written; then `path` is as it was.
    pub fn snapshot_to(&self, path: &Path) -> Result<(), StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed {
            reason: format!("no snapshot can be written to {}: {error}", path.display()),
        };
        let mut partial = path.to_owned().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let target = partial.to_str().ok_or_else(|| failed(&"the path is not UTF-8"))?;
        let publish = || publish(&RealDisk, &std::fs::File::open(&partial)?, &partial, path);
        // What a former attempt left behind; that there is nothing is the usual case.
        let _ = std::fs::remove_file(&partial);
        let written =
            self.readers.connect()?.execute("VACUUM INTO ?1", [target]).map_err(|error| failed(&error));
        let published = written.and_then(|_| publish().map_err(|error| failed(&error)));
        if published.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        published
    }

    /// Lets the files go with the last user of the store.
    pub fn remove_when_closed(&self) {
        self.remove_when_closed.store(true, Ordering::Relaxed);
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        take_over(self.writer.lock())
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if self.remove_when_closed.load(Ordering::Relaxed) {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = self.path.clone().into_os_string();
                name.push(suffix);
                // What cannot be removed now is removed when the directory is opened again.
                let _ = std::fs::remove_file(name);
            }
        }
    }
}

impl ReadStore for SqliteStore {
    fn find_damage(&self, pace: CheckPace) -> Result<Option<String>, StoreError> {
        file_check::find_damage(self.readers.connect()?, pace)
    }

    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        Ok(Box::new(SqlReader(SqliteLook::begin(&self.readers)?)))
    }

    fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        changes.assert_whole();
        apply::apply(&mut self.writer(), self.is_filling, changes)
    }

    fn set_failure(&self, projection: Projection, failure: Option<&Failure>) -> Result<(), StoreError> {
        apply::set_failure(&self.writer(), projection, failure)
    }

    fn reset(&self, projections: &[Projection]) -> Result<(), StoreError> {
        apply::reset(&mut self.writer(), projections)
    }
}

fn prepare(writer: &Connection, options: &SqliteOptions) -> Result<(), StoreError> {
    writer.busy_timeout(PATIENCE)?;
    writer.set_prepared_statement_cache_capacity(64);
    writer.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))?;
    writer.execute_batch("PRAGMA temp_store=MEMORY")?;
    let (disk, cache_bytes) = match options.bulk {
        true => (FILLING, 2 * options.cache_bytes),
        false => (SERVING, options.cache_bytes),
    };
    writer.execute_batch(disk)?;
    // A negative number is one of KiB, a positive one of pages.
    writer.execute_batch(&format!("PRAGMA cache_size=-{}", (cache_bytes / 1024).max(1)))?;
    Ok(())
}
