//! The newest records as events of streams, read and written out once for all streams that follow the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::task::finished;
use axum::http::StatusCode;
use bytes::Bytes;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::EventAnswer;
use crate::http::problem::Problem;
use crate::ledger::{Ledger, LedgerError};
use crate::limits::OLDER_READERS_MAX;

/// The records that are read at once.
const PAGE_RECORDS_MAX: usize = 64;
/// A stream holds no more bytes than this and one record.
const PAGE_BYTES_MAX: usize = 64 * 1024;
/// The newest events in memory take no more bytes than this.
const NEWEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many streams wait for one millisecond each between two pages: writing to them takes processor time from
/// hooks, and what comes meanwhile is sent together.
const STREAMS_PER_PAUSE_MS: usize = 10;

/// A record as an event of a stream.
#[derive(Clone)]
pub struct StreamEvent {
    pub position: Position,
    pub bytes: Bytes,
}

/// The events at the head, without a gap.
#[derive(Default)]
struct NewestEvents {
    events: VecDeque<StreamEvent>,
    bytes: usize,
}

/// What all streams share.
pub struct EventFeed {
    ledger: Arc<Ledger>,
    newest: Mutex<NewestEvents>,
    older_readers: Semaphore,
    streams: Arc<Semaphore>,
    streams_max: usize,
}

impl EventFeed {
    pub fn new(ledger: Arc<Ledger>, streams_max: usize) -> Arc<Self> {
        let (newest, older_readers) = (Mutex::default(), Semaphore::new(OLDER_READERS_MAX));
        let streams = Arc::new(Semaphore::new(streams_max));
        Arc::new(Self { ledger, newest, older_readers, streams, streams_max })
    }

    /// The right to one stream.
    pub fn permit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", "Too many event streams")
                .with_detail(format!("There are {} already, which is the most.", self.streams_max))
                .with_hint("Share one stream between readers, or ask for pages with `after`.")
                .with_retry_after_s(5)
        })
    }

    /// How long a stream pauses between two pages.
    pub fn pause(&self) -> Duration {
        let streams = self.streams_max - self.streams.available_permits();
        Duration::from_millis((streams / STREAMS_PER_PAUSE_MS) as u64)
    }

    /// Events after a position; empty when there are none yet.
    ///
    /// # Errors
    /// [`LedgerError`] when the log cannot be read.
    pub async fn after(&self, after: Position) -> Result<Vec<StreamEvent>, LedgerError> {
        let mut newest = self.newest.lock().await;
        if newest.reaches_back_to(after) {
            let page = newest.page(after);
            if !page.is_empty() {
                return Ok(page);
            }
        } else if newest.end().is_some_and(|end| after < end) {
            drop(newest);
            let _reader = self.older_readers.acquire().await.expect("it is never closed");
            return self.read(after).await.map(first_page);
        }
        // The streams that come meanwhile wait, and find what this one reads.
        let events = self.read(after).await?;
        newest.extend(after, &events);
        Ok(first_page(events))
    }

    async fn read(&self, after: Position) -> Result<Vec<StreamEvent>, LedgerError> {
        let ledger = Arc::clone(&self.ledger);
        let read = move || {
            let page = ledger.records_after(after, PAGE_RECORDS_MAX)?;
            Ok(page
                .records
                .into_iter()
                .map(|record| stream_event(EventAnswer::of(&ledger, record)))
                .collect())
        };
        finished(tokio::task::spawn_blocking(read)).await
    }
}

impl NewestEvents {
    fn end(&self) -> Option<Position> {
        self.events.back().map(|event| event.position)
    }

    fn reaches_back_to(&self, after: Position) -> bool {
        let first = self.events.front().map(|event| event.position.0);
        first.is_some_and(|first| first <= after.0 + 1) && self.end() >= Some(after)
    }

    fn page(&self, after: Position) -> Vec<StreamEvent> {
        let start = self.events.partition_point(|event| event.position <= after);
        first_page(self.events.range(start..).take(PAGE_RECORDS_MAX).cloned())
    }

    /// Adds what follows; events that do not follow the last one replace all.
    fn extend(&mut self, after: Position, events: &[StreamEvent]) {
        if self.end().is_some_and(|end| end != after) {
            *self = Self::default();
        }
        for event in events {
            self.bytes += event.bytes.len();
            self.events.push_back(event.clone());
        }
        while self.bytes > NEWEST_BYTES_MAX
            && let Some(oldest) = self.events.pop_front()
        {
            self.bytes -= oldest.bytes.len();
        }
        let positions = self.events.iter().map(|event| event.position.0);
        debug_assert!(positions.clone().zip(positions.skip(1)).all(|(one, next)| next == one + 1), "no gap");
    }
}

/// As many events as a stream may hold, and at least one.
fn first_page(events: impl IntoIterator<Item = StreamEvent>) -> Vec<StreamEvent> {
    let mut bytes = 0;
    let fits = |event: &StreamEvent| {
        bytes += event.bytes.len();
        bytes == event.bytes.len() || bytes <= PAGE_BYTES_MAX
    };
    events.into_iter().take_while(fits).collect()
}

/// A payload on one line has no line break; other text is escaped inside JSON.
fn stream_event(answer: EventAnswer) -> StreamEvent {
    let name =
        answer.event.filter(|event| answer.kind == "event" && !event.is_empty()).unwrap_or(&answer.kind);
    let data = serde_json::to_string(&answer).expect("an answer serializes");
    let bytes = Bytes::from(format!("id: {}\nevent: {name}\ndata: {data}\n\n", answer.position));
    StreamEvent { position: Position(answer.position), bytes }
}
