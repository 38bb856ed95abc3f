//! Fills the node's copy, in the cluster's order, and tells everyone what has come.
//!
//! One thread owns the copy's end, the mark and the subscription. The subscription is replaced whenever it ends,
//! falls silent where it should not, or spins.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use attempt_ledger_domain::Position;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::arrivals::{Applied, Arrivals};
use super::backoff::Backoff;
use super::client::{ClientSettings, incoming};
use super::followed_file::{FollowedFile, Mark, Place};
use super::health::{Health, Side};
use super::options::{ABANDONED_MAX, GROUP_RECORDS_MAX, MARK_INTERVAL_MS};
use super::reader::{Reader, Signal};
use super::record_event::Followed;
use super::resume::Comparison;
use crate::log::{AppendError, EmbeddedLog, EventLog as _, ForeignObserver, StreamAppend};
use crate::record::Leaf;

/// How often the follower looks after its subscription.
const TICK_MS: u64 = 250;

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
    backoff: Backoff,
}

/// Why a subscription is left.
enum Left {
    /// The log is closing.
    Closing,
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
            backoff: Backoff::default(),
            parts,
        })
    }

    /// Works until `closing` turns true, or until the copy and the cluster contradict each other.
    pub async fn run(mut self, mut closing: watch::Receiver<bool>) {
        loop {
            let left = match Reader::start(self.parts.settings.clone(), self.place) {
                Ok(mut reader) => self.follow(&mut reader, &mut closing).await,
                Err(error) => Left::Lost(error.to_string()),
            };
            let reason = match left {
                Left::Closing => break,
                Left::Stopped(reason) => {
                    self.parts.health.stop(reason);
                    return;
                }
                Left::Lost(reason) => reason,
            };
            self.parts.health.lost(Side::Following, &reason);
            tokio::select! {
                () = sleep(self.backoff.next_pause()) => {}
                _ = closing.wait_for(|closing| *closing) => break,
            }
        }
        self.write_mark();
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
        let mut group = Vec::new();
        let mut next = Some(signal);
        let mut last = None;
        // What has come in the meantime is written together.
        while let Some(signal) = next.take() {
            match signal {
                Signal::Event(event) => match Followed::of(&incoming(&event)) {
                    Ok(followed) => group.extend(followed),
                    Err(reason) => return ControlFlow::Break(Left::Stopped(reason)),
                },
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
        match last {
            Some(Signal::Ended(reason)) => ControlFlow::Break(Left::Lost(reason)),
            Some(Signal::Begun) => {
                self.reached();
                ControlFlow::Continue(())
            }
            Some(Signal::CaughtUp) => self.caught_up(),
            Some(Signal::Event(_)) | None => ControlFlow::Continue(()),
        }
    }

    fn reached(&mut self) {
        self.backoff.reset();
        self.parts.health.reached(Side::Following);
    }

    fn caught_up(&mut self) -> ControlFlow<Left> {
        self.reached();
        if let Err(reason) = self.comparison.caught_up() {
            return ControlFlow::Break(Left::Stopped(reason));
        }
        // From here on it is known that the directory is a copy of this cluster, and it says so.
        self.write_mark();
        self.parts.is_caught_up.send_replace(true);
        ControlFlow::Continue(())
    }

    async fn take_group(&mut self, mut group: Vec<Followed>) -> Result<(), Left> {
        // After a resumption a server may repeat the record at the place itself.
        group.retain(|followed| self.place.is_none_or(|place| followed.place > place));
        let known = group.len().min(left_to_compare(self.comparison));
        for followed in group.drain(..known) {
            self.comparison.take(&self.parts.copy, &followed).map_err(Left::Stopped)?;
            self.place = Some(followed.place);
        }
        let Some(last) = group.last().map(|followed| followed.place) else { return Ok(()) };
        self.before = Mark { head: self.parts.copy.head(), place: self.place };
        self.append(group).await?;
        self.place = Some(last);
        Ok(())
    }

    async fn append(&self, group: Vec<Followed>) -> Result<(), Left> {
        let mut applied: Vec<Applied> = Vec::with_capacity(group.len());
        let mut leaves: Vec<Leaf<'static>> = Vec::with_capacity(group.len());
        let mut batch = Vec::with_capacity(group.len());
        for followed in group {
            let expected = followed.expected();
            let Followed { stream, index, record, .. } = followed;
            applied.push(Applied { stream, index, id: record.leaf.id, position: Position::default() });
            leaves.push(record.leaf.clone());
            batch.push(StreamAppend { stream, expected, records: vec![record] });
        }
        let positions = self.append_all(batch).await?;
        self.parts.health.reached(Side::Following);
        for (applied, position) in applied.iter_mut().zip(positions) {
            applied.position = position;
        }
        let (is_foreign, decided) = self.parts.arrivals.applied(&applied);
        let mut is_foreign = is_foreign.into_iter();
        leaves.retain(|_| is_foreign.next().unwrap_or(true));
        let observer = self.parts.observer.read().ok().and_then(|observer| observer.clone());
        if let Some(observer) = observer
            && !leaves.is_empty()
        {
            observer(&leaves);
        }
        decided.tell();
        Ok(())
    }

    /// Appends to the copy. A full disk is waited for, as the embedded log recovers from it by itself.
    async fn append_all(&self, batch: Vec<StreamAppend>) -> Result<Vec<Position>, Left> {
        let mut backoff = Backoff::default();
        loop {
            let results = self.parts.copy.append(batch.clone()).await;
            let all: Result<Vec<_>, AppendError> = results.into_iter().collect();
            match all {
                Ok(appended) => return Ok(appended.into_iter().flat_map(|one| one.positions).collect()),
                Err(error @ (AppendError::Full | AppendError::Busy)) => {
                    self.parts.health.lost(Side::Following, &format!("this node's copy: {error}"));
                    sleep(backoff.next_pause()).await;
                }
                Err(error @ AppendError::Conflict { .. }) => {
                    return Err(Left::Stopped(format!(
                        "the cluster skipped events: {error}; hint: restart this node with an empty directory"
                    )));
                }
                Err(error) => return Err(Left::Stopped(format!("this node's copy: {error}"))),
            }
        }
    }

    /// Makes the mark durable, unless nothing has changed. Without it more is compared after a restart, no more.
    fn write_mark(&mut self) {
        if !self.comparison.is_over() || self.written == Some(self.before) {
            return;
        }
        match self.parts.file.write(self.before) {
            Ok(()) => self.written = Some(self.before),
            Err(error) => tracing::warn!(%error, "the mark of the copy could not be written"),
        }
    }
}

fn left_to_compare(comparison: Comparison) -> usize {
    usize::try_from(comparison.head.0.saturating_sub(comparison.compared.0)).unwrap_or(usize::MAX)
}
