//! The cluster log's public face: opens the copy, starts following, passes appends on, closes.

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_system::lock::take_over;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};

use super::client::{Supervisor, certificates};
use super::follower::ClusterFollower;
use super::follower_parts::FollowerParts;
use super::health::{ConnectionSide, Health};
use super::mark_file::MarkFile;
use super::pending_writes::PendingWrites;
use super::writer::ClusterWriter;
use super::{ClusterAddress, ClusterError, ClusterFigures, ClusterOptions};
use attempt_ledger_log::{
    AppendError, Appended, EmbeddedLog, EventLog, ForeignObserver, Key, ReadError, StoredRecord, StreamAppend,
};

/// Threads for writing; the work in them is small.
const WORKERS: usize = 2;

/// How often opening looks whether something has come.
const LOOK_MS: u64 = 50;

/// How long closing waits for writes that are being given up.
const CLOSE_TIMEOUT_MS: u64 = 2_000;

/// How often opening logs how far it is.
const LOG_INTERVAL_MS: u64 = 5_000;

/// An [`EventLog`] in a cluster, with a copy in a directory of this machine.
pub struct ClusterLog {
    address: ClusterAddress,
    copy: Arc<EmbeddedLog>,
    writer: Arc<ClusterWriter>,
    health: Arc<Health>,
    observer: Arc<RwLock<Option<ForeignObserver>>>,
    closing: watch::Sender<bool>,
    follower: Option<JoinHandle<()>>,
    /// Where writes run; `None` once the log is closing.
    runtime: Option<Runtime>,
}

impl fmt::Debug for ClusterLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = formatter.debug_struct("ClusterLog");
        out.field("address", &self.address).field("copy", &self.copy).finish_non_exhaustive()
    }
}

impl ClusterLog {
    /// Opens the copy in `directory`, creating it where needed, and follows the cluster until the copy has
    /// everything that the cluster had at the beginning.
    ///
    /// # Errors
    /// [`ClusterError`]; among them, when nothing comes from the cluster for too long, or when the directory
    /// is not a copy of this cluster.
    pub fn open(
        directory: &Path,
        address: &ClusterAddress,
        options: &ClusterOptions,
    ) -> Result<Self, ClusterError> {
        certificates::check(&address.settings()).map_err(ClusterError::Certificates)?;
        let copy = Arc::new(EmbeddedLog::open(directory, &options.copy)?);
        let health = Arc::<Health>::default();
        let pending = Arc::<PendingWrites>::default();
        let kick = Arc::<Notify>::default();
        let observer = Arc::<RwLock<Option<ForeignObserver>>>::default();
        let (is_caught_up, caught_up) = watch::channel(false);
        let file = MarkFile::new(directory);
        let file_path = file.path();
        let follower = ClusterFollower::new(FollowerParts {
            copy: Arc::clone(&copy),
            settings: address.settings(),
            pending: Arc::clone(&pending),
            health: Arc::clone(&health),
            observer: Arc::clone(&observer),
            kick: Arc::clone(&kick),
            is_caught_up,
            patience: Duration::from_millis(options.follow_patience_ms),
            spin_timeout: Duration::from_millis(options.spin_timeout_ms),
            fewer_patience: Duration::from_millis(options.fewer_patience_ms),
            silence_max: Duration::from_millis(options.silence_max_ms),
            file,
        });
        let io = |source| ClusterError::Io { file: file_path.clone(), source };
        let follower = follower.map_err(io)?;
        let closing = watch::Sender::new(false);
        let follower = start_follower(follower, closing.subscribe(), Arc::clone(&health)).map_err(io)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("cluster-writer")
            .enable_all()
            .build()
            .map_err(io)?;
        let supervisor = Supervisor::new(address.settings(), options, Arc::clone(&health));
        let writer =
            ClusterWriter::new(Arc::clone(&copy), supervisor, pending, Arc::clone(&health), kick, options);
        let writer = Arc::new(writer);
        let probing = Arc::clone(&writer);
        runtime.spawn(async move { probing.supervisor.probe().await });
        let log = Self {
            address: address.clone(),
            copy,
            writer,
            health,
            observer,
            closing,
            follower: Some(follower),
            runtime: Some(runtime),
        };
        log.wait_until(&caught_up, options)?;
        log.judge_index()?;
        Ok(log)
    }

    fn wait_until(
        &self,
        caught_up: &watch::Receiver<bool>,
        options: &ClusterOptions,
    ) -> Result<(), ClusterError> {
        let patience = Duration::from_millis(options.open_timeout_ms);
        let far = || (self.copy.head(), self.health.compared.load(Ordering::Relaxed));
        let mut progress = (far(), Instant::now());
        let mut logged = Instant::now();
        while !*caught_up.borrow() {
            let address = self.address.to_string();
            if let Some(reason) = self.health.stopped() {
                return Err(ClusterError::Stopped { address, reason: reason.to_owned() });
            }
            let (head, compared) = far();
            if logged.elapsed() >= Duration::from_millis(LOG_INTERVAL_MS) {
                tracing::info!(%head, compared, "following the cluster");
                logged = Instant::now();
            }
            if (head, compared) != progress.0 {
                progress = ((head, compared), Instant::now());
            } else if progress.1.elapsed() >= patience {
                let failure = self.health.failure(ConnectionSide::Following);
                let reason = failure.unwrap_or_else(|| "it does not say that all has been told".to_owned());
                return Err(ClusterError::Unreachable { address, waited_s: patience.as_secs(), reason });
            }
            thread::sleep(Duration::from_millis(LOOK_MS));
        }
        Ok(())
    }

    /// An index of this node that has seen more than the cluster holds, even now, is evidence.
    fn judge_index(&self) -> Result<(), ClusterError> {
        let ahead = self.copy.open_report().index_ahead.as_ref();
        let Some(witness) = ahead.filter(|it| it.position > Some(self.copy.head())) else { return Ok(()) };
        let reason = format!(
            "{witness}, the cluster's log ends at position {}; hint: the cluster was restored from an older \
             state, or is another one; the index is kept under another name, start again to go on",
            self.copy.head()
        );
        Err(ClusterError::Stopped { address: self.address.to_string(), reason })
    }

    /// The cluster, without credentials.
    #[must_use]
    pub fn address(&self) -> &ClusterAddress {
        &self.address
    }

    /// The node's own copy.
    #[must_use]
    pub fn copy(&self) -> &EmbeddedLog {
        &self.copy
    }

    /// Counts since the log was opened.
    #[must_use]
    pub fn figures(&self) -> ClusterFigures {
        self.health.figures()
    }
}

fn start_follower(
    follower: ClusterFollower,
    closing: watch::Receiver<bool>,
    health: Arc<Health>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = thread::Builder::new().name("cluster-follower".to_owned());
    thread.spawn(move || {
        let followed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(follower.run(closing))));
        if followed.is_err() {
            // The place is in the service's log already.
            health.stop("the thread that follows the cluster panicked; hint: restart this node".to_owned());
        }
    })
}

impl Drop for ClusterLog {
    fn drop(&mut self) {
        self.closing.send_replace(true);
        // An observer that runs on that thread may be the last to hold this.
        if let Some(follower) = self.follower.take().filter(|it| it.thread().id() != thread::current().id()) {
            // A panic has ended the thread already; nobody is left to report it to.
            let _ = follower.join();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        // Tasks that end in the background hold the copy, and with it the directory: the next opening must
        // not find it in use. A runtime can be waited for outside of another one only.
        let began = Instant::now();
        while Arc::strong_count(&self.writer) > 1 && began.elapsed() < Duration::from_millis(CLOSE_TIMEOUT_MS)
        {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl EventLog for ClusterLog {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        let count = batch.len();
        let failed = move |reason: &str| vec![Err(AppendError::Failed { reason: reason.to_owned() }); count];
        if let Some(reason) = self.health.stopped() {
            return std::future::ready(failed(reason)).boxed();
        }
        let writer = Arc::clone(&self.writer);
        let runtime = self.runtime.as_ref().expect("the runtime is there until the log is dropped");
        // A task of its own: a write goes on when the caller has left, as it does in every backend.
        let work = runtime.spawn(async move { writer.append(batch).await });
        async move {
            match work.await {
                Ok(results) => results,
                Err(error) => failed(&error.to_string()),
            }
        }
        .boxed()
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        self.copy.find(key)
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        self.copy.find_events(attempt_id)
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        self.copy.refusals_before(before, limit)
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        self.copy.read(positions)
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        self.copy.read_after(after, limit)
    }

    fn visit_after(
        &self,
        after: Position,
        visit: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.copy.visit_after(after, visit)
    }

    fn head(&self) -> Position {
        self.copy.head()
    }

    fn subscribe(&self) -> watch::Receiver<Position> {
        self.copy.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.health.stopped().map(ToOwned::to_owned).or_else(|| self.copy.poisoned())
    }

    fn index_damage(&self) -> Option<String> {
        self.copy.index_damage()
    }

    fn segment_damage(&self) -> Vec<String> {
        self.copy.segment_damage()
    }

    fn unreachable(&self) -> Option<String> {
        self.health.unreachable()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn observe_foreign(&self, observer: ForeignObserver) {
        *take_over(self.observer.write()) = Some(observer);
    }
}
