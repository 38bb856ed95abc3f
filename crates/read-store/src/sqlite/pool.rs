//! The connections of readers.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use attempt_ledger_system::cancellation::is_cancelled;
use attempt_ledger_system::lock::take_over;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};

use crate::store_error::StoreError;

/// How long a reader waits for a place, or a statement for another process's lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// After so many steps of its virtual machine, SQLite looks whether anybody still waits.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// Connections that only read one file, each lent to one reader at a time.
pub(super) struct ReaderPool {
    path: PathBuf,
    /// Whether nothing else is opened or made beside the file: nobody writes it.
    is_settled: bool,
    readers_max: usize,
    state: Mutex<PoolState>,
    returned: Condvar,
}

/// Connections that no reader uses at the moment, and how many there are in all.
#[derive(Default)]
struct PoolState {
    idle: Vec<Connection>,
    open: usize,
}

impl ReaderPool {
    pub(super) fn of(path: &Path, readers_max: usize) -> Self {
        let (path, state) = (path.to_owned(), Mutex::default());
        Self { path, is_settled: false, readers_max, state, returned: Condvar::new() }
    }

    /// One reader of a file that no process has open, without a write-ahead log beside it: SQLite needs no
    /// room on the disk and no right to its directory then.
    pub(super) fn of_settled(path: &Path) -> Self {
        Self { is_settled: true, ..Self::of(path, 1) }
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        take_over(self.state.lock())
    }

    /// A connection that is in no pool.
    pub(super) fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = if self.is_settled {
            let path = percent_encode(self.path.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC);
            let address = format!("file:{path}?immutable=1");
            Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI)?
        } else {
            Connection::open_with_flags(&self.path, flags)?
        };
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(64);
        // A statement ends when nobody waits for its rows any more.
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_cancelled))?;
        // The file is not mapped: what each of the connections touched of it would count towards the memory
        // of the process, however large the file is.
        connection.execute_batch("PRAGMA mmap_size=0; PRAGMA cache_size=-2048")?;
        Ok(connection)
    }

    /// A connection for a reader: an idle one, a new one, or one that another reader gives back.
    pub(super) fn take(&self) -> Result<Connection, StoreError> {
        let mut state = self.lock();
        loop {
            if let Some(connection) = state.idle.pop() {
                return Ok(connection);
            }
            if state.open < self.readers_max {
                state.open += 1;
                drop(state);
                return self.connect().inspect_err(|_| self.lock().open -= 1);
            }
            let (back, waited) = take_over(self.returned.wait_timeout(state, PATIENCE));
            state = back;
            if waited.timed_out() {
                return Err(StoreError::Failed {
                    reason: "every reader is busy; hint: ask again".to_owned(),
                });
            }
        }
    }

    pub(super) fn give_back(&self, connection: Connection) {
        // A connection whose transaction does not end is not used again.
        let is_clean = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        let mut state = self.lock();
        if is_clean {
            state.idle.push(connection);
        } else {
            state.open -= 1;
        }
        drop(state);
        self.returned.notify_one();
    }
}
