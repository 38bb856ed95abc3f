//! Fills the node's copy, in the cluster's order, and tells everyone what has come.
//!
//! One thread owns the copy's end, the mark and the subscription. The subscription is replaced whenever it ends,
//! falls silent or spins. Each one begins a little before the copy's end and compares what it sees again: a cluster
//! that was restored from an older state would otherwise be followed as if nothing had happened.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::arrivals::Arrivals;
use super::backoff::Backoff;
use super::client::{ClientSettings, incoming};
use super::filling::fill;
use super::followed_file::{FollowedFile, Mark, Place};
use super::health::{Health, Side};
use super::options::{ABANDONED_MAX, GROUP_RECORDS_MAX, MARK_INTERVAL_MS};
use super::reader::{Reader, Signal};
use super::record_event::{Followed, place_in_stream};
use super::resume::Comparison;
use attempt_ledger_log::{EmbeddedLog, EventLog as _, ForeignObserver};

/// How often the follower looks after its subscription.
const TICK_MS: u64 = 250;

/// What a server says when no record of its log begins at the place that a subscription is to begin after. A place
/// that it has not reached yet is no fault.
const NO_PLACE: &str = "InvalidPosition";

/// What the follower shares with the rest of the log.
pub(super) struct FollowerParts {
    pub copy: Arc<EmbeddedLog>,
    pub settings: ClientSettings,
    pub arrivals: Arc<Arrivals>,
    pub health: Arc<Health>,
    pub observer: Arc<RwLock<Option<ForeignObserver>>>,
    /// Somebody misses something: the subscription is made anew.
    pub kick: Arc<Notify>,
    pub is_caught_up: watch::Sender<bool>,
    /// How long a subscription may say nothing when somebody misses something.
    pub patience: Duration,
    /// How long the cluster may tell less than the copy holds.
    pub fewer_patience: Duration,
    /// How long a subscription may say nothing at all.
    pub silence_max: Duration,
    pub spin_timeout: Duration,
    pub file: FollowedFile,
}

pub(super) struct Follower {
    parts: FollowerParts,
    comparison: Comparison,
    /// Where the last record taken, or compared, lies.
    place: Option<Place>,
    /// Where the last group began: whoever resumes there sees at least one record again.
    before: Mark,
    written: Option<Mark>,
    /// Since when the cluster has told less than the copy holds.
    fewer_since: Option<Instant>,
    backoff: Backoff,
}

/// Why a subscription is left.
pub(super) enum Left {
    /// The log is closing.
    Closing,
    /// It has been silent for long; another one asks whether there really is nothing.
    Silent,
    /// It ended or was ended; another one follows.
    Lost(String),
    /// Nothing may follow.
    Stopped(String),
}

impl Follower {
    /// # Errors
    /// When the mark cannot be read.
    pub fn new(parts: FollowerParts) -> std::io::Result<Self> {
        let head = parts.copy.head();
        let mut mark = parts.file.read()?;
        if mark.head > head {
            // Of another copy, or the copy was deleted without it.
            mark = Mark::default();
        }
        Ok(Self {
            comparison: Comparison { compared: mark.head, head },
            place: mark.place,
            before: mark,
            written: None,
            fewer_since: None,
            backoff: Backoff::default(),
            parts,
        })
    }

    /// Works until `closing` turns true, or until the copy and the cluster contradict each other.
    pub async fn run(mut self, mut closing: watch::Receiver<bool>) {
        loop {
            self.begin_again();
            let left = match Reader::start(self.parts.settings.clone(), self.place) {
                Ok(mut reader) => self.follow(&mut reader, &mut closing).await,
                Err(error) => Left::Lost(error.to_string()),
            };
            let reason = match left {
                Left::Closing => break,
                Left::Silent => continue,
                Left::Stopped(reason) => {
                    self.parts.health.stop(reason);
                    return;
                }
                Left::Lost(reason) => reason,
            };
            self.parts.health.set_doubt(true);
            self.parts.health.lost(Side::Following, &reason);
            tokio::select! {
                () = sleep(self.backoff.next_pause()) => {}
                _ = closing.wait_for(|closing| *closing) => break,
            }
        }
        self.write_mark();
    }

    /// Goes back to the last mark: the next subscription has something to compare.
    fn begin_again(&mut self) {
        self.place = self.before.place;
        self.comparison = Comparison { compared: self.before.head, head: self.parts.copy.head() };
        self.parts.health.set_doubt(!self.comparison.is_over());
    }

    async fn follow(&mut self, reader: &mut Reader, closing: &mut watch::Receiver<bool>) -> Left {
        self.parts.health.subscriptions.fetch_add(1, Ordering::Relaxed);
        let mut tick = interval(Duration::from_millis(TICK_MS));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut marked = Instant::now();
        let kick = Arc::clone(&self.parts.kick);
        let mut heard = Instant::now();
        loop {
            let signal = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => return Left::Closing,
                _ = tick.tick() => {
                    if marked.elapsed() >= Duration::from_millis(MARK_INTERVAL_MS) {
                        self.write_mark();
                        marked = Instant::now();
                    }
                    if let Some(left) = self.watch(reader, self.parts.spin_timeout) {
                        return left;
                    }
                    if heard.elapsed() >= self.parts.silence_max {
                        return Left::Silent;
                    }
                    continue;
                }
                () = kick.notified() => {
                    // Many writers may miss something at once; a young or a busy subscription gets its time.
                    if heard.elapsed() < self.parts.patience {
                        continue;
                    }
                    let missing = || Left::Lost("writes are missing from the subscription".to_owned());
                    return self.watch(reader, self.parts.patience / 2).unwrap_or_else(missing);
                }
                signal = reader.signals.recv() => signal,
            };
            heard = Instant::now();
            let signal = signal.unwrap_or_else(|| Signal::Ended("its thread ended".to_owned()));
            // A full disk is waited for within it.
            let taken = tokio::select! {
                biased;
                taken = self.take(signal, reader) => taken,
                _ = closing.wait_for(|closing| *closing) => return Left::Closing,
            };
            if let ControlFlow::Break(left) = taken {
                return left;
            }
        }
    }

    /// Gives up a thread that does not come out of the client any more.
    fn watch(&self, reader: &Reader, limit: Duration) -> Option<Left> {
        if reader.polling_for() < limit {
            return None;
        }
        let abandoned = self.parts.health.abandoned.fetch_add(1, Ordering::Relaxed) + 1;
        if abandoned > ABANDONED_MAX as u64 {
            let reason = "the client's subscriptions hang; hint: restart this node";
            return Some(Left::Stopped(reason.to_owned()));
        }
        Some(Left::Lost("the client hangs, its thread was left behind".to_owned()))
    }

    async fn take(&mut self, signal: Signal, reader: &mut Reader) -> ControlFlow<Left> {
        let (mut group, mut strangers) = (Vec::new(), Vec::new());
        let mut next = Some(signal);
        let mut last = None;
        // What has come in the meantime is written together.
        while let Some(signal) = next.take() {
            match signal {
                Signal::Event(event) => {
                    let event = incoming(&event);
                    match Followed::of(&event) {
                        Ok(Some(followed)) => group.push(followed),
                        Ok(None) => strangers.extend(place_in_stream(&event)),
                        Err(reason) => return ControlFlow::Break(Left::Stopped(reason)),
                    }
                }
                other => {
                    last = Some(other);
                    break;
                }
            }
            if group.len() < GROUP_RECORDS_MAX {
                next = reader.signals.try_recv().ok();
            }
        }
        if let Err(left) = self.take_group(group).await {
            return ControlFlow::Break(left);
        }
        for (stream, index) in strangers {
            self.parts.arrivals.passed_over(stream, index).tell();
        }
        match last {
            Some(Signal::Ended(reason)) if reason.contains(NO_PLACE) => {
                ControlFlow::Break(Left::Stopped(self.comparison.no_place(&reason)))
            }
            Some(Signal::Ended(reason)) => ControlFlow::Break(Left::Lost(reason)),
            Some(Signal::CaughtUp) => self.caught_up(),
            // That it has begun says little: an error may follow at once.
            Some(Signal::Begun | Signal::Event(_)) | None => ControlFlow::Continue(()),
        }
    }

    fn reached(&mut self) {
        self.backoff.reset();
        self.parts.health.reached(Side::Following);
    }

    fn caught_up(&mut self) -> ControlFlow<Left> {
        if let Err(reason) = self.comparison.caught_up() {
            // It may be a node that lags behind the others.
            let since = *self.fewer_since.get_or_insert_with(Instant::now);
            let has_waited = since.elapsed() >= self.parts.fewer_patience;
            return ControlFlow::Break(if has_waited { Left::Stopped(reason) } else { Left::Lost(reason) });
        }
        self.fewer_since = None;
        self.parts.health.set_doubt(false);
        self.reached();
        // From here on it is known that the directory is a copy of this cluster, and it says so.
        self.write_mark();
        self.parts.is_caught_up.send_replace(true);
        ControlFlow::Continue(())
    }

    async fn take_group(&mut self, mut group: Vec<Followed>) -> Result<(), Left> {
        // After a resumption a server may repeat the record at the place itself.
        group.retain(|followed| self.place.is_none_or(|place| followed.place > place));
        let known: Vec<Followed> = group.drain(..group.len().min(self.comparison.left())).collect();
        if let Some((last, newest)) = known.last().map(Followed::landmark) {
            self.before = Mark { head: self.comparison.compared, place: self.place };
            self.comparison.take(&self.parts.copy, &known).map_err(Left::Stopped)?;
            self.place = Some(last);
            self.parts.health.compared.fetch_add(known.len() as u64, Ordering::Relaxed);
            if self.comparison.is_over() {
                self.parts.health.set_newest(newest);
            }
            self.parts.health.set_doubt(!self.comparison.is_over());
        }
        let Some((last, newest)) = group.last().map(Followed::landmark) else { return Ok(()) };
        self.before = Mark { head: self.parts.copy.head(), place: self.place };
        if self.before == Mark::default() {
            // From its first record on the directory is a copy, and nobody else's to write to.
            self.write_mark();
        }
        self.parts.health.set_newest(newest);
        fill(&self.parts, group).await?;
        self.reached();
        self.place = Some(last);
        Ok(())
    }

    /// Makes the mark durable, unless nothing has changed. Without it more is compared after a restart, no more.
    fn write_mark(&mut self) {
        // A directory of which nothing was compared may hold a ledger of its own.
        let is_a_copy = self.comparison.is_over() || self.before.place.is_some();
        if !is_a_copy || self.written == Some(self.before) {
            return;
        }
        match self.parts.file.write(self.before) {
            Ok(()) => self.written = Some(self.before),
            Err(error) => tracing::warn!(%error, "the mark of the copy could not be written"),
        }
    }
}
