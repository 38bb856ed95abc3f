//! Where the store under test is: a database of its own on a private server.

use std::sync::Arc;

use attempt_ledger::read_store::{
    Changes, Failure, Models as _, PostgresModels, PostgresOptions, Projection, ReadStore, Reader, StoreError,
};

use crate::support::postgres::{Database, shared};

/// The current read models of a database.
pub struct Store {
    store: Arc<dyn ReadStore>,
    /// Gives its lock back at the end.
    _models: PostgresModels,
}

impl ReadStore for Store {
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        self.store.reader()
    }

    fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        self.store.apply(changes)
    }

    fn set_failure(&self, projection: Projection, failure: Option<&Failure>) -> Result<(), StoreError> {
        self.store.set_failure(projection, failure)
    }

    fn reset(&self, projections: &[Projection]) -> Result<(), StoreError> {
        self.store.reset(projections)
    }
}

/// An empty store.
pub fn empty() -> Store {
    Home::new().open(8)
}

/// A place in which a store can be opened again.
pub struct Home(Database<'static>);

impl Home {
    pub fn new() -> Self {
        Self(shared().database())
    }

    pub fn open(&self, readers_max: usize) -> Store {
        let models = PostgresModels::open(&self.0.address(), PostgresOptions { readers_max }).unwrap();
        Store { store: models.current(), _models: models }
    }
}
