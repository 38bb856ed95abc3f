//! The service behind the HTTP API and the command line.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use attempt_ledger_domain::{EventKind, Observation};
use attempt_ledger_log::record::RecordKind;
use attempt_ledger_log::{EventLog, ForeignObserver};
use attempt_ledger_system::environment::Environment;

use crate::error::LedgerError;
use crate::queue_cache::QueueCache;
use crate::recorder::Recorder;
use crate::replay_progress::QueueReplays;
use crate::striped_locks::StripedLocks;
use crate::submission::EVENT_BYTES_MAX;

/// What the ledger keeps to.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// How many deliveries the attempts in memory remember together, about; at least eight each. The least
    /// recently used attempts leave first.
    pub cached_deliveries_max: usize,
    /// The largest body of one delivery, in bytes; a larger one is refused and kept as `too_large`.
    pub event_bytes_max: usize,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { cached_deliveries_max: 262_144, event_bytes_max: EVENT_BYTES_MAX }
    }
}

/// The service behind the HTTP API and the command line.
pub struct Ledger {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) queues: Arc<QueueCache>,
    pub(crate) replays: QueueReplays,
    /// Decisions about one refusal follow each other: it is settled once.
    pub(crate) settling: StripedLocks,
    /// Refused deliveries that replays have let in and that nobody has counted yet, by event.
    pub(crate) let_in: [AtomicU64; EventKind::ALL.len()],
    /// The same of observations.
    pub(crate) observed: [AtomicU64; Observation::ALL.len()],
    pub(crate) event_bytes_max: usize,
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
        let LedgerOptions { cached_deliveries_max, event_bytes_max } = options;
        let recorder = Arc::new(Recorder::new(log.clone(), environment.clone(), cached_deliveries_max));
        let queues = Arc::<QueueCache>::default();
        log.observe_foreign(foreign_observer(&log, &recorder, &queues));
        queues.load(log.as_ref())?;
        let (replays, settling, let_in, observed) = Default::default();
        Ok(Arc::new(Self {
            log,
            environment,
            recorder,
            queues,
            replays,
            settling,
            let_in,
            observed,
            event_bytes_max,
        }))
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

/// What others append makes what is in memory old. The log owns the observer, so the observer owns no log.
fn foreign_observer(
    log: &Arc<dyn EventLog>,
    recorder: &Recorder,
    queues: &Arc<QueueCache>,
) -> ForeignObserver {
    let (log, remove, queues) = (Arc::downgrade(log), recorder.attempt_remover(), Arc::clone(queues));
    Arc::new(move |leaves| {
        let judged = leaves.iter().filter(|leaf| leaf.kind != RecordKind::Observation);
        judged.filter_map(|leaf| leaf.attempt_id).for_each(&remove);
        if leaves.iter().any(|leaf| leaf.kind == RecordKind::Queue)
            && let Some(log) = log.upgrade()
            && let Err(error) = queues.load(log.as_ref())
        {
            tracing::error!(%error, "a queue definition of another node could not be read");
        }
    })
}
