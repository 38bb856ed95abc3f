//! Who writes: at most one session in all processes, by a lock that the server frees when the session dies.
//!
//! Three things keep a row from being counted twice. The lock, so that one process works and the others wait.
//! The fence: every transaction takes the same lock again, so a session that has lost it, or a proxy that
//! hands out another session in its place, writes nothing. And the checkpoint: a batch states where it
//! begins, and a store that stands elsewhere refuses it, whichever process brings it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use attempt_ledger_system::lock::take_over;

use super::error::{is_taken, unavailable};
use super::server::{Server, Session};
use crate::store_error::StoreError;

/// The first half of the lock's key: "attl", so that it meets no other program's locks.
const LOCKS: i32 = 0x6174_746c;

/// How long one try to take a lock waits for it.
const PATIENCE_MS: u32 = 250;

/// What a lock is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Bringing the current read models forward, and swapping.
    Projecting,
    /// Filling a shadow.
    Rebuilding,
}

impl Duty {
    const fn key(self) -> i32 {
        self as i32 + 1
    }

    /// Takes the lock for the session. Waits a little: the server needs a moment to see that the last one is
    /// gone.
    fn take(self) -> String {
        let key = self.key();
        format!(
            "BEGIN; SET LOCAL lock_timeout = '{PATIENCE_MS}ms'; \
             SELECT pg_advisory_lock({LOCKS}, {key}); COMMIT"
        )
    }

    /// Takes the lock for the transaction: nothing new for the session that holds it, and not to be had for
    /// others.
    fn fence(self) -> String {
        format!("SELECT pg_try_advisory_xact_lock({LOCKS}, {})", self.key())
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
    seat: Mutex<Seat>,
    /// What [`Seat::is_ours`] says, for those who do not want to wait for the seat.
    is_ours: AtomicBool,
}

/// The session in which a duty is done, or is waited for.
#[derive(Default)]
struct Seat {
    session: Option<Session>,
    /// Whether the session holds the lock.
    is_ours: bool,
}

impl Seat {
    fn is_alive(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.is_closed())
    }
}

impl Leadership {
    pub(super) fn of(server: &Arc<Server>, duty: Duty) -> Self {
        let (seat, is_ours) = (Mutex::default(), AtomicBool::new(false));
        Self { server: server.clone(), duty, seat, is_ours }
    }

    /// Takes the lead unless another process has it; whether this process has it now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached.
    pub fn try_take(&self) -> Result<bool, StoreError> {
        self.sit(&mut self.lock())
    }

    /// Whether this process has the lead, as far as it knows without asking.
    #[must_use]
    pub fn is_held(&self) -> bool {
        match self.seat.try_lock() {
            Ok(seat) => seat.is_ours && seat.is_alive(),
            // Something is being done in it.
            Err(_) => self.is_ours.load(Ordering::Relaxed),
        }
    }

    /// Gives the lead back.
    pub fn resign(&self) {
        // The server frees the lock when the connection ends.
        self.leave(&mut self.lock());
    }

    /// That another process has it.
    pub(super) fn taken(&self) -> StoreError {
        self.duty.taken()
    }

    /// Does something in the session, outside of any transaction.
    pub(super) fn do_in_session<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut seat = self.lock();
        if !self.sit(&mut seat)? {
            return Err(self.duty.taken());
        }
        let session = seat.session.as_ref().expect("whoever sits has a session");
        let done = self.server.wait(work(session));
        let is_lost = matches!(done, Err(StoreError::Led { .. } | StoreError::Unavailable { .. }));
        if is_lost || !seat.is_alive() {
            self.leave(&mut seat);
        }
        done
    }

    /// Sees to it that the session is there and holds the lock; whether it does.
    fn sit(&self, seat: &mut Seat) -> Result<bool, StoreError> {
        if !seat.is_alive() {
            self.leave(seat);
            seat.session = Some(self.server.wait(self.server.session())?);
        }
        if let Some(session) = seat.session.as_ref().filter(|_| !seat.is_ours) {
            seat.is_ours = self.server.wait(take(session, self.duty)).inspect_err(|_| self.is_lost())?;
            self.is_ours.store(seat.is_ours, Ordering::Relaxed);
        }
        Ok(seat.is_ours)
    }

    fn leave(&self, seat: &mut Seat) {
        *seat = Seat::default();
        self.is_lost();
    }

    fn is_lost(&self) {
        self.is_ours.store(false, Ordering::Relaxed);
    }

    /// Does something in one transaction, if the lock is still this session's. `begin` are statements to
    /// begin with.
    pub(super) fn transact<T>(
        &self,
        begin: &str,
        work: impl AsyncFnOnce(&Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let begin = format!("BEGIN; {begin}; {}", self.duty.fence());
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
                    Err(_) => Err(unavailable(&error.to_string())),
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

    fn lock(&self) -> MutexGuard<'_, Seat> {
        take_over(self.seat.lock())
    }
}

/// Tries to take a lock; whether the session has it now.
async fn take(session: &Session, duty: Duty) -> Result<bool, StoreError> {
    match session.batch_execute(&duty.take()).await {
        Ok(()) => Ok(true),
        Err(error) if is_taken(&error) => {
            session.batch_execute("ROLLBACK").await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
