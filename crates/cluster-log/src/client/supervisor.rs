//! The owner of the client that writes: builds it, gives out its sessions, replaces it when it fails.
//!
//! The client does not come back by itself: a first discovery that fails, or the death of the node that it
//! chose, leaves it failing for ever. A fresh one with the same seeds works, so it is never mended, only
//! replaced.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::append_answer::{AppendAnswer, Replacement, answer_of};
use super::connection::connect;
use super::driver::{
    self, BatchAppendClient, BatchAppendOptions, Client, ClientSettings, Error, EventData, ReadStreamOptions,
    ResolvedEvent, StreamPosition,
};
use crate::backoff::Backoff;
use crate::health::{ConnectionSide, Health, Landmark};
use crate::options::ClusterOptions;
use attempt_ledger_log::Stream;
use attempt_ledger_system::background::Background;

/// Batch-append sessions side by side, one for each class of streams. The client closes a session at the
/// first conflict in it; more sessions mean fewer strangers whose outcome that makes unknown.
const SESSIONS: usize = 8;

/// The pause between two questions whether writing works again.
const PROBE_INTERVAL_MS: u64 = 1_000;

pub(crate) struct Supervisor {
    settings: ClientSettings,
    health: Arc<Health>,
    connect_timeout: Duration,
    try_timeout: Duration,
    /// Held while a client is built: the others wait for it instead of building their own.
    connection: Mutex<ClientConnection>,
    sessions: Vec<Mutex<Option<Arc<AppendSession>>>>,
}

#[derive(Default)]
struct ClientConnection {
    client: Option<Client>,
    /// Where the client's tasks live. The client never ends them itself, so they end with this.
    runtime: Option<Background>,
    /// Counts clients, so that a late complaint about an old one does not cost the new one.
    generation: u64,
    backoff: Backoff,
    not_before: Option<Instant>,
}

struct AppendSession {
    generation: u64,
    batch: BatchAppendClient,
    is_closed: AtomicBool,
    began: Instant,
    /// When the newest answer came, in milliseconds after the beginning.
    answered_ms: AtomicU64,
}

impl AppendSession {
    fn age_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn answered(&self) {
        self.answered_ms.fetch_max(self.age_ms(), Ordering::Relaxed);
    }

    fn answers_within(&self, patience: Duration) -> bool {
        let answered_ms = self.answered_ms.load(Ordering::Relaxed);
        answered_ms > 0 && Duration::from_millis(self.age_ms() - answered_ms) < patience
    }
}

impl Supervisor {
    pub fn new(settings: ClientSettings, options: &ClusterOptions, health: Arc<Health>) -> Self {
        Self {
            settings,
            health,
            connect_timeout: Duration::from_millis(options.connect_timeout_ms),
            try_timeout: Duration::from_millis(options.try_timeout_ms),
            connection: Mutex::default(),
            sessions: (0..SESSIONS).map(|_| Mutex::default()).collect(),
        }
    }

    /// One try to write events to a stream that must have exactly `count` events.
    pub async fn send(&self, stream: Stream, count: u64, events: Vec<EventData>) -> AppendAnswer {
        let session = match self.session(stream).await {
            Ok(session) => session,
            Err(error) => {
                return match answer_of(&error) {
                    (refused @ (AppendAnswer::Refused(_) | AppendAnswer::TooLarge(_)), _) => refused,
                    _ => AppendAnswer::Unknown(error.to_string()),
                };
            }
        };
        let write = session.batch.append_to_stream(stream.to_string(), driver::with_events(count), events);
        let (sent, broken) = match timeout(self.try_timeout, write).await {
            Ok(Ok(_)) => {
                session.answered();
                self.reached(session.generation).await;
                return AppendAnswer::Written;
            }
            Ok(Err(error)) => answer_of(&error),
            // Others are answered: the cluster is slow, and a new client would make it slower.
            Err(_) if session.answers_within(self.try_timeout) => {
                return AppendAnswer::Unknown("the cluster is slow to answer".to_owned());
            }
            // The client does not notice when the server ends the session with a friendly word.
            Err(_) => (AppendAnswer::Unknown("no answer in time".to_owned()), Replacement::Client),
        };
        session.is_closed.store(true, Ordering::Release);
        match (&sent, broken) {
            (AppendAnswer::Unknown(reason), Replacement::Client) => {
                self.give_up(session.generation, reason).await;
            }
            // Nothing is known, so nothing was reached.
            (AppendAnswer::Unknown(_), Replacement::Session) | (_, Replacement::Client) => {}
            (_, Replacement::Session) => self.reached(session.generation).await,
        }
        sent
    }

    /// How many events a stream has. The caller is about to write, so a server is asked that may be written
    /// to: one that lacks what this node has followed answers, too.
    pub async fn count(&self, stream: Stream) -> Result<u64, String> {
        self.session(stream).await.map_err(|error| error.to_string())?;
        let (client, generation) = self.client().await?;
        let options = ReadStreamOptions::default().backwards().position(StreamPosition::End);
        let error = match timeout(self.try_timeout, first_event(&client, stream, options)).await {
            Ok(Ok(found)) => {
                self.reached(generation).await;
                return Ok(found.map_or(0, |event| driver::incoming(&event).number + 1));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.give_up(generation, &error).await;
        Err(error)
    }

    /// While writing fails, asks now and then whether it would work again: a node that says it is not ready
    /// gets no deliveries, and would never find out.
    pub async fn probe(&self) {
        loop {
            sleep(Duration::from_millis(PROBE_INTERVAL_MS)).await;
            if self.health.failure(ConnectionSide::Writing).is_some() {
                // What it says matters less than that it is an answer.
                let _ = self.count(Stream::Refusals { day: 0 }).await;
            }
        }
    }

    async fn session(&self, stream: Stream) -> Result<Arc<AppendSession>, Error> {
        let mut slot = self.sessions[class_of(stream)].lock().await;
        let (client, generation) = self.client().await.map_err(Error::InitializationError)?;
        if let Some(session) = slot.as_ref()
            && session.generation == generation
            && !session.is_closed.load(Ordering::Acquire)
        {
            return Ok(Arc::clone(session));
        }
        match self.open(&client).await {
            Ok(batch) => {
                let session = Arc::new(AppendSession {
                    generation,
                    batch,
                    is_closed: AtomicBool::new(false),
                    began: Instant::now(),
                    answered_ms: AtomicU64::new(0),
                });
                *slot = Some(Arc::clone(&session));
                Ok(session)
            }
            Err(error) => {
                self.give_up(generation, &error.to_string()).await;
                Err(error)
            }
        }
    }

    /// A session with a server that has what this node's copy ends with. A new session may come with a new
    /// connection, which leads to a cluster that was restored meanwhile before the follower has lost its own.
    async fn open(&self, client: &Client) -> Result<BatchAppendClient, Error> {
        let late = |_| Error::DeadlineExceeded;
        let options = BatchAppendOptions::default();
        let batch = timeout(self.connect_timeout, client.batch_append(&options)).await.map_err(late)??;
        let Some(Landmark { stream, number, id }) = self.health.newest() else { return Ok(batch) };
        let options = ReadStreamOptions::default().position(StreamPosition::Position(number));
        let read = first_event(client, stream, options);
        match timeout(self.connect_timeout, read).await.map_err(late)?? {
            Some(event) if driver::incoming(&event).id == id => Ok(batch),
            _ => Err(Error::ServerError(format!(
                "the server that answers has not event {number} of {stream}, which this node has followed: \
                 it lags, or it was restored from an older state"
            ))),
        }
    }

    /// The client in use, or a fresh one.
    async fn client(&self) -> Result<(Client, u64), String> {
        let mut connection = self.connection.lock().await;
        if let Some(client) = &connection.client {
            return Ok((client.clone(), connection.generation));
        }
        if let Some(not_before) = connection.not_before {
            sleep_until(not_before).await;
        }
        let runtime = Background::start("cluster-client").map_err(|error| error.to_string())?;
        let client = {
            let _entered = runtime.enter();
            connect(self.settings.clone())?
        };
        self.health.clients.fetch_add(1, Ordering::Relaxed);
        connection.generation += 1;
        connection.client = Some(client.clone());
        connection.runtime = Some(runtime);
        Ok((client, connection.generation))
    }

    async fn reached(&self, generation: u64) {
        self.health.reached(ConnectionSide::Writing);
        let mut connection = self.connection.lock().await;
        if connection.generation == generation {
            connection.backoff.reset();
        }
    }

    async fn give_up(&self, generation: u64, reason: &str) {
        self.health.lost(ConnectionSide::Writing, reason);
        let mut connection = self.connection.lock().await;
        if connection.generation == generation && connection.client.take().is_some() {
            connection.runtime = None;
            let pause = connection.backoff.next_pause();
            connection.not_before = Some(Instant::now() + pause);
        }
    }
}

/// The event that a stream begins with where the options say; none when there is none, or no such stream.
async fn first_event(
    client: &Client,
    stream: Stream,
    options: ReadStreamOptions,
) -> Result<Option<ResolvedEvent>, Error> {
    let read = async { client.read_stream(stream.to_string(), &options.max_count(1)).await?.next().await };
    match read.await {
        Err(Error::ResourceNotFound) => Ok(None),
        found => found,
    }
}

fn class_of(stream: Stream) -> usize {
    let mut hasher = DefaultHasher::new();
    stream.hash(&mut hasher);
    usize::try_from(hasher.finish() % SESSIONS as u64).expect("fewer sessions than addresses")
}
