//! One subscription: its own thread, its own runtime, its own client, all of which end together.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::client::{
    self, ClientSettings, ResolvedEvent, StreamPosition, SubscribeToAllOptions, Subscription,
    SubscriptionEvent, SubscriptionFilter, WirePosition,
};
use super::followed_file::Place;
use super::options::READ_AHEAD_MAX;
use super::record_event::PREFIXES;
use super::tripwire::{Fallen, guarded, poll_begins};

/// What a subscription tells.
#[derive(Debug)]
pub(super) enum Signal {
    /// The cluster has accepted it.
    Begun,
    /// The next event, in commit order.
    Event(Box<ResolvedEvent>),
    /// Everything that the cluster had when it began has been told.
    CaughtUp,
    /// It is over.
    Ended(String),
}

/// A subscription under way. Dropping it ends the thread, if the thread can be ended.
pub(super) struct Reader {
    pub signals: mpsc::Receiver<Signal>,
    pulse: Arc<Pulse>,
}

/// When the thread began the poll that it is in.
struct Pulse {
    epoch: Instant,
    /// Milliseconds after the epoch, plus one; 0 between polls.
    polling_since: AtomicU64,
}

impl Pulse {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }
}

impl Reader {
    /// Begins to read after a place, or at the beginning.
    pub fn start(settings: ClientSettings, after: Option<Place>) -> std::io::Result<Self> {
        let (sender, signals) = mpsc::channel(READ_AHEAD_MAX);
        let pulse = Arc::new(Pulse { epoch: Instant::now(), polling_since: AtomicU64::new(0) });
        let of_thread = Arc::clone(&pulse);
        let thread = thread::Builder::new().name("cluster-reader".to_owned());
        thread.spawn(move || {
            let reason = run(settings, after, &sender, &of_thread);
            // Nobody listens any more when the reader was dropped.
            let _ = sender.blocking_send(Signal::Ended(reason));
        })?;
        Ok(Self { signals, pulse })
    }

    /// For how long the thread has been in one poll; a poll does not wait, so this is next to nothing.
    pub fn polling_for(&self) -> Duration {
        match self.pulse.polling_since.load(Ordering::Acquire) {
            0 => Duration::ZERO,
            since_ms => Duration::from_millis(self.pulse.now_ms().saturating_sub(since_ms)),
        }
    }
}

/// Why the subscription ended.
fn run(
    settings: ClientSettings,
    after: Option<Place>,
    sender: &mpsc::Sender<Signal>,
    pulse: &Pulse,
) -> String {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return error.to_string(),
    };
    let ended = guarded(|| runtime.block_on(read(settings, after, sender, pulse)));
    runtime.shutdown_background();
    match ended {
        Ok(reason) => reason,
        Err(Fallen::Looped) => "the server ended the subscription".to_owned(),
        Err(Fallen::Panicked) => "the client panicked".to_owned(),
    }
}

async fn read(
    settings: ClientSettings,
    after: Option<Place>,
    sender: &mpsc::Sender<Signal>,
    pulse: &Pulse,
) -> String {
    let client = match client::connect(settings) {
        Ok(client) => client,
        Err(reason) => return reason,
    };
    let position = after.map_or(StreamPosition::Start, |place| {
        StreamPosition::Position(WirePosition { commit: place.commit, prepare: place.prepare })
    });
    let filter = PREFIXES.iter().fold(SubscriptionFilter::on_stream_name(), SubscriptionFilter::add_prefix);
    let options = SubscribeToAllOptions::default().position(position).filter(filter);
    let mut subscription = client.subscribe_to_all(&options).await;
    loop {
        let event = tokio::select! {
            event = next(&mut subscription, pulse) => event,
            () = sender.closed() => return "nobody listens".to_owned(),
        };
        let signal = match event {
            Err(reason) => return reason,
            Ok(SubscriptionEvent::Confirmed(_)) => Signal::Begun,
            Ok(SubscriptionEvent::EventAppeared(event)) => Signal::Event(Box::new(event)),
            Ok(event) if client::is_caught_up(&event) => Signal::CaughtUp,
            Ok(_) => continue,
        };
        if sender.send(signal).await.is_err() {
            return "nobody listens".to_owned();
        }
    }
}

/// The subscription's next word, under the watch of the pulse.
async fn next(subscription: &mut Subscription, pulse: &Pulse) -> Result<SubscriptionEvent, String> {
    let mut next = pin!(subscription.next_subscription_event());
    let watched = poll_fn(|context| {
        poll_begins();
        pulse.polling_since.store(pulse.now_ms(), Ordering::Release);
        let polled = next.as_mut().poll(context);
        pulse.polling_since.store(0, Ordering::Release);
        polled
    });
    watched.await.map_err(|error| error.to_string())
}
