//! The read store in a PostgreSQL database, for many readers and for other programs.
//!
//! In reading order: `address` says where the database is, `server` is the way there; `schema` makes tables,
//! and `generations` knows which of them are in use; `leader` says who may write; `store` is the port, with
//! `apply`, `intervals` and `block` to write and `look` and `history` to read; `text` keeps what PostgreSQL
//! cannot.
//!
//! Each generation of the read models has a schema of its own, `ledger_000001` and so on. A rebuild fills a
//! new one and ends with one transaction that says so in the table `ledger.generations` and lets the views in
//! `ledger`, which other programs read, show it. A look holds a lock on what it looks at, and what nobody
//! looks at any more is dropped.

mod address;
mod apply;
mod block;
mod error;
mod generations;
mod history;
mod intervals;
mod leader;
mod look;
mod runaways;
mod schema;
mod server;
mod store;
mod text;
mod tls;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::models::Models;
use crate::port::ReadStore;
use crate::projection::Projection;
use crate::sql::schema::SCHEMA_VERSION;
use crate::store_error::StoreError;
pub use address::PostgresAddress;
use attempt_ledger_domain::UnixMillis;
use attempt_ledger_system::lock::take_over;
use generations::{GenerationChoice, Shadow};
use leader::Duty;
pub use leader::Leadership;
pub use server::PostgresOptions;
use server::{Server, Session};
use store::PostgresStore;

/// Held by the process that makes or migrates schemas, so that two processes that start together do it one
/// after the other.
const OPENING: &str = "SELECT pg_advisory_xact_lock(1635021932, 0)";

/// Lets the transaction end when it is on disk, and with it everything that was committed before.
const DURABLY: &str = "SET LOCAL synchronous_commit = on";

/// The read models in one database.
pub struct PostgresModels {
    server: Arc<Server>,
    leader: Arc<Leadership>,
    rebuilder: Arc<Leadership>,
    current: Arc<PostgresStore>,
    shadow: Mutex<Option<(Shadow, Arc<PostgresStore>)>>,
}

impl PostgresModels {
    /// Opens the models in a database, making what is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached, [`StoreError::Newer`] for the schema of
    /// a later release, [`StoreError::Failed`] when the database cannot be used.
    pub fn open(address: &PostgresAddress, options: PostgresOptions) -> Result<Self, StoreError> {
        let server = Server::new(address, options)?;
        server.wait(prepare(&server))?;
        Ok(Self::with(server))
    }

    /// The same for a server that need not be there yet: until it is, whatever is asked of the models is
    /// answered with [`StoreError::Unavailable`], and each [`Models::lead`] looks for it.
    ///
    /// # Errors
    /// As for [`PostgresModels::open`], but for [`StoreError::Unavailable`].
    pub fn open_or_wait(address: &PostgresAddress, options: PostgresOptions) -> Result<Self, StoreError> {
        let server = Server::new(address, options)?;
        match server.wait(prepare(&server)) {
            Ok(()) => {}
            Err(error @ StoreError::Unavailable { .. }) => {
                tracing::warn!(%error, database = %address, "deliveries are taken, questions wait");
            }
            Err(error) => return Err(error),
        }
        Ok(Self::with(server))
    }

    /// Opens the models that are in a database and makes nothing; `None` when there are none.
    ///
    /// # Errors
    /// As for [`PostgresModels::open`].
    pub fn open_existing(
        address: &PostgresAddress,
        options: PostgresOptions,
    ) -> Result<Option<Self>, StoreError> {
        let server = Server::new(address, options)?;
        let found = server.wait(async {
            let session = server.session().await?;
            check(&session).await?;
            if !schema::knows_generations(&session).await? {
                return Ok(None);
            }
            generations::current(&session).await
        })?;
        match found {
            None => Ok(None),
            Some((_, found)) if found > SCHEMA_VERSION => {
                Err(StoreError::Newer { found, known: SCHEMA_VERSION })
            }
            Some((generation, _)) => {
                server.use_generation(generation);
                Ok(Some(Self::with(server)))
            }
        }
    }

    /// Gives the generation in use, if there is one, the name of a schema that no process opens. Returns that
    /// name.
    ///
    /// # Errors
    /// [`StoreError`]; then the generation is still in use.
    pub fn set_aside(
        address: &PostgresAddress,
        options: PostgresOptions,
        now: UnixMillis,
    ) -> Result<String, StoreError> {
        let server = Server::new(address, options)?;
        server.wait(async {
            let session = server.session().await?;
            session.batch_execute(&format!("BEGIN; {DURABLY}; {OPENING}")).await?;
            let schema = generations::set_aside(&session, now).await?;
            session.batch_execute("COMMIT").await?;
            Ok(schema)
        })
    }

    fn with(server: Server) -> Self {
        let server = Arc::new(server);
        let leader = Arc::new(Leadership::of(&server, Duty::Projecting));
        let rebuilder = Arc::new(Leadership::of(&server, Duty::Rebuilding));
        let current = Arc::new(PostgresStore {
            server: server.clone(),
            which: GenerationChoice::Current,
            writer: leader.clone(),
        });
        Self { server, leader, rebuilder, current, shadow: Mutex::default() }
    }

    /// Who brings the models forward: this process, or another one.
    #[must_use]
    pub fn leadership(&self) -> &Leadership {
        &self.leader
    }

    /// Where the database is, without a password.
    #[must_use]
    pub fn address(&self) -> &PostgresAddress {
        self.server.address()
    }

    fn shadow_lock(&self) -> MutexGuard<'_, Option<(Shadow, Arc<PostgresStore>)>> {
        take_over(self.shadow.lock())
    }

    /// A shadow: what an interrupted rebuild of the same projections left, or a new one.
    fn begin_shadow(&self, projections: &[Projection]) -> Result<Shadow, StoreError> {
        // A snapshot of one moment, in which rows that are copied stand at the checkpoint that is copied.
        let begin = format!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {DURABLY}; {OPENING}");
        self.rebuilder.transact(&begin, async |session| {
            if let Some(left) = generations::shadow(session).await?.filter(|it| it.projections == projections)
            {
                schema::drop_indexes(session, left.generation).await?;
                return Ok(left);
            }
            generations::drop_shadow(session).await?;
            generations::begin_shadow(session, projections).await
        })
    }

    /// Makes the shadow as good as any generation: with indexes, without what was deleted, and with
    /// statistics.
    fn complete(&self, generation: i64) -> Result<(), StoreError> {
        let begin = schema::work_in(generation);
        self.rebuilder.transact(&begin, async |session| schema::create_indexes(session).await)?;
        let schema = schema::name_of(generation);
        let tables: Vec<String> = schema::all_tables().map(|table| format!("{schema}.{table}")).collect();
        let vacuum = format!("VACUUM (ANALYZE) {}", tables.join(", "));
        self.rebuilder.do_in_session(async |session| Ok(session.batch_execute(&vacuum).await?))
    }

    /// Drops what nobody looks at any more. What cannot be dropped now is dropped later.
    fn sweep(&self) {
        if let Err(error) = self.server.wait(generations::sweep(&self.server)) {
            tracing::warn!(%error, "old read models are not dropped yet");
        }
    }
}

/// Makes what is missing in the database, and finds the generation in use.
async fn prepare(server: &Server) -> Result<(), StoreError> {
    let session = server.session().await?;
    check(&session).await?;
    // What fails goes with the session.
    session.batch_execute(&format!("BEGIN; {DURABLY}; {OPENING}")).await?;
    schema::make_generations(&session).await?;
    let generation = match generations::current(&session).await? {
        Some((generation, found)) => {
            schema::migrate(&session, generation, found).await?;
            schema::create_indexes(&session).await?;
            schema::show(&session, generation).await?;
            generation
        }
        None => generations::begin_current(&session).await?,
    };
    session.batch_execute("COMMIT").await?;
    generations::sweep(server).await?;
    server.use_generation(generation);
    Ok(())
}

/// Refuses a database that cannot keep the rows as they are.
async fn check(session: &Session) -> Result<(), StoreError> {
    let sql = "SELECT current_setting('server_encoding'), current_setting('server_version_num')::bigint";
    let row = session.query_typed_one(sql, &[]).await?;
    let (encoding, version): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
    if encoding != "UTF8" {
        return Err(StoreError::Failed {
            reason: format!("the database has the encoding {encoding}; hint: create one with encoding UTF8"),
        });
    }
    if version < 130_000 {
        return Err(StoreError::Failed {
            reason: format!("the server has version {version}; hint: use PostgreSQL 13 or later"),
        });
    }
    Ok(())
}

impl Models for PostgresModels {
    fn current(&self) -> Arc<dyn ReadStore> {
        self.current.clone()
    }

    fn lead(&self) -> Result<bool, StoreError> {
        if !self.server.is_prepared() {
            self.server.wait(prepare(&self.server))?;
        }
        self.leader.try_take()
    }

    fn shadow(&self, projections: &[Projection]) -> Result<Arc<dyn ReadStore>, StoreError> {
        let mut shadow = self.shadow_lock();
        if let Some((known, store)) = &*shadow
            && known.projections == projections
        {
            return Ok(store.clone());
        }
        // Only the process that leads can swap it in.
        if !self.leader.try_take()? {
            return Err(self.leader.taken());
        }
        let begun = self.begin_shadow(projections)?;
        let store = Arc::new(PostgresStore {
            server: self.server.clone(),
            which: GenerationChoice::Shadow(begun.generation),
            writer: self.rebuilder.clone(),
        });
        *shadow = Some((begun, store.clone()));
        Ok(store)
    }

    fn swap(&self) -> Result<(), StoreError> {
        let mut shadow = self.shadow_lock();
        let Some((begun, _)) = &*shadow else {
            return Err(StoreError::Failed { reason: "there is no shadow to swap in".to_owned() });
        };
        let generation = begun.generation;
        self.complete(generation)?;
        // A program that reads the views for long must not hold it up for ever.
        let begin = format!("{DURABLY}; SET LOCAL lock_timeout = '10s'; {OPENING}");
        self.leader.transact(&begin, async |session| generations::swap(session, generation).await)?;
        self.server.current.store(generation, Ordering::Release);
        *shadow = None;
        drop(shadow);
        self.rebuilder.resign();
        self.sweep();
        Ok(())
    }

    fn discard_shadow(&self) -> Result<(), StoreError> {
        let mut shadow = self.shadow_lock();
        self.rebuilder.transact(OPENING, async |session| generations::drop_shadow(session).await)?;
        *shadow = None;
        drop(shadow);
        self.rebuilder.resign();
        self.sweep();
        Ok(())
    }
}
