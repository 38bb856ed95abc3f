//! Fills the node's copy, in the cluster's order, and keeps the mark of how far it reaches.
//!
//! One thread owns the copy's end, the mark and the subscription. The subscription is replaced whenever it
//! ends, falls silent or spins. Each one begins a little before the copy's end and compares what it sees
//! again: a cluster that was restored from an older state would otherwise be followed as if nothing had
//! happened.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::backoff::Backoff;
use super::client::{SubscriptionReader, SubscriptionSignal, incoming};
use super::copy_appender::append_to_copy;
use super::copy_comparison::CopyComparison;
use super::follower_parts::FollowerParts;
use super::health::ConnectionSide;
use super::mark_file::{ClusterPosition, CopyMark};
use super::record_event::{ClusterRecord, place_in_stream};
use super::subscription_end::SubscriptionEnd;
use attempt_ledger_log::EventLog as _;

/// Records that the follower writes to the copy at once.
const GROUP_RECORDS_MAX: usize = 512;

/// The pause between two writes of the mark that says how far the copy has followed.
const MARK_INTERVAL_MS: u64 = 1_000;

/// Threads that may be given up before the follower stops and asks for a restart.
const ABANDONED_MAX: usize = 4;

/// How often the follower looks after its subscription.
const TICK_MS: u64 = 250;

pub(super) struct ClusterFollower {
    parts: FollowerParts,
    comparison: CopyComparison,
    /// Where the last record taken, or compared, lies.
    place: Option<ClusterPosition>,
    /// Where the last group began: the next subscription sees at least one record again.
    before: CopyMark,
    written: Option<CopyMark>,
    /// Since when the cluster reports fewer records than the copy holds.
    fewer_since: Option<Instant>,
    backoff: Backoff,
}

impl ClusterFollower {
    /// # Errors
    /// When the mark cannot be read.
    pub fn new(parts: FollowerParts) -> std::io::Result<Self> {
        let head = parts.copy.head();
        let mut mark = parts.file.read()?;
        if mark.head > head {
            // Of another copy, or the copy was deleted without it.
            mark = CopyMark::default();
        }
        Ok(Self {
            comparison: CopyComparison { compared: mark.head, head },
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
            let left = match SubscriptionReader::start(self.parts.settings.clone(), self.place) {
                Ok(mut reader) => self.follow(&mut reader, &mut closing).await,
                Err(error) => SubscriptionEnd::Lost(error.to_string()),
            };
            let reason = match left {
                SubscriptionEnd::Closing => break,
                SubscriptionEnd::Silent => continue,
                SubscriptionEnd::Stopped(reason) => {
                    self.parts.health.stop(reason);
                    return;
                }
                SubscriptionEnd::Lost(reason) => reason,
            };
            self.parts.health.set_doubt(true);
            self.parts.health.lost(ConnectionSide::Following, &reason);
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
        self.comparison = CopyComparison { compared: self.before.head, head: self.parts.copy.head() };
        self.parts.health.set_doubt(!self.comparison.is_over());
    }

    async fn follow(
        &mut self,
        reader: &mut SubscriptionReader,
        closing: &mut watch::Receiver<bool>,
    ) -> SubscriptionEnd {
        self.parts.health.subscriptions.fetch_add(1, Ordering::Relaxed);
        let mut tick = interval(Duration::from_millis(TICK_MS));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut marked = Instant::now();
        let kick = Arc::clone(&self.parts.kick);
        let mut heard = Instant::now();
        loop {
            let signal = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => return SubscriptionEnd::Closing,
                _ = tick.tick() => {
                    if marked.elapsed() >= Duration::from_millis(MARK_INTERVAL_MS) {
                        self.write_mark();
                        marked = Instant::now();
                    }
                    if let Some(left) = self.watch(reader, self.parts.spin_timeout) {
                        return left;
                    }
                    if heard.elapsed() >= self.parts.silence_max {
                        return SubscriptionEnd::Silent;
                    }
                    continue;
                }
                () = kick.notified() => {
                    // Many writers may miss something at once; a young or a busy subscription gets its time.
                    if heard.elapsed() < self.parts.patience {
                        continue;
                    }
                    let missing =
                        || SubscriptionEnd::Lost("writes are missing from the subscription".to_owned());
                    return self.watch(reader, self.parts.patience / 2).unwrap_or_else(missing);
                }
                signal = reader.signals.recv() => signal,
            };
            heard = Instant::now();
            let signal = signal.unwrap_or_else(|| SubscriptionSignal::Ended("its thread ended".to_owned()));
            // A full disk is waited for within it.
            let taken = tokio::select! {
                biased;
                taken = self.take(signal, reader) => taken,
                _ = closing.wait_for(|closing| *closing) => return SubscriptionEnd::Closing,
            };
            if let ControlFlow::Break(left) = taken {
                return left;
            }
        }
    }

    /// Gives up a thread that does not come out of the client any more.
    fn watch(&self, reader: &SubscriptionReader, limit: Duration) -> Option<SubscriptionEnd> {
        if reader.polling_for() < limit {
            return None;
        }
        let abandoned = self.parts.health.abandoned.fetch_add(1, Ordering::Relaxed) + 1;
        if abandoned > ABANDONED_MAX as u64 {
            let reason = "the client's subscriptions hang; hint: restart this node";
            return Some(SubscriptionEnd::Stopped(reason.to_owned()));
        }
        Some(SubscriptionEnd::Lost("the client hangs, its thread was left behind".to_owned()))
    }

    async fn take(
        &mut self,
        signal: SubscriptionSignal,
        reader: &mut SubscriptionReader,
    ) -> ControlFlow<SubscriptionEnd> {
        let (mut group, mut strangers) = (Vec::new(), Vec::new());
        let mut next = Some(signal);
        let mut last = None;
        // What has come in the meantime is written together.
        while let Some(signal) = next.take() {
            match signal {
                SubscriptionSignal::Event(event) => {
                    let event = incoming(&event);
                    match ClusterRecord::of(&event) {
                        Ok(Some(followed)) => group.push(followed),
                        Ok(None) => strangers.extend(place_in_stream(&event)),
                        Err(reason) => return ControlFlow::Break(SubscriptionEnd::Stopped(reason)),
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
            self.parts.pending.note_stranger(stream, index).send();
        }
        match last {
            Some(SubscriptionSignal::NoPlace(reason)) => {
                ControlFlow::Break(SubscriptionEnd::Stopped(self.comparison.no_place(&reason)))
            }
            Some(SubscriptionSignal::Ended(reason)) => ControlFlow::Break(SubscriptionEnd::Lost(reason)),
            Some(SubscriptionSignal::CaughtUp) => self.caught_up(),
            // That it has begun says little: an error may follow at once.
            Some(SubscriptionSignal::Begun | SubscriptionSignal::Event(_)) | None => {
                ControlFlow::Continue(())
            }
        }
    }

    fn reached(&mut self) {
        self.backoff.reset();
        self.parts.health.reached(ConnectionSide::Following);
    }

    fn caught_up(&mut self) -> ControlFlow<SubscriptionEnd> {
        if let Err(reason) = self.comparison.caught_up() {
            // It may be a node that lags behind the others.
            let since = *self.fewer_since.get_or_insert_with(Instant::now);
            let has_waited = since.elapsed() >= self.parts.fewer_patience;
            return ControlFlow::Break(if has_waited {
                SubscriptionEnd::Stopped(reason)
            } else {
                SubscriptionEnd::Lost(reason)
            });
        }
        self.fewer_since = None;
        self.parts.health.set_doubt(false);
        self.reached();
        // From here on it is known that the directory is a copy of this cluster, and it says so.
        self.write_mark();
        self.parts.is_caught_up.send_replace(true);
        ControlFlow::Continue(())
    }

    async fn take_group(&mut self, mut group: Vec<ClusterRecord>) -> Result<(), SubscriptionEnd> {
        // After a resumption a server may repeat the record at the place itself.
        group.retain(|followed| self.place.is_none_or(|place| followed.place > place));
        let known: Vec<ClusterRecord> = group.drain(..group.len().min(self.comparison.left())).collect();
        if let Some((last, newest)) = known.last().map(ClusterRecord::landmark) {
            self.before = CopyMark { head: self.comparison.compared, place: self.place };
            self.comparison.take(&self.parts.copy, &known).map_err(SubscriptionEnd::Stopped)?;
            self.place = Some(last);
            self.parts.health.compared.fetch_add(known.len() as u64, Ordering::Relaxed);
            if self.comparison.is_over() {
                self.parts.health.set_newest(newest);
            }
            self.parts.health.set_doubt(!self.comparison.is_over());
        }
        let Some((last, newest)) = group.last().map(ClusterRecord::landmark) else { return Ok(()) };
        self.before = CopyMark { head: self.parts.copy.head(), place: self.place };
        if self.before == CopyMark::default() {
            // From its first record on the directory is a copy, and nobody else's to write to.
            self.write_mark();
        }
        self.parts.health.set_newest(newest);
        append_to_copy(&self.parts, group).await?;
        self.reached();
        self.place = Some(last);
        Ok(())
    }

    /// Makes the mark durable, unless nothing has changed. Without it more is compared after a restart, no
    /// more.
    fn write_mark(&mut self) {
        // A directory of which nothing was compared may hold a ledger of its own.
        let is_a_copy = self.comparison.is_over() || self.before.place.is_some();
        if !is_a_copy || self.written == Some(self.before) {
            return;
        }
        assert!(self.before.head <= self.parts.copy.head(), "the mark speaks of records that the copy holds");
        match self.parts.file.write(self.before) {
            Ok(()) => self.written = Some(self.before),
            Err(error) => tracing::warn!(%error, "the mark of the copy could not be written"),
        }
    }
}
