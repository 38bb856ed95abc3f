//! Appends: sent until their outcome is known, and answered by what the copy holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use attempt_ledger_domain::{Position, Revision};
use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use uuid::Uuid;

use super::arrivals::{Arrival, Arrivals, Ticket};
use super::backoff::Backoff;
use super::health::{Health, Side};
use super::lanes::{Lane, Lanes};
use super::options::{ClusterOptions, WAITING_MAX};
use super::outcome::Sent;
use super::plan::{Write, plan};
use super::record_event::Outgoing;
use super::supervisor::Supervisor;
use crate::log::{
    AppendError, Appended, EmbeddedLog, EventLog as _, Expected, Key, ReadError, Stream, StreamAppend,
};
use crate::record::{Leaf, RecordKind};

pub(super) struct Writer {
    pub copy: Arc<EmbeddedLog>,
    pub supervisor: Supervisor,
    pub arrivals: Arc<Arrivals>,
    pub health: Arc<Health>,
    /// Tells the follower that it misses something.
    pub kick: Arc<Notify>,
    lanes: Lanes,
    in_flight: Semaphore,
    waiting: AtomicUsize,
    give_up_after: Duration,
    follow_patience: Duration,
}

/// One write, under way at an exact place.
struct Placed<'w> {
    stream: Stream,
    /// The number of its first event.
    first: u64,
    events: &'w [Outgoing],
    deadline: Instant,
}

impl Writer {
    pub fn new(
        copy: Arc<EmbeddedLog>,
        supervisor: Supervisor,
        arrivals: Arc<Arrivals>,
        health: Arc<Health>,
        kick: Arc<Notify>,
        options: &ClusterOptions,
    ) -> Self {
        Self {
            copy,
            supervisor,
            arrivals,
            health,
            kick,
            lanes: Lanes::default(),
            in_flight: Semaphore::new(options.in_flight_max.max(1)),
            waiting: AtomicUsize::new(0),
            give_up_after: Duration::from_millis(options.give_up_ms),
            follow_patience: Duration::from_millis(options.follow_patience_ms),
        }
    }

    pub async fn append(&self, batch: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        let count = batch.len();
        let waiting = self.waiting.fetch_add(count, Ordering::Relaxed);
        // A batch above the limit still goes through when nothing else is waiting.
        let results = if waiting > 0 && waiting + count > WAITING_MAX {
            vec![Err(AppendError::Busy); count]
        } else {
            let streams = join_all(plan(batch).into_values().map(|writes| self.one_by_one(writes))).await;
            let mut results: Vec<_> = streams.into_iter().flatten().collect();
            results.sort_unstable_by_key(|(number, _)| *number);
            results.into_iter().map(|(_, result)| result).collect()
        };
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        results
    }

    /// The writes of one stream: each sees the one before it.
    async fn one_by_one(&self, writes: Vec<Write>) -> Vec<(usize, Result<Appended, AppendError>)> {
        let mut results = Vec::with_capacity(writes.len());
        for write in writes {
            let parts = write.parts.clone();
            let written = self.positions_of(write).await;
            let mut from = 0;
            for (number, count) in parts {
                let part = |positions: &Vec<Position>| positions[from..from + count].to_vec();
                let result = written.as_ref().map(|all| Appended { positions: part(all) });
                results.push((number, result.map_err(Clone::clone)));
                from += count;
            }
        }
        results
    }

    async fn positions_of(&self, write: Write) -> Result<Vec<Position>, AppendError> {
        let _permit = self.in_flight.acquire().await.expect("the semaphore is never closed");
        let deadline = Instant::now() + self.give_up_after;
        let events: Result<Vec<Outgoing>, String> = write.records.iter().map(Outgoing::of).collect();
        let events = events.map_err(|reason| AppendError::Failed { reason })?;
        drop(write.records);
        let stream = write.stream;
        match (write.expected, stream) {
            (Expected::Exactly(expected), Stream::Attempt(_) | Stream::Queue(_)) => {
                let first = u64::from(expected.0);
                let placed = Placed { stream, first, events: &events, deadline };
                match self.place(&placed, &mut None).await? {
                    Arrival::Landed(positions) => Ok(positions),
                    Arrival::Passed => {
                        let current = self.numbered(stream).map_err(failed)?.len();
                        let current = Revision(u32::try_from(current).unwrap_or(u32::MAX));
                        Err(AppendError::Conflict { stream, expected, current })
                    }
                }
            }
            _ => self.at_the_end(stream, &events, deadline).await,
        }
    }

    /// Appends where the stream ends.
    async fn at_the_end(
        &self,
        stream: Stream,
        events: &[Outgoing],
        deadline: Instant,
    ) -> Result<Vec<Position>, AppendError> {
        let mut backoff = Backoff::default();
        loop {
            let Ok(lane) = timeout_at(deadline, self.lanes.enter(stream)).await else {
                return Err(gave_up("earlier writes to the stream are not decided"));
            };
            // Another node may have written since this one last did.
            let known = (*lane).max(self.arrivals.refusals_of(stream));
            let first = match known {
                Some(count) => count,
                None => match self.supervisor.count(stream).await {
                    Ok(count) => count,
                    Err(reason) if Instant::now() >= deadline => return Err(gave_up(&reason)),
                    Err(_) => {
                        drop(lane);
                        sleep(backoff.next_pause()).await;
                        continue;
                    }
                },
            };
            let placed = Placed { stream, first, events, deadline };
            let mut lane = Some(lane);
            let arrival = self.place(&placed, &mut lane).await;
            if let Some(lane) = &mut lane {
                // Not written, or not known to be: where the stream ends must be asked.
                **lane = None;
            }
            match arrival? {
                Arrival::Landed(positions) => return Ok(positions),
                Arrival::Passed => {}
            }
        }
    }

    /// Sends a write until its outcome is known. The same ids at the same place: however often it arrives, the
    /// cluster takes it once. `lane` is left as soon as the cluster has the write.
    async fn place(&self, write: &Placed<'_>, lane: &mut Option<Lane>) -> Result<Arrival, AppendError> {
        let ids: Vec<Uuid> = write.events.iter().map(|event| event.id).collect();
        let mut ticket = self.arrivals.register(write.stream, write.first, ids);
        let mut backoff = Backoff::default();
        loop {
            if let Some(reason) = self.health.stopped() {
                return Err(AppendError::Failed { reason: reason.to_owned() });
            }
            let events: Result<Vec<_>, String> = write.events.iter().map(Outgoing::event).collect();
            let events = events.map_err(|reason| AppendError::Failed { reason })?;
            let sent = tokio::select! {
                biased;
                arrival = ticket.arrival() => return Ok(arrival),
                sent = self.supervisor.send(write.stream, write.first, events) => sent,
                () = tokio::time::sleep_until(write.deadline) => Sent::Unknown("no answer in time".to_owned()),
            };
            match sent {
                Sent::Written => {
                    if let Some(mut lane) = lane.take() {
                        *lane = Some(write.first + write.events.len() as u64);
                    }
                    return self.follow(&mut ticket, write.deadline).await;
                }
                Sent::Conflict => {
                    if let Some(arrival) = self.look_up(write).map_err(failed)? {
                        return Ok(arrival);
                    }
                    // Ours landed earlier, or another's did: either way the follower is about to see it.
                    if let Ok(arrival) = timeout(self.follow_patience, ticket.arrival()).await {
                        return Ok(arrival);
                    }
                    self.kick.notify_one();
                }
                Sent::Refused(reason) => return Err(AppendError::Failed { reason }),
                Sent::Unknown(reason) => {
                    if Instant::now() >= write.deadline {
                        return Err(gave_up(&reason));
                    }
                    self.health.resent.fetch_add(1, Ordering::Relaxed);
                    if let Ok(arrival) = timeout(backoff.next_pause(), ticket.arrival()).await {
                        return Ok(arrival);
                    }
                }
            }
            if Instant::now() >= write.deadline {
                let reason = self.health.failure(Side::Following).unwrap_or_else(|| {
                    format!("the copy shows no event {} of {}", write.first, write.stream)
                });
                return Err(gave_up(&format!("a conflict that this node's copy does not show: {reason}")));
            }
        }
    }

    /// Waits until the copy has what the cluster has.
    async fn follow(&self, ticket: &mut Ticket, deadline: Instant) -> Result<Arrival, AppendError> {
        while Instant::now() < deadline {
            if let Ok(arrival) = timeout(self.follow_patience, ticket.arrival()).await {
                return Ok(arrival);
            }
            self.kick.notify_one();
        }
        Err(gave_up("the cluster has the write, but this node's copy has not followed"))
    }

    /// What the copy says about a place in a stream, if it reaches that far.
    fn look_up(&self, write: &Placed<'_>) -> Result<Option<Arrival>, ReadError> {
        if let Some(count) = self.arrivals.refusals_of(write.stream) {
            return Ok((count > write.first).then_some(Arrival::Passed));
        }
        let numbered = self.numbered(write.stream)?;
        let first = usize::try_from(write.first).unwrap_or(usize::MAX);
        let Some(there) = numbered.get(first..).filter(|there| !there.is_empty()) else { return Ok(None) };
        let is_ours = |((id, _), event): (&(Uuid, Position), &Outgoing)| *id == event.id;
        let are_ours = there.len() >= write.events.len() && there.iter().zip(write.events).all(is_ours);
        let landed = || there[..write.events.len()].iter().map(|(_, position)| *position).collect();
        Ok(Some(if are_ours { Arrival::Landed(landed()) } else { Arrival::Passed }))
    }

    /// The ids and positions of a stream's events in the copy, by number; none for streams of refusals.
    fn numbered(&self, stream: Stream) -> Result<Vec<(Uuid, Position)>, ReadError> {
        let key = match stream {
            Stream::Attempt(id) => Key::Attempt(id),
            Stream::Queue(_) => Key::Queues,
            Stream::Refusals { .. } => return Ok(Vec::new()),
        };
        let mut numbered = Vec::new();
        for stored in self.copy.read(&self.copy.find(key)?)? {
            // The follower has parsed every leaf before it appended it.
            let Ok(leaf) = Leaf::parse(&stored.leaf) else { continue };
            let is_in_it = match stream {
                Stream::Queue(id) => leaf.queue_id == Some(id),
                _ => leaf.kind == RecordKind::Event,
            };
            if is_in_it {
                numbered.push((leaf.id, stored.position));
            }
        }
        Ok(numbered)
    }
}

fn failed(error: ReadError) -> AppendError {
    AppendError::Failed { reason: error.to_string() }
}

fn gave_up(reason: &str) -> AppendError {
    AppendError::Failed {
        reason: format!("the cluster did not confirm the write in time, it may still have it: {reason}"),
    }
}
