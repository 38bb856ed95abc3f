//! The ledger: takes deliveries, has them judged, and appends what comes of them to the log.
//!
//! In reading order: [`Submission`] comes in and a [`Receipt`] goes out; `single` runs one delivery through the
//! cqrs-es framework, `batch` many at once; `attempt_store` is the event store behind both; `records` writes
//! and reads records; `refusals` and `queues` keep what their names say; `history` answers questions.

mod attempt_store;
mod batch;
pub mod deliveries;
mod history;
mod loaded;
mod queues;
mod records;
mod refusals;
mod sender_ids;
mod single;

use std::sync::Arc;

use attempt_ledger_domain::{
    Address, Attempt, AttemptId, Delivery, EventKind, Position, QueueId, Refusal, Revision, Rule, UnixMillis,
    UnreadableDelivery,
};
use bytes::Bytes;
use cqrs_es::CqrsFramework;
use thiserror::Error;
use uuid::Uuid;

use attempt_ledger_system::environment::Environment;

use attempt_ledger_log::record::RecordKind;
use attempt_ledger_log::{AppendError, EmbeddedOptions, EventLog, ForeignObserver, ReadError};
use attempt_store::AttemptStore;
use queues::Queues;
use sender_ids::SenderIdLocks;

pub use history::{EventView, EventsPage};
pub use queues::{DefineError, Defined};
pub use refusals::{RefusalStatus, RefusalView, SettleError, Settled};

/// The largest payload of one delivery, in bytes; a larger one is refused and kept as `too_large`.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// A delivery as it came in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// How it was addressed.
    pub address: Address,
    /// Its body: one JSON object without surrounding white space, or whatever came instead.
    pub body: Bytes,
    /// Which credential delivered it; ASCII.
    pub source: Arc<str>,
}

/// What became of a delivery. In every case the body is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is an event of its attempt now.
    Recorded(Place),
    /// It was recorded before; the place is the first one's.
    Duplicate(Place),
    /// A rule refused it.
    Refused(Refused),
}

/// Where an event lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// The event.
    pub event: EventKind,
    /// The event's own id.
    pub id: Uuid,
    /// Its place within the attempt.
    pub revision: Revision,
    /// Its place within the log.
    pub position: Position,
}

/// A refused delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The refusal that keeps it.
    pub refusal_id: Uuid,
    /// Why.
    pub refusal: Refusal,
    /// The attempt, if the body names one.
    pub attempt_id: Option<AttemptId>,
    /// The event, if it is one of the eight.
    pub event: Option<EventKind>,
    /// The queue, if the body names one.
    pub queue_id: Option<QueueId>,
    /// Whether the same delivery was refused before; nothing was appended then.
    pub repeated: bool,
}

/// Why the ledger could not do its work. Never the sender's fault.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Nothing was acknowledged.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Records could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stored record is not one that this program writes.
    #[error("the record at position {position} cannot be understood: {reason}")]
    Record {
        /// Where.
        position: Position,
        /// Why.
        reason: String,
    },
}

/// What the ledger keeps to.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// Attempts kept in memory, the least recently used leaving first.
    pub cached_attempts_max: usize,
    /// The largest body of one delivery, in bytes; a larger one is refused and kept as `too_large`.
    pub event_bytes_max: usize,
}

/// How often a command is judged again because somebody else wrote to its attempt first. With one node nobody does,
/// or once; nodes that compete for one attempt take turns by chance.
const CONTENDED_TRIES_MAX: usize = 12;

/// The answer when every try met somebody else's write.
fn contended(what: &str) -> LedgerError {
    AppendError::Failed { reason: format!("{what} is contended; send it again") }.into()
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { cached_attempts_max: 65_536, event_bytes_max: EVENT_BYTES_MAX }
    }
}

/// What others append makes what is in memory old. The log owns the observer, so the observer owns no log.
fn foreign_observer(
    log: &Arc<dyn EventLog>,
    attempts: &AttemptStore,
    queues: &Arc<Queues>,
) -> ForeignObserver {
    let (log, forget, queues) = (Arc::downgrade(log), attempts.forgetter(), Arc::clone(queues));
    Arc::new(move |leaves| {
        leaves.iter().filter_map(|leaf| leaf.attempt_id).for_each(&forget);
        if leaves.iter().any(|leaf| leaf.kind == RecordKind::Queue)
            && let Some(log) = log.upgrade()
            && let Err(error) = queues.load(log.as_ref())
        {
            tracing::error!(%error, "a queue definition of another node could not be read");
        }
    })
}

/// The service behind the HTTP API and the command line.
pub struct Ledger {
    log: Arc<dyn EventLog>,
    environment: Arc<dyn Environment>,
    framework: CqrsFramework<Attempt, AttemptStore>,
    attempts: AttemptStore,
    queues: Arc<Queues>,
    sender_ids: SenderIdLocks,
    event_bytes_max: usize,
}

impl Ledger {
    /// A ledger over a log. Reads the queue definitions, nothing else.
    ///
    /// # Errors
    /// [`LedgerError`] when a queue definition cannot be read.
    pub fn open(
        log: Arc<dyn EventLog>,
        environment: Arc<dyn Environment>,
        options: LedgerOptions,
    ) -> Result<Arc<Self>, LedgerError> {
        let attempts = AttemptStore::new(log.clone(), environment.clone(), options);
        let queues = Arc::<Queues>::default();
        log.observe_foreign(foreign_observer(&log, &attempts, &queues));
        queues.load(log.as_ref())?;
        Ok(Arc::new(Self {
            framework: CqrsFramework::new(attempts.clone(), Vec::new(), ()),
            log,
            environment,
            attempts,
            queues,
            sender_ids: SenderIdLocks::default(),
            event_bytes_max: options.event_bytes_max,
        }))
    }

    /// Makes a delivery out of a submission. `scratch` is reused between calls.
    fn read_delivery(
        &self,
        submission: &Submission,
        received_at: UnixMillis,
        scratch: &mut Vec<u8>,
    ) -> Result<Delivery, Box<UnreadableDelivery>> {
        let Submission { address, body, .. } = submission;
        if body.len() > self.event_bytes_max {
            let detail = format!("the body has {} bytes, {} are allowed", body.len(), self.event_bytes_max);
            let refusal = Refusal::new(Rule::TooLarge, detail);
            return Err(Box::new(UnreadableDelivery::unread(refusal)));
        }
        Delivery::read(address, body, received_at, self.queues.as_ref(), scratch)
    }

    /// How an embedded log is opened for a ledger: it must know where records keep their sender's id.
    #[must_use]
    pub fn embedded_options() -> EmbeddedOptions {
        EmbeddedOptions::new(records::stored_sender_id)
    }

    /// The log behind the ledger.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// The ledger's clock.
    #[must_use]
    pub fn environment(&self) -> &Arc<dyn Environment> {
        &self.environment
    }
}
