//! The accept loop: takes connections in as long as there is room, and ends gracefully.
//!
//! When every place is taken, the next few connections are accepted and wait for one; the rest stay in the
//! kernel's backlog. A hostile flood of silent sockets is over within the header time-out, so honest clients
//! are late rather than refused: a dialer does not send a hook twice. Only when no place came free for
//! `connection_wait_ms` is a waiting connection answered 503, because a clear answer is better than a hang.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use super::connection::enter;
use super::state::Edge;
use crate::limits::CONNECTIONS_WAITING_MAX;

/// The pauses between two tries to accept when handles have run out.
const BACK_OFF_MIN_MS: u64 = 10;
const BACK_OFF_MAX_MS: u64 = 1_000;
/// How long connections that came during a stop may go on when it is otherwise over.
const LATE_MS: u64 = 500;

/// How a graceful stop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReport {
    /// Whether every request in flight was answered.
    pub drained: bool,
    /// Connections that were cut off because they were still busy after `stop_timeout_ms`.
    pub aborted_connections: usize,
}

/// Where connections come from; a trait so that a failing listener can be tested.
pub(super) trait ConnectionSource: Send {
    fn accept(&mut self) -> impl Future<Output = io::Result<TcpStream>> + Send;

    /// Stops listening and hands over the connections that the kernel has already completed.
    fn close(self) -> impl Iterator<Item = TcpStream> + Send;
}

impl ConnectionSource for TcpListener {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }

    /// Asks the kernel itself: the runtime may not have heard yet of connections that are there.
    fn close(self) -> impl Iterator<Item = TcpStream> + Send {
        let listener = self.into_std().ok();
        std::iter::from_fn(move || {
            let (stream, _) = listener.as_ref()?.accept().ok()?;
            stream.set_nonblocking(true).ok()?;
            TcpStream::from_std(stream).ok()
        })
    }
}

/// Accepts until `shutdown`, and then for as long as connections of before are busy. Those that come
/// meanwhile are ended after their first answer.
pub(super) async fn run<L: ConnectionSource>(
    mut listener: L,
    edge: Arc<Edge>,
    shutdown: impl Future<Output = ()> + Send,
) -> StopReport {
    let waiting_room = Arc::new(Semaphore::new(CONNECTIONS_WAITING_MAX));
    let mut connections = JoinSet::new();
    let mut back_off_ms = 0;
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => report_panic(ended),
            (stream, slot) = next_connection(&mut listener, &waiting_room, &mut back_off_ms) => {
                connections.spawn(enter(stream, Arc::clone(&edge), Some(slot)));
            }
        }
    }
    edge.signals.stop();
    info!(connections = connections.len(), "stopping: finishing requests in flight");
    let mut draining = pin!(drain(connections, Duration::from_millis(edge.options.limits.stop_timeout_ms)));
    // While some clients are slow to end, hooks of others go on: the next process may be seconds away.
    let mut late = JoinSet::new();
    let report = loop {
        tokio::select! {
            biased;
            report = &mut draining => break report,
            Some(ended) = late.join_next() => report_panic(ended),
            (stream, slot) = next_connection(&mut listener, &waiting_room, &mut back_off_ms) => {
                late.spawn(enter(stream, Arc::clone(&edge), Some(slot)));
            }
        }
    };
    // Clients whose connection the kernel has completed believe that they are connected: serve them.
    for stream in listener.close() {
        late.spawn(enter(stream, Arc::clone(&edge), None));
    }
    let late_report = drain(late, Duration::from_millis(LATE_MS)).await;
    // What was cut off on other threads ends there: until it has, a body of it may still be recorded.
    edge.moved.close();
    if timeout(Duration::from_millis(LATE_MS), edge.moved.wait()).await.is_err() {
        warn!(connections = edge.moved.len(), "stopped while connections were being cut off");
    }
    StopReport {
        drained: report.drained && late_report.drained,
        aborted_connections: report.aborted_connections + late_report.aborted_connections,
    }
}

/// The next connection. Safe to drop and call again: a sleep cut short only makes the next try earlier.
async fn next_connection<L: ConnectionSource>(
    listener: &mut L,
    waiting_room: &Arc<Semaphore>,
    back_off_ms: &mut u64,
) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = Arc::clone(waiting_room).acquire_owned().await.expect("the waiting room is never closed");
    loop {
        match listener.accept().await {
            Ok(stream) => {
                *back_off_ms = 0;
                return (stream, slot);
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                *back_off_ms = (*back_off_ms * 2).clamp(BACK_OFF_MIN_MS, BACK_OFF_MAX_MS);
                warn!(
                    %error,
                    back_off_ms = *back_off_ms,
                    "cannot accept connections: if file handles ran out, raise their limit (ulimit -n)"
                );
                sleep(Duration::from_millis(*back_off_ms)).await;
            }
        }
    }
}

/// Whether the client went away between the handshake and the accept, which says nothing about the next one.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

async fn drain(mut connections: JoinSet<()>, stop_timeout: Duration) -> StopReport {
    let drained = timeout(stop_timeout, async {
        while let Some(ended) = connections.join_next().await {
            report_panic(ended);
        }
    })
    .await
    .is_ok();
    let aborted_connections = connections.len();
    if !drained {
        warn!(aborted_connections, "stopped with requests in flight: they are cut off");
        connections.shutdown().await;
    }
    StopReport { drained: aborted_connections == 0, aborted_connections }
}

/// A handler's panic is caught where its request is known; this is one inside a streamed answer.
fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!("a streamed answer panicked: its connection was cut off");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::{Read, Write};
    use std::net::SocketAddr;

    use axum::Router;
    use axum::routing::get;
    use tokio::sync::oneshot;

    use super::*;
    use crate::http::edge::{EdgeOptions, WorkClass};
    use crate::http::metrics::Metrics;
    use crate::limits::Limits;

    /// Fails a few times as a process does that has run out of file handles, then listens.
    struct Exhausted {
        failures_left: usize,
        listener: TcpListener,
    }

    impl ConnectionSource for Exhausted {
        async fn accept(&mut self) -> io::Result<TcpStream> {
            const TOO_MANY_OPEN_FILES: i32 = 24;
            if self.failures_left > 0 {
                self.failures_left -= 1;
                return Err(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
            }
            ConnectionSource::accept(&mut self.listener).await
        }

        fn close(self) -> impl Iterator<Item = TcpStream> + Send {
            self.listener.close()
        }
    }

    fn ask(address: SocketAddr) -> String {
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    }

    #[tokio::test]
    async fn running_out_of_file_handles_does_not_end_the_service() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let options = EdgeOptions {
            limits: Limits::default(),
            classifier: |_| WorkClass::Delivery,
            batch_runtime: tokio::runtime::Handle::current(),
            question_runtime: tokio::runtime::Handle::current(),
        };
        let edge = Edge::new(router, options, Arc::new(Metrics::new("test")));
        let (stop, stopped) = oneshot::channel::<()>();
        let exhausted = Exhausted { failures_left: 3, listener };
        let server = tokio::spawn(run(exhausted, edge, async move { drop(stopped.await) }));
        let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        stop.send(()).unwrap();
        assert_eq!(server.await.unwrap(), StopReport { drained: true, aborted_connections: 0 });
    }
}
