//! A network between a node and its server that fails on demand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// What happens to the next bytes that it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A request is lost, and its connection with it.
    BeforeSend,
    /// A request arrives, its answer does not.
    AfterSend,
    /// An answer is torn in the middle.
    MidAnswer,
    /// Every connection is reset at once.
    ResetAll,
}

pub const FAULTS: [Fault; 4] = [Fault::BeforeSend, Fault::AfterSend, Fault::MidAnswer, Fault::ResetAll];

/// Requests of writers are larger than this; pings and acknowledgements are not.
const REQUEST_BYTES_MIN: usize = 200;

struct State {
    target: Mutex<SocketAddr>,
    armed: Mutex<Option<Fault>>,
    struck: AtomicUsize,
    is_closed: AtomicBool,
    is_silent: AtomicBool,
    delay_ms: AtomicU64,
    /// Every change ends all connections.
    reset: watch::Sender<u64>,
}

pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            target: Mutex::new(target),
            armed: Mutex::default(),
            struck: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            is_silent: AtomicBool::new(false),
            delay_ms: AtomicU64::new(0),
            reset: watch::Sender::new(0),
        });
        let of_task = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if of_task.is_closed.load(Ordering::SeqCst) {
                    continue;
                }
                tokio::spawn(carry(Arc::clone(&of_task), client));
            }
        });
        Self { address, state }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Arms a fault, unless one is waiting for its bytes.
    pub fn arm(&self, fault: Fault) {
        if fault == Fault::ResetAll {
            self.state.struck.fetch_add(1, Ordering::SeqCst);
            self.reset_all();
        } else {
            self.state.armed.lock().expect("nobody panics").get_or_insert(fault);
        }
    }

    /// Takes back a fault that has found no bytes.
    pub fn disarm(&self) {
        *self.state.armed.lock().expect("nobody panics") = None;
    }

    /// How many faults have happened.
    pub fn struck(&self) -> usize {
        self.state.struck.load(Ordering::SeqCst)
    }

    pub fn heal(&self) {
        self.disarm();
        self.state.is_closed.store(false, Ordering::SeqCst);
        self.state.is_silent.store(false, Ordering::SeqCst);
        self.state.delay_ms.store(0, Ordering::SeqCst);
    }

    /// Ends all connections, and makes new ones to another server.
    pub fn lead_to(&self, target: SocketAddr) {
        self.lead_new_ones_to(target);
        self.reset_all();
    }

    /// Makes new connections to another server; those that there are go on.
    pub fn lead_new_ones_to(&self, target: SocketAddr) {
        *self.state.target.lock().expect("nobody panics") = target;
    }

    pub fn reset_all(&self) {
        self.state.reset.send_modify(|count| *count += 1);
    }

    /// Takes no more connections, and ends those that there are.
    pub fn close(&self) {
        self.state.is_closed.store(true, Ordering::SeqCst);
        self.reset_all();
    }

    /// Swallows everything, without a word to either side.
    pub fn fall_silent(&self) {
        self.state.is_silent.store(true, Ordering::SeqCst);
    }

    pub fn slow_down(&self, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).expect("small");
        self.state.delay_ms.store(delay_ms, Ordering::SeqCst);
    }
}

async fn carry(state: Arc<State>, client: TcpStream) {
    let target = *state.target.lock().expect("nobody panics");
    let Ok(server) = TcpStream::connect(target).await else { return };
    // The client of the ledger does not, and 40 ms an answer would make the tests long.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut reset = state.reset.subscribe();
    reset.mark_unchanged();
    tokio::select! {
        () = pump(&state, from_client, to_server, true) => {}
        () = pump(&state, from_server, to_client, false) => {}
        _ = reset.changed() => {}
    }
}

/// Carries bytes one way. A slow network holds each of them back for as long, however many are under way;
/// what was sent before an end arrives before it.
async fn pump(state: &State, from: OwnedReadHalf, to: OwnedWriteHalf, is_request: bool) {
    let (sender, under_way) = mpsc::unbounded_channel();
    let take = async {
        take(state, from, sender).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = take => {}
        () = deliver(state, under_way, to, is_request) => {}
    }
}

async fn take(state: &State, mut from: OwnedReadHalf, under_way: mpsc::UnboundedSender<(Instant, Vec<u8>)>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let delay = Duration::from_millis(state.delay_ms.load(Ordering::SeqCst));
        if under_way.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}

async fn deliver(
    state: &State,
    mut under_way: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    mut to: OwnedWriteHalf,
    is_request: bool,
) {
    while let Some((at, bytes)) = under_way.recv().await {
        if at > Instant::now() {
            sleep_until(at).await;
        }
        if state.is_silent.load(Ordering::SeqCst) {
            continue;
        }
        match strike(state, is_request, bytes.len()) {
            Some(Fault::BeforeSend) => return,
            Some(Fault::AfterSend) => {
                let _ = to.write_all(&bytes).await;
                return;
            }
            Some(Fault::MidAnswer) => {
                let _ = to.write_all(&bytes[..bytes.len() / 2]).await;
                return;
            }
            Some(Fault::ResetAll) | None => {}
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn strike(state: &State, is_request: bool, length: usize) -> Option<Fault> {
    let mut armed = state.armed.lock().expect("nobody panics");
    let fits = match (*armed)? {
        Fault::BeforeSend | Fault::AfterSend => is_request && length >= REQUEST_BYTES_MIN,
        Fault::MidAnswer => !is_request,
        Fault::ResetAll => false,
    };
    if !fits {
        return None;
    }
    state.struck.fetch_add(1, Ordering::SeqCst);
    armed.take()
}
