//! One subscription: its own thread, its own runtime, its own client, all of which end together.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::connection::connect;
use super::driver::{
    self, ClientSettings, ResolvedEvent, StreamPosition, SubscribeToAllOptions, Subscription,
    SubscriptionEvent, SubscriptionFilter, WirePosition,
};
use super::endless_loop::{Interruption, begin_poll, run_guarded};
use super::sentence::{Sentence, sentence};
use crate::mark_file::ClusterPosition;
use crate::record_event::PREFIXES;

/// Events between the reader and the follower: bounds memory while the disk is slower than the network.
const READ_AHEAD_MAX: usize = 512;

/// What a subscription delivers.
#[derive(Debug)]
pub(crate) enum SubscriptionSignal {
    /// The cluster has accepted it.
    Begun,
    /// The next event, in commit order.
    Event(Box<ResolvedEvent>),
    /// Everything that the cluster had when it began has been delivered.
    CaughtUp,
    /// It is over.
    Ended(String),
    /// It is over, because no record of the cluster's log begins at the place that it was to begin after.
    NoPlace(String),
}

/// A subscription under way. Dropping it ends the thread, if the thread can be ended.
pub(crate) struct SubscriptionReader {
    pub signals: mpsc::Receiver<SubscriptionSignal>,
    pulse: Arc<PollPulse>,
}

/// When the thread began the poll that it is in.
struct PollPulse {
    epoch: Instant,
    /// Milliseconds after the epoch, plus one; 0 between polls.
    polling_since: AtomicU64,
}

impl PollPulse {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }
}

impl SubscriptionReader {
    /// Begins to read after a place, or at the beginning.
    pub fn start(settings: ClientSettings, after: Option<ClusterPosition>) -> std::io::Result<Self> {
        let (sender, signals) = mpsc::channel(READ_AHEAD_MAX);
        let pulse = Arc::new(PollPulse { epoch: Instant::now(), polling_since: AtomicU64::new(0) });
        let of_thread = Arc::clone(&pulse);
        let thread = thread::Builder::new().name("cluster-reader".to_owned());
        thread.spawn(move || {
            let reason = run(settings, after, &sender, &of_thread);
            let last = match sentence(&reason) {
                Some(Sentence::NoPlace) => SubscriptionSignal::NoPlace(reason),
                _ => SubscriptionSignal::Ended(reason),
            };
            // Nobody listens any more when the reader was dropped.
            let _ = sender.blocking_send(last);
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
    after: Option<ClusterPosition>,
    sender: &mpsc::Sender<SubscriptionSignal>,
    pulse: &PollPulse,
) -> String {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return error.to_string(),
    };
    let ended = run_guarded(|| runtime.block_on(read(settings, after, sender, pulse)));
    runtime.shutdown_background();
    match ended {
        Ok(reason) => reason,
        Err(Interruption::EndlessLoop) => "the server ended the subscription".to_owned(),
        Err(Interruption::Panic) => "the client panicked".to_owned(),
    }
}

async fn read(
    settings: ClientSettings,
    after: Option<ClusterPosition>,
    sender: &mpsc::Sender<SubscriptionSignal>,
    pulse: &PollPulse,
) -> String {
    let client = match connect(settings) {
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
            Ok(SubscriptionEvent::Confirmed(_)) => SubscriptionSignal::Begun,
            Ok(SubscriptionEvent::EventAppeared(event)) => SubscriptionSignal::Event(Box::new(event)),
            Ok(event) if driver::is_caught_up(&event) => SubscriptionSignal::CaughtUp,
            Ok(_) => continue,
        };
        if sender.send(signal).await.is_err() {
            return "nobody listens".to_owned();
        }
    }
}

/// The subscription's next word, under the watch of the pulse.
async fn next(subscription: &mut Subscription, pulse: &PollPulse) -> Result<SubscriptionEvent, String> {
    let mut next = pin!(subscription.next_subscription_event());
    let watched = poll_fn(|context| {
        begin_poll();
        pulse.polling_since.store(pulse.now_ms(), Ordering::Release);
        let polled = next.as_mut().poll(context);
        pulse.polling_since.store(0, Ordering::Release);
        polled
    });
    watched.await.map_err(|error| error.to_string())
}
