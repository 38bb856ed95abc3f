//! One connection, from its place in the queue to its end.

use std::future::poll_fn;
use std::io;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use super::exchange::ExchangeService;
use super::first_request::{has_bytes, threads_for};
use super::state::{ConnectionState, Edge};
use super::stop_signal::StopSignal;
use super::stream::GuardedStream;
use super::thread_group::ThreadGroup;
use crate::http::metrics::Metrics;
use crate::http::problem::{PROBLEM_CONTENT_TYPE, Problem};

/// How often a waiting connection asks idle ones for their place, and how long those must have been idle.
const PRESSURE_INTERVAL_MS: u64 = 100;
/// At a stop, a request that is already on its way to an idle connection has this long to arrive. A
/// connection without a request yet has as long as ever for its first one.
const STOP_GRACE_MS: u64 = 50;
/// How long a refused connection may take to read its refusal.
const REFUSAL_MS: u64 = 500;
/// When a refused client may come back.
const RETRY_AFTER_S: u32 = 1;

/// Serves the connection as soon as there is a place, or refuses it when there is none in time.
///
/// `waiting_slot` bounds how many connections stand here at once; it is given back with the place. At a stop
/// there is none, because the backlog that is left is bounded by itself.
pub(super) async fn enter(stream: TcpStream, edge: Arc<Edge>, waiting_slot: Option<OwnedSemaphorePermit>) {
    let place = match Arc::clone(&edge.places).try_acquire_owned() {
        Ok(place) => Some(place),
        Err(_) => wait_for_place(&edge).await,
    };
    let Some(place) = place else {
        edge.metrics.connections_refused.inc();
        debug!("refused a connection: every place is taken");
        // Boxed, so that connections with a place have no room for it.
        let refusal = Box::pin(refuse(stream));
        let _ = timeout(Duration::from_millis(REFUSAL_MS), refusal).await;
        return;
    };
    drop(waiting_slot);
    drive(stream, &edge).await;
    drop(place);
}

/// Counts a waiting connection, so that answers end their connections while there is one.
struct WaitingCount<'edge>(&'edge AtomicUsize);

impl Drop for WaitingCount<'_> {
    fn drop(&mut self) {
        let waiting = self.0.fetch_sub(1, Ordering::Relaxed);
        assert!(waiting > 0, "a connection that waited was counted");
    }
}

async fn wait_for_place(edge: &Arc<Edge>) -> Option<OwnedSemaphorePermit> {
    edge.waiting.fetch_add(1, Ordering::Relaxed);
    let _waiting = WaitingCount(&edge.waiting);
    let mut place = pin!(Arc::clone(&edge.places).acquire_owned());
    let mut too_late = pin!(sleep(Duration::from_millis(edge.options.limits.connection_wait_ms)));
    let stop_signal = StopSignal::of(edge.signals.subscribe(ThreadGroup::Hooks));
    let mut stopped = pin!(stop_signal.stopped());
    let mut pressure = interval(Duration::from_millis(PRESSURE_INTERVAL_MS));
    loop {
        tokio::select! {
            biased;
            place = &mut place => return place.ok(),
            () = &mut stopped => return None,
            () = &mut too_late => return None,
            _ = pressure.tick() => edge.signals.look_around(&edge.options),
        }
    }
}

/// Writes a refusal without reading the request, then lets the client read it before the socket closes.
async fn refuse(mut stream: TcpStream) {
    let body = Problem::overloaded(RETRY_AFTER_S).to_bytes();
    let mut answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_CONTENT_TYPE}\r\ncontent-length: {}\r\n\
         retry-after: {RETRY_AFTER_S}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    // A fresh socket takes these few hundred bytes in one piece; one that does not is not worth waiting for.
    if stream.writable().await.is_err() || stream.try_write(&answer).is_err() {
        return;
    }
    if poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await.is_err() {
        return;
    }
    let mut unwanted = [0; 4 * 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut unwanted) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Keeps the gauge of open connections right, also when the connection is aborted.
struct OpenCount<'metrics>(&'metrics Metrics);

impl Drop for OpenCount<'_> {
    fn drop(&mut self) {
        let open = self.0.connections_open.dec();
        debug_assert!(open > 0, "a connection that was open was counted");
    }
}

async fn drive(stream: TcpStream, edge: &Arc<Edge>) {
    edge.metrics.connections_open.inc();
    let _open = OpenCount(&edge.metrics);
    // Small answers must not wait for an acknowledgement; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let accepted = Instant::now();
    let patience = Duration::from_millis(edge.options.limits.header_timeout_ms);
    let group = match timeout(patience, threads_for(&stream, &edge.options)).await {
        Ok(Ok(group)) => group,
        Ok(Err(error)) => return debug!(%error, "a connection ended before its first request"),
        // What arrived during a stall of the process is in time, though the time-out was looked at first.
        Err(_) if has_bytes(&stream) => ThreadGroup::Hooks,
        Err(_) => return debug!("nothing arrived on a connection in time"),
    };
    let head_timeout = patience.saturating_sub(accepted.elapsed());
    // Boxed, so that a connection that is served elsewhere has no room for it here.
    let served = match group.runtime(&edge.options) {
        None => return Box::pin(serve(stream, group, Arc::clone(edge), head_timeout)).await,
        Some(runtime) => serve_on(runtime, stream, group, Arc::clone(edge), head_timeout),
    };
    match served {
        Ok(served) => AbortOnDropHandle::new(served).await.unwrap_or_else(pass_on_panic),
        Err(error) => debug!(%error, "a connection cannot change its threads"),
    }
}

/// Serves a connection on the threads of another runtime.
fn serve_on(
    runtime: &Handle,
    stream: TcpStream,
    group: ThreadGroup,
    edge: Arc<Edge>,
    head_timeout: Duration,
) -> io::Result<JoinHandle<()>> {
    let stream = stream.into_std()?;
    let _entered = runtime.enter();
    let stream = TcpStream::from_std(stream)?;
    let moved = edge.moved.clone();
    Ok(runtime.spawn(moved.track_future(serve(stream, group, edge, head_timeout))))
}

/// The accept loop reports a panic, wherever the connection was served.
fn pass_on_panic(ended: JoinError) {
    if let Ok(panic) = ended.try_into_panic() {
        resume_unwind(panic);
    }
}

/// Serves a connection to its end. The rest of its first head has `head_timeout` to arrive.
async fn serve(stream: TcpStream, group: ThreadGroup, edge: Arc<Edge>, head_timeout: Duration) {
    let (read_half, write_half) = stream.into_split();
    let state = Arc::new(ConnectionState::new(write_half));
    let guarded = GuardedStream::new(read_half, Arc::clone(&state), &edge.options.limits, head_timeout);
    let service = ExchangeService::new(Arc::clone(&edge), Arc::clone(&state));
    let mut connection = pin!(edge.http.serve_connection(TokioIo::new(guarded), service));
    let mut signals = edge.signals.subscribe(group);
    // What was signalled before this connection subscribed counts too.
    signals.mark_changed();
    let mut closing = false;
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            Ok(()) = signals.changed(), if !closing => {}
        }
        let stopping = *signals.borrow_and_update();
        if stopping && !state.is_handling() {
            let grace_ms =
                if state.is_fresh() { edge.options.limits.header_timeout_ms } else { STOP_GRACE_MS };
            let grace = Duration::from_millis(grace_ms);
            if let Ok(ended) = timeout(grace, connection.as_mut()).await {
                break ended;
            }
        }
        if stopping || state.is_idle_for(edge.now_ms(), PRESSURE_INTERVAL_MS) && edge.wants_connections_back()
        {
            closing = true;
            connection.as_mut().graceful_shutdown();
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}
