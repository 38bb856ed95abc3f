//! Where the store under test is: a SQLite file.

use attempt_ledger::read_store::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

pub type Store = SqliteStore;

/// An empty store.
pub fn empty() -> Store {
    SqliteStore::temporary().unwrap()
}

/// A place in which a store can be opened again.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn open(&self, readers_max: usize) -> Store {
        let options = SqliteOptions { readers_max, ..SqliteOptions::default() };
        SqliteStore::open(&self.0.path().join("models.sqlite"), options).unwrap()
    }
}
