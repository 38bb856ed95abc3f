//! The tables of one generation, or of whichever is in use.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::apply;
use super::error::unavailable;
use super::generations::{CURRENT, GenerationChoice, SWAPS_MAX, no_generation};
use super::leader::Leadership;
use super::look::PostgresLook;
use super::schema::work_in;
use super::server::{Server, Session};
use crate::changes::Changes;
use crate::port::{ReadStore, Reader};
use crate::projection::{Failure, Projection};
use crate::sql::SqlReader;
use crate::store_error::StoreError;

/// Read models in a PostgreSQL database.
pub(super) struct PostgresStore {
    pub(super) server: Arc<Server>,
    pub(super) which: GenerationChoice,
    pub(super) writer: Arc<Leadership>,
}

impl PostgresStore {
    fn write<T>(&self, work: impl AsyncFn(&Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let GenerationChoice::Current = self.which else {
            let GenerationChoice::Shadow(generation) = self.which else {
                unreachable!("there is no third kind")
            };
            return self.writer.transact(&work_in(generation), work);
        };
        for _ in 0..SWAPS_MAX {
            let generation = self.server.current.load(Ordering::Acquire);
            let done = self.writer.transact(&work_in(generation), async |session| {
                let found = session.query_typed_opt(CURRENT, &[]).await?;
                let found: Option<i64> = found.map(|row| row.try_get(0)).transpose()?;
                if found == Some(generation) {
                    return work(session).await.map(Some);
                }
                // Only the process that holds the lock swaps: this is what another one left.
                self.server.current.store(found.unwrap_or_default(), Ordering::Release);
                Ok(None)
            })?;
            if let Some(done) = done {
                return Ok(done);
            }
        }
        Err(no_generation())
    }
}

impl ReadStore for PostgresStore {
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        if !self.server.is_prepared() {
            return Err(unavailable("it was away when this process started"));
        }
        Ok(Box::new(SqlReader(PostgresLook::begin(&self.server, self.which)?)))
    }

    fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        changes.assert_whole();
        let is_bulk = matches!(self.which, GenerationChoice::Shadow(_));
        self.write(async |session| apply::apply(session, changes, is_bulk).await)
    }

    fn set_failure(&self, projection: Projection, failure: Option<&Failure>) -> Result<(), StoreError> {
        self.write(async |session| apply::set_failure(session, projection, failure).await)
    }

    fn reset(&self, projections: &[Projection]) -> Result<(), StoreError> {
        self.write(async |session| apply::reset(session, projections).await)
    }
}
