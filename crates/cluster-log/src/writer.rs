//! Appends: sent until their outcome is known, and answered by what the copy holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use attempt_ledger_domain::{Position, Revision};
use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use uuid::Uuid;

use super::admission::Admission;
use super::backoff::Backoff;
use super::client::{AppendAnswer, EventData, Supervisor};
use super::copy_lookup::{events_in_copy, outcome_in_copy};
use super::health::{ConnectionSide, Health};
use super::options::ClusterOptions;
use super::pending_writes::{PendingWrites, WriteOutcome, WriteTicket};
use super::record_event::OutgoingEvent;
use super::stream_turns::{StreamTurn, StreamTurns};
use super::write_plan::{StreamWrite, plan};
use attempt_ledger_log::{AppendError, Appended, EmbeddedLog, Expected, ReadError, Stream, StreamAppend};

pub(super) struct ClusterWriter {
    pub copy: Arc<EmbeddedLog>,
    pub supervisor: Supervisor,
    pub pending: Arc<PendingWrites>,
    pub health: Arc<Health>,
    /// Reports to the follower that writes are missing from the copy.
    pub kick: Arc<Notify>,
    turns: StreamTurns,
    in_flight: Semaphore,
    admission: Admission,
    give_up_after: Duration,
    follow_patience: Duration,
}

/// One write, under way at an exact place.
struct WriteAttempt<'w> {
    stream: Stream,
    /// The number of its first event.
    first: u64,
    events: &'w [OutgoingEvent],
    deadline: Instant,
}

impl ClusterWriter {
    pub fn new(
        copy: Arc<EmbeddedLog>,
        supervisor: Supervisor,
        pending: Arc<PendingWrites>,
        health: Arc<Health>,
        kick: Arc<Notify>,
        options: &ClusterOptions,
    ) -> Self {
        Self {
            copy,
            supervisor,
            pending,
            health,
            kick,
            turns: StreamTurns::default(),
            in_flight: Semaphore::new(options.in_flight_max.max(1)),
            admission: Admission::default(),
            give_up_after: Duration::from_millis(options.give_up_ms),
            follow_patience: Duration::from_millis(options.follow_patience_ms),
        }
    }

    pub async fn append(&self, batch: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        let deadline = Instant::now() + self.give_up_after;
        let Some(_place) = self.admission.enter(&batch) else {
            return vec![Err(AppendError::Busy); batch.len()];
        };
        let streams =
            join_all(plan(batch).into_values().map(|writes| self.one_by_one(writes, deadline))).await;
        let mut results: Vec<_> = streams.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// The writes of one stream: each sees the one before it, and none is sent after one whose outcome is not
    /// known.
    async fn one_by_one(
        &self,
        writes: Vec<StreamWrite>,
        deadline: Instant,
    ) -> Vec<(usize, Result<Appended, AppendError>)> {
        let mut results = Vec::with_capacity(writes.len());
        let mut given_up = None;
        for write in writes {
            let parts = write.parts.clone();
            let written = match given_up.clone() {
                Some(error) => Err(error),
                None => self.positions_of(write, deadline).await,
            };
            if let Err(error @ AppendError::Failed { .. }) = &written {
                given_up = Some(error.clone());
            }
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

    /// The right to have a write on its way.
    async fn permit(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, AppendError> {
        match timeout_at(deadline, self.in_flight.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            // It was never sent.
            Err(_) => Err(AppendError::Busy),
        }
    }

    async fn positions_of(
        &self,
        write: StreamWrite,
        deadline: Instant,
    ) -> Result<Vec<Position>, AppendError> {
        let events: Result<Vec<OutgoingEvent>, String> =
            write.records.iter().map(OutgoingEvent::of).collect();
        let events = events.map_err(|reason| AppendError::Failed { reason })?;
        drop(write.records);
        let stream = write.stream;
        match (write.expected, stream) {
            (Expected::Exactly(expected), stream) if stream.has_revisions() => {
                let first = u64::from(expected.0);
                let _permit = self.permit(deadline).await?;
                let placed = WriteAttempt { stream, first, events: &events, deadline };
                match self.place(&placed, &mut None).await? {
                    WriteOutcome::Landed(positions) => Ok(positions),
                    WriteOutcome::Passed => {
                        let current = events_in_copy(&self.copy, stream).map_err(failed)?.len();
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
        events: &[OutgoingEvent],
        deadline: Instant,
    ) -> Result<Vec<Position>, AppendError> {
        let mut backoff = Backoff::default();
        // A write that waits for its turn holds back no write of another stream.
        let Ok(turn) = timeout_at(deadline, self.turns.enter(stream)).await else {
            return Err(AppendError::Busy);
        };
        let _permit = self.permit(deadline).await?;
        let mut turn = Some(turn);
        loop {
            // Another node may have written since this one last did.
            let known = turn.as_deref().copied().flatten().max(self.pending.count_of(stream));
            let first = match known {
                Some(count) => count,
                None => match self.supervisor.count(stream).await {
                    Ok(count) => count,
                    Err(reason) if Instant::now() >= deadline => return Err(gave_up(&reason)),
                    Err(_) => {
                        sleep(backoff.next_pause()).await;
                        continue;
                    }
                },
            };
            let placed = WriteAttempt { stream, first, events, deadline };
            let arrival = self.place(&placed, &mut turn).await;
            if let Some(turn) = &mut turn {
                // Not written, or not known to be: where the stream ends must be asked.
                **turn = None;
            }
            match arrival? {
                WriteOutcome::Landed(positions) => return Ok(positions),
                // Another node was first. The lane is still ours, unless the cluster said that it has the
                // write.
                WriteOutcome::Passed if turn.is_some() => {}
                WriteOutcome::Passed => {
                    let entered = timeout_at(deadline, self.turns.enter(stream)).await;
                    turn = Some(entered.map_err(|_| gave_up("other nodes write to the stream"))?);
                }
            }
        }
    }

    /// Sends a write until its outcome is known. The same ids at the same place: however often it arrives,
    /// the cluster takes it once. `turn` ends as soon as the cluster has the write.
    async fn place(
        &self,
        write: &WriteAttempt<'_>,
        turn: &mut Option<StreamTurn>,
    ) -> Result<WriteOutcome, AppendError> {
        let ids: Vec<Uuid> = write.events.iter().map(|event| event.id).collect();
        let mut ticket = self.pending.register(write.stream, write.first, ids);
        let mut backoff = Backoff::default();
        loop {
            if let Some(reason) = self.health.stopped() {
                return Err(AppendError::Failed { reason: reason.to_owned() });
            }
            let events: Result<Vec<_>, String> = write.events.iter().map(OutgoingEvent::event).collect();
            let events = events.map_err(|reason| AppendError::Failed { reason })?;
            let sent = tokio::select! {
                biased;
                arrival = ticket.outcome() => return Ok(arrival),
                sent = self.send(write, events) => sent,
                () = tokio::time::sleep_until(write.deadline) => AppendAnswer::Unknown(self.why_unanswered()),
            };
            match sent {
                AppendAnswer::Written => {
                    if let Some(mut turn) = turn.take() {
                        *turn = Some(write.first + write.events.len() as u64);
                    }
                    return self.follow(&mut ticket, write.deadline).await;
                }
                AppendAnswer::Conflict => {
                    if let Some(arrival) =
                        outcome_in_copy(&self.copy, write.stream, write.first, write.events)
                            .map_err(failed)?
                    {
                        return Ok(arrival);
                    }
                    // Ours landed earlier, or another's did: either way the follower is about to see it.
                    if let Ok(arrival) = timeout(self.follow_patience, ticket.outcome()).await {
                        return Ok(arrival);
                    }
                    self.kick.notify_one();
                }
                AppendAnswer::Refused(reason) => return Err(AppendError::Failed { reason }),
                AppendAnswer::TooLarge(reason) => return Err(AppendError::TooLarge { reason }),
                AppendAnswer::Unknown(reason) => {
                    if Instant::now() >= write.deadline {
                        return Err(gave_up(&reason));
                    }
                    self.health.resent.fetch_add(1, Ordering::Relaxed);
                    if let Ok(arrival) = timeout(backoff.next_pause(), ticket.outcome()).await {
                        return Ok(arrival);
                    }
                }
            }
            if Instant::now() >= write.deadline {
                let reason = self.health.failure(ConnectionSide::Following).unwrap_or_else(|| {
                    format!("the copy shows no event {} of {}", write.first, write.stream)
                });
                return Err(gave_up(&format!("a conflict that this node's copy does not show: {reason}")));
            }
        }
    }

    async fn send(&self, write: &WriteAttempt<'_>, events: Vec<EventData>) -> AppendAnswer {
        self.health.certain().await;
        self.supervisor.send(write.stream, write.first, events).await
    }

    /// What is known to be wrong when a write was not answered, or could not be sent.
    fn why_unanswered(&self) -> String {
        let failure = self
            .health
            .failure(ConnectionSide::Following)
            .or_else(|| self.health.failure(ConnectionSide::Writing));
        failure.unwrap_or_else(|| "no answer in time".to_owned())
    }

    /// Waits until the copy has what the cluster has.
    async fn follow(&self, ticket: &mut WriteTicket, deadline: Instant) -> Result<WriteOutcome, AppendError> {
        while Instant::now() < deadline {
            if let Ok(arrival) = timeout(self.follow_patience, ticket.outcome()).await {
                return Ok(arrival);
            }
            self.kick.notify_one();
        }
        Err(gave_up("the cluster has the write, but this node's copy has not followed"))
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
