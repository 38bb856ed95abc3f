//! The way to the server: a small runtime of its own, a pool of connections that read, and sessions that
//! write.
//!
//! The port blocks, so its caller waits here. The runtime only moves bytes; it never waits for a
//! caller.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};

use super::address::PostgresAddress;
use super::tls::Security;
use crate::store_error::StoreError;
use attempt_ledger_system::background::Background;

/// How long a reader waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a database is used.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// Readers at once; further ones wait.
    pub readers_max: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { readers_max: 16 }
    }
}

/// One database on a server.
pub(super) struct Server {
    address: PostgresAddress,
    security: Security,
    pool: Pool,
    /// The generation in use, as far as this process knows; 0 when it does not.
    pub(super) current: AtomicI64,
    /// Whether the schema was seen to be there, in our version.
    is_prepared: AtomicBool,
    runtime: Background,
}

/// A session that writes.
pub(super) type Session = ClientWrapper;

impl Server {
    /// Prepares the way; nothing is connected yet.
    pub(super) fn new(address: &PostgresAddress, options: PostgresOptions) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed { reason: error.to_string() };
        let runtime = Background::start("postgres").map_err(|error| failed(&error))?;
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let security = Security::of(address)?;
        let pool = Pool::builder(security.manager(address, manager))
            .max_size(options.readers_max)
            .wait_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| failed(&error))?;
        let address = address.clone();
        Ok(Self {
            address,
            security,
            pool,
            current: AtomicI64::new(0),
            is_prepared: AtomicBool::new(false),
            runtime,
        })
    }

    pub(super) fn address(&self) -> &PostgresAddress {
        &self.address
    }

    /// The schema is there, and this generation is in use.
    pub(super) fn use_generation(&self, generation: i64) {
        self.current.store(generation, Ordering::Release);
        self.is_prepared.store(true, Ordering::Release);
    }

    /// Whether there is something to read.
    pub(super) fn is_prepared(&self) -> bool {
        self.is_prepared.load(Ordering::Acquire)
    }

    /// Waits for an answer, on the thread that asks.
    pub(super) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.handle().block_on(answer)
    }

    /// Lets something happen that nobody waits for.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.handle().spawn(work);
    }

    /// A connection for a reader.
    pub(super) async fn reader(&self) -> Result<Object, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// A session for a writer.
    ///
    /// What it commits is on disk a moment later: a server that loses power may lose the newest transactions,
    /// never half of one, and what is lost is folded again from the log. Only a swap waits for the disk.
    pub(super) async fn session(&self) -> Result<Session, StoreError> {
        let session = self.security.connect(&self.address).await?;
        // A server that hears nothing from a writer any more frees its lock within seconds.
        session
            .batch_execute(
                "SET synchronous_commit = off; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; \
                 SET tcp_keepalives_count = 2; SET idle_in_transaction_session_timeout = 0; \
                 SET statement_timeout = 0; SET client_min_messages = warning",
            )
            .await?;
        Ok(session)
    }
}
