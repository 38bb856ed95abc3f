//! Who writes: at most one session in all processes, by a lock that the server frees when the session dies.
//!
//! Three things keep a row from being counted twice. The lock, so that one process works and the others wait. The fence:
//! every transaction takes the same lock again, so a session that has lost it, or a proxy that hands out
//! another session in its place, writes nothing. And the checkpoint: a batch states where it begins, and
//! a store that stands elsewhere refuses it, whoever brings it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::error::lost;
use super::server::{Server, Session};
use crate::read_store::StoreError;

/// The first half of the lock's key: "attl", so that it meets no other program's locks.
const LOCKS: i32 = 0x6174_746c;

/// What a lock is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Bringing the current read models forward, and swapping.
    Projecting,
    /// Filling a shadow.
    Rebuilding,
}

impl Duty {
    /// The condition that takes the duty's lock for a session, or for a transaction, unless another one holds it.
    fn take(self, for_transaction: bool) -> String {
        let of = if for_transaction { "_xact" } else { "" };
        format!("pg_try_advisory{of}_lock({LOCKS}, {})", self as i32 + 1)
    }

    fn taken(self) -> StoreError {
        let who = match self {
            Self::Projecting => "another process brings these read models forward",
            Self::Rebuilding => "another process rebuilds these read models",
        };
        StoreError::Led { who }
    }
}

/// A duty that one process at a time has, and the session that it is done in.
///
/// The duty is lost when the session dies; then another process can take it within a second or two.
pub struct Leadership {
    server: Arc<Server>,
    duty: Duty,
    session: Mutex<Option<Session>>,
}

impl Leadership {
    pub(super) fn of(server: &Arc<Server>, duty: Duty) -> Self {
        Self { server: server.clone(), duty, session: Mutex::default() }
    }

    /// Takes the lead unless another process has it; whether this process has it now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached.
    pub fn try_take(&self) -> Result<bool, StoreError> {
        let mut session = self.lock();
        if session.as_ref().is_some_and(|session| !session.is_closed()) {
            return Ok(true);
        }
        *session = self.server.wait(self.begin())?;
        Ok(session.is_some())
    }

    /// Whether this process has the lead, as far as it knows without asking.
    #[must_use]
    pub fn is_held(&self) -> bool {
        match self.session.try_lock() {
            Ok(session) => session.as_ref().is_some_and(|session| !session.is_closed()),
            Err(TryLockError::Poisoned(session)) => session.into_inner().is_some(),
            // It is being written in.
            Err(TryLockError::WouldBlock) => true,
        }
    }

    /// Gives the lead back.
    pub fn resign(&self) {
        // The server frees the lock when the connection ends.
        *self.lock() = None;
    }

    /// Does something in the session, outside of any transaction.
    pub(super) fn do_in_session<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.lock();
        if held.as_ref().is_none_or(|session| session.is_closed()) {
            *held = self.server.wait(self.begin())?;
        }
        let session = held.as_ref().ok_or_else(|| self.duty.taken())?;
        let done = self.server.wait(work(session));
        let is_lost = matches!(done, Err(StoreError::Led { .. } | StoreError::Unavailable { .. }));
        if is_lost || session.is_closed() {
            *held = None;
        }
        done
    }

    /// Does something in one transaction, if the lock is still this session's. `begin` are statements to begin with.
    pub(super) fn transact<T>(
        &self,
        begin: &str,
        work: impl AsyncFnOnce(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let begin = format!("BEGIN; {begin}; SELECT {}", self.duty.take(true));
        self.do_in_session(async |session| {
            let done = match self.fenced(session, &begin).await {
                Ok(()) => work(session).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(done) => session.batch_execute("COMMIT").await.map(|()| done).map_err(StoreError::from),
                Err(error) => match session.batch_execute("ROLLBACK").await {
                    Ok(()) => Err(error),
                    // What cannot be rolled back is not used again; the server rolls it back when it is gone.
                    Err(_) => Err(lost(&error.to_string())),
                },
            }
        })
    }

    async fn fenced(&self, session: &Session, begin: &str) -> Result<(), StoreError> {
        let answers = session.simple_query(begin).await?;
        let is_ours = answers.iter().rev().find_map(|answer| match answer {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        if is_ours == Some("t") { Ok(()) } else { Err(self.duty.taken()) }
    }

    /// A session that holds the lock; `None` when another one does.
    async fn begin(&self) -> Result<Option<Session>, StoreError> {
        let session = self.server.session().await?;
        let row = session.query_typed_one(&format!("SELECT {}", self.duty.take(false)), &[]).await?;
        Ok(row.try_get::<_, bool>(0)?.then_some(session))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
