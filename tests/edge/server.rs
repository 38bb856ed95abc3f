//! A small router behind the real edge, with handlers that the test holds by the hand.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use attempt_ledger::http::edge::{EdgeOptions, StopReport, StopSignal, WorkClass, serve};
use attempt_ledger::http::metrics::Metrics;
use attempt_ledger::http::problem::Problem;
use attempt_ledger::limits::Limits;
use attempt_ledger_system::cancellation::is_cancelled;
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::support::http::Connection;
use crate::support::patience::PATIENCE;
use crate::support::process_log;

/// Limits short enough for tests; each test changes the one that it is about.
pub fn short_limits() -> Limits {
    Limits {
        body_bytes_max: 64 * 1024,
        header_timeout_ms: 200,
        body_timeout_ms: 200,
        request_timeout_ms: 5_000,
        min_position_wait_ms: 250,
        idle_timeout_ms: 5_000,
        write_timeout_ms: 200,
        connection_wait_ms: 300,
        stop_timeout_ms: 5_000,
        ..Limits::default()
    }
}

/// What handlers tell the test, and the gate at which slow handlers wait for it.
#[derive(Clone)]
struct Shared {
    events: Sender<&'static str>,
    gate: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// Reports to the test when it is dropped.
struct Tell(Sender<&'static str>, &'static str);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

pub struct TestServer {
    pub address: SocketAddr,
    pub metrics: Arc<Metrics>,
    events: Receiver<&'static str>,
    gate: Arc<Semaphore>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<StopReport>>,
    runtime: Runtime,
    /// Held until the server is gone.
    _others: [Runtime; 2],
}

fn runtime(name: &str, threads: usize) -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).thread_name(name).enable_all().build().unwrap()
}

impl TestServer {
    pub fn start(limits: Limits) -> Self {
        process_log::capture();
        let others = ["batches", "questions"].map(|name| runtime(name, 1));
        let runtime = runtime("hooks", 2);
        let (events_in, events) = channel();
        let gate = Arc::new(Semaphore::new(0));
        let metrics = Arc::new(Metrics::new("test"));
        let shared = Shared { events: events_in, gate: Arc::clone(&gate), metrics: Arc::clone(&metrics) };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let [batch_runtime, question_runtime] = others.each_ref().map(|runtime| runtime.handle().clone());
        let options = EdgeOptions { limits, classifier: class, batch_runtime, question_runtime };
        let for_edge = Arc::clone(&metrics);
        let server = runtime.spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            serve(listener, router(shared), options, for_edge, shutdown).await.unwrap()
        });
        let (stop, server) = (Some(stop), Some(server));
        Self { address, metrics, events, gate, stop, server, runtime, _others: others }
    }

    pub fn client(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Waits until a handler reports this.
    pub fn expect(&self, event: &str) {
        let told = self.events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never heard {event}"));
        assert_eq!(told, event);
    }

    /// Lets one `/slow` request go on.
    pub fn open_gate(&self) {
        self.gate.add_permits(1);
    }

    pub fn begin_stop(&mut self) {
        self.stop.take().expect("stopped once").send(()).unwrap();
    }

    pub fn report(&mut self) -> StopReport {
        let server = self.server.take().expect("reported once");
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, server).await }).unwrap().unwrap()
    }

    /// Drops the future of `serve`, as a second signal does.
    pub fn drop_serve(&mut self) {
        self.server.take().expect("served").abort();
    }
}

/// What is echoed, or answered with its thread, stands for deliveries.
fn class(head: &Parts) -> WorkClass {
    match head.uri.path() {
        "/echo" | "/thread" => WorkClass::Delivery,
        "/metrics" => WorkClass::Probe,
        _ => WorkClass::Question,
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/noop", get(async || "done"))
        .route("/echo", post(echo))
        .route("/thread", post(thread))
        .route("/slow", get(slow))
        .route("/forever", get(forever))
        .route("/compute", get(compute))
        .route("/panic", get(fail))
        .route("/sse", get(sse))
        .route("/endless", get(endless))
        .route("/refused", get(refused))
        .route("/things/{id}", get(async |Path(_id): Path<String>| "thing"))
        .route("/unread", post(async || StatusCode::UNAUTHORIZED))
        .route("/metrics", get(async |State(shared): State<Shared>| shared.metrics.to_response()))
        .with_state(shared)
}

async fn echo(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    Ok(body?)
}

/// The name of the thread that serves the connection.
async fn thread(_body: Bytes) -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

async fn slow(State(shared): State<Shared>) -> &'static str {
    shared.events.send("slow began").unwrap();
    shared.gate.acquire().await.unwrap().forget();
    "finished"
}

async fn forever(State(shared): State<Shared>) -> &'static str {
    let _tell = Tell(shared.events.clone(), "forever dropped");
    shared.events.send("forever began").unwrap();
    std::future::pending().await
}

/// Blocks its thread, as a question does that computes, until nobody waits any more.
async fn compute(State(shared): State<Shared>) -> &'static str {
    shared.events.send("compute began").unwrap();
    let began = Instant::now();
    // A server that lets it block a thread for hooks fails the test, and does not hang it.
    while !is_cancelled() && began.elapsed() < 2 * PATIENCE {
        std::thread::yield_now();
    }
    shared.events.send("compute ended").unwrap();
    "given up"
}

async fn fail() -> &'static str {
    panic!("planted: 380501234567");
}

async fn refused() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "left_only_once", "Refused and kept")
        .with_refusal_id("r-1")
}

async fn sse(State(shared): State<Shared>, stop_signal: StopSignal) -> Response {
    let tell = Tell(shared.events.clone(), "sse ended");
    let beats = stream::unfold((0, tell), async |(beat, tell)| {
        if beat > 0 {
            std::future::pending::<()>().await;
        }
        Some((Ok::<_, Infallible>(Bytes::from_static(b"data: first\n\n")), (beat + 1, tell)))
    });
    let body = Body::from_stream(stop_signal.end(beats));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

async fn endless(State(shared): State<Shared>) -> Body {
    let tell = Tell(shared.events.clone(), "endless dropped");
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    Body::from_stream(stream::unfold(tell, move |tell| {
        let chunk = chunk.clone();
        async move { Some((Ok::<_, Infallible>(chunk), tell)) }
    }))
}
