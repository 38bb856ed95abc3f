//! What connections share with the edge, and what a connection's socket and service share with each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::memory_pools::MemoryPools;
use super::options::EdgeOptions;
use super::route_layer::RouteLayer;
use super::stop_signal::StopSignal;
use super::thread_group::{Signals, ThreadGroup};
use super::work_pool::WorkPool;
use crate::http::metrics::Metrics;
use crate::limits::PROBES_MAX;

/// The read and write buffers of a connection grow to this size.
const CONNECTION_BUFFER_BYTES_MAX: usize = 32 * 1024;

/// What every connection shares.
pub(super) struct Edge {
    pub(super) router: Router,
    pub(super) options: EdgeOptions,
    pub(super) metrics: Arc<Metrics>,
    pub(super) http: http1::Builder,
    /// One permit per connection being served.
    pub(super) places: Arc<Semaphore>,
    pub(super) signals: Arc<Signals>,
    /// Connections that are served on other threads than those of hooks.
    pub(super) moved: TaskTracker,
    pub(super) stop_signal: StopSignal,
    pub(super) questions: WorkPool,
    pub(super) probes: WorkPool,
    pub(super) memory: Arc<MemoryPools>,
    /// Connections that wait for a place; while there are any, answers end their connections.
    pub(super) waiting: AtomicUsize,
    epoch: Instant,
}

impl Edge {
    pub(super) fn new(router: Router, options: EdgeOptions, metrics: Arc<Metrics>) -> Arc<Self> {
        let (limits, question_runtime) = (options.limits, options.question_runtime.clone());
        // axum's own body limit is off because the edge's covers every way of reading a body.
        let router = router.layer((RouteLayer, DefaultBodyLimit::disable())).with_state(());
        let mut http = http1::Builder::new();
        // The parser's timer also runs between requests, so it gets the idle limit; the tighter limit from
        // the first byte of a head on is kept by `GuardedStream`, which can tell a slow head from idleness.
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.idle_timeout_ms))
            .max_header_size(limits.header_bytes_max)
            .max_buf_size(CONNECTION_BUFFER_BYTES_MAX.max(limits.header_bytes_max))
            .keep_alive(true)
            // A client that closes its sending side after a whole request is answered.
            .half_close(true);
        let signals = Arc::new(Signals::new());
        let stop_signal = StopSignal::of(signals.subscribe(ThreadGroup::Questions));
        Arc::new(Self {
            router,
            options,
            metrics,
            http,
            places: Arc::new(Semaphore::new(limits.connections_max.min(Semaphore::MAX_PERMITS))),
            signals,
            moved: TaskTracker::new(),
            stop_signal,
            questions: WorkPool::new(question_runtime.clone(), limits.questions_max),
            probes: WorkPool::new(question_runtime, PROBES_MAX),
            memory: Arc::new(MemoryPools::new(&limits)),
            waiting: AtomicUsize::new(0),
            epoch: Instant::now(),
        })
    }

    /// Whether an answer given now should end its connection.
    pub(super) fn wants_connections_back(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0 || self.signals.is_stopping()
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

const FRESH: u8 = 0;
const HANDLING: u8 = 1;
const IDLE: u8 = 2;

/// Where a connection stands. Written by its service and bodies, read by its socket and its driver, which are
/// polled by one task; only a body that was given up may end on another thread, a moment late. So relaxed
/// ordering is enough.
pub(super) struct ConnectionState {
    /// Writes, and is looked at by who asks whether the client is still there. The other half reads.
    socket: OwnedWriteHalf,
    phase: AtomicU8,
    requests: AtomicU64,
    idle_since_ms: AtomicU64,
    lingers: AtomicBool,
    /// No answer can be written any more.
    is_deaf: AtomicBool,
}

impl ConnectionState {
    pub(super) fn new(socket: OwnedWriteHalf) -> Self {
        let (phase, requests, idle_since_ms) = (AtomicU8::new(FRESH), AtomicU64::new(0), AtomicU64::new(0));
        let (lingers, is_deaf) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { socket, phase, requests, idle_since_ms, lingers, is_deaf }
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.socket.as_ref()
    }

    pub(super) fn request_began(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.lingers.store(false, Ordering::Relaxed);
        self.phase.store(HANDLING, Ordering::Relaxed);
    }

    pub(super) fn answer_ended(&self, now_ms: u64) {
        self.idle_since_ms.store(now_ms, Ordering::Relaxed);
        self.phase.store(IDLE, Ordering::Relaxed);
    }

    /// The client may still be sending: its bytes must be read away, or the reset would overtake the answer.
    pub(super) fn linger(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    pub(super) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed)
    }

    /// The client takes no more answers, because it has left or reads none. What it sent before is still
    /// recorded.
    pub(super) fn deafen(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == FRESH
    }

    pub(super) fn is_handling(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == HANDLING
    }

    /// Whether the connection has been idle for so long, having served at least one request.
    pub(super) fn is_idle_for(&self, now_ms: u64, idle_ms: u64) -> bool {
        self.phase.load(Ordering::Relaxed) == IDLE
            && now_ms.saturating_sub(self.idle_since_ms.load(Ordering::Relaxed)) >= idle_ms
    }
}
