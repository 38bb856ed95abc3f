//! Streams.Read without a subscription: what is there now, in either direction, up to a number of events.

use std::pin::Pin;
use std::sync::Arc;

use async_stream::try_stream;
use futures_util::Stream;
use tonic::Status;

use crate::answer::{self, IdsAsText};
use crate::cluster::Cluster;
use crate::failure;
use crate::filter::Filter;
use crate::pages::{self, Absent, AllCursor, PAGE_EVENTS};
use crate::read_start::{AllStart, StreamStart};
use crate::wire::streams::ReadResp;

/// What a read sends, in order.
pub(crate) type Answers = Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;

/// A read of one stream.
pub(crate) struct StreamRead {
    pub stream: String,
    pub start: StreamStart,
    pub count: u64,
    pub is_backwards: bool,
    pub ids: IdsAsText,
    /// Since version 21 clients say with a 1 that they know what first and last positions are.
    pub tells_ends: bool,
}

/// A read of $all.
pub(crate) struct AllRead {
    pub start: AllStart,
    pub count: u64,
    pub is_backwards: bool,
    pub ids: IdsAsText,
    pub filter: Option<Filter>,
}

impl StreamRead {
    fn page(&self, cluster: &Cluster, from: StreamStart, limit: usize) -> Result<pages::StreamPage, Absent> {
        let state = cluster.store.state();
        let from = match (from, self.is_backwards) {
            (StreamStart::Start, _) => Some(0),
            (StreamStart::Revision(revision), _) => Some(revision),
            (StreamStart::End, true) => None,
            // Forwards from the end there is nothing.
            (StreamStart::End, false) => Some(u64::MAX),
        };
        match (self.is_backwards, from) {
            (true, from) => pages::stream_backwards(&state, &self.stream, from, limit),
            (false, from) => pages::stream_forwards(&state, &self.stream, from.unwrap_or(0), limit),
        }
    }

    /// Told when a reader starts so far before the first readable event that a page would have none.
    fn first_position(&self, page: &pages::StreamPage, limit: usize) -> Option<u64> {
        let start = match self.start {
            StreamStart::Start => 0,
            StreamStart::Revision(revision) => revision,
            StreamStart::End => return None,
        };
        let is_hidden = start < page.first && page.first - start >= limit as u64;
        (self.tells_ends && !self.is_backwards && is_hidden).then_some(page.first)
    }

    pub fn answers(self, cluster: Arc<Cluster>) -> Answers {
        Box::pin(try_stream! {
            let mut left = self.count;
            let mut from = self.start;
            let mut is_first = true;
            loop {
                let limit = usize::try_from(left).unwrap_or(usize::MAX).min(PAGE_EVENTS);
                let page = match self.page(&cluster, from, limit) {
                    Ok(page) => page,
                    Err(Absent::NotFound) => {
                        yield answer::stream_not_found(&self.stream);
                        return;
                    }
                    Err(Absent::Deleted) => Err(failure::stream_deleted(&self.stream))?,
                };
                if let Some(first) = self.first_position(&page, limit).filter(|_| is_first) {
                    yield answer::first_stream_position(first);
                }
                is_first = false;
                left -= page.events.len() as u64;
                for event in &page.events {
                    yield self.ids.event(event);
                }
                match page.next.filter(|_| left > 0) {
                    Some(next) => from = StreamStart::Revision(next),
                    None => {
                        if self.tells_ends {
                            yield answer::last_stream_position(page.last);
                        }
                        return;
                    }
                }
            }
        })
    }
}

impl AllRead {
    /// Forwards the event at the position is read, backwards it is not.
    fn cursor(&self, cluster: &Cluster) -> Result<AllCursor, Status> {
        let state = cluster.store.state();
        self.start.check(&state, self.filter.is_some())?;
        Ok(AllCursor(match self.start {
            AllStart::Start => 0,
            AllStart::End => state.events.len(),
            AllStart::Position(position) => state.index_at(position),
        }))
    }

    pub fn answers(self, cluster: Arc<Cluster>) -> Answers {
        Box::pin(try_stream! {
            let mut left = self.count;
            let mut cursor = self.cursor(&cluster)?;
            while left > 0 {
                let (events, next) = if self.is_backwards {
                    pages::all_backwards(&cluster.store.state(), cursor)
                } else {
                    pages::all_forwards(&cluster.store.state(), cursor)
                };
                if events.is_empty() {
                    return;
                }
                cursor = next;
                let wanted = |event: &&Arc<_>| self.filter.as_ref().is_none_or(|filter| filter.allows(event));
                for event in events.iter().filter(wanted).take(usize::try_from(left).unwrap_or(usize::MAX)) {
                    left -= 1;
                    yield self.ids.event(event);
                }
            }
        })
    }
}
