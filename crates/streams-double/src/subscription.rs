//! Streams.Read as a subscription: what is there after a place, then what comes, until the client goes.

use std::sync::Arc;

use async_stream::try_stream;
use tokio::sync::watch;
use tonic::Status;

use crate::answer::{self, IdsAsText, Reached};
use crate::cluster::Cluster;
use crate::failure;
use crate::filter::Filter;
use crate::pages::{self, Absent, AllCursor, PAGE_EVENTS, StreamPage};
use crate::read::Answers;
use crate::read_start::{AllStart, StreamStart};

/// A subscription to one stream, which need not exist yet.
pub(crate) struct StreamSubscription {
    pub stream: String,
    pub start: StreamStart,
    pub ids: IdsAsText,
}

/// A subscription to $all.
pub(crate) struct AllSubscription {
    pub start: AllStart,
    pub ids: IdsAsText,
    pub filter: Option<Filter>,
}

/// What a subscription that has caught up waits for.
struct News {
    growth: watch::Receiver<usize>,
    endings: watch::Receiver<u64>,
}

impl News {
    fn of(cluster: &Cluster) -> Self {
        Self { growth: cluster.store.growth(), endings: cluster.endings.subscribe() }
    }

    /// Whether there may be more to read; otherwise the subscription is to end.
    async fn more(&mut self) -> bool {
        tokio::select! {
            grown = self.growth.changed() => grown.is_ok(),
            _ = self.endings.changed() => false,
        }
    }

    /// Whether the subscription was told to end while it was busy.
    fn is_over(&self) -> bool {
        self.endings.has_changed().unwrap_or(true)
    }
}

impl StreamSubscription {
    /// The revision after which to send; none means everything.
    fn after(&self, cluster: &Cluster) -> Option<u64> {
        match self.start {
            StreamStart::Start => None,
            StreamStart::Revision(revision) => Some(revision),
            StreamStart::End => cluster.store.state().end_of(&self.stream).last,
        }
    }

    /// The events after a revision; none if there is no such stream now.
    fn page(&self, cluster: &Cluster, after: Option<u64>) -> Result<Option<StreamPage>, Status> {
        let from = after.map_or(0, |revision| revision.saturating_add(1));
        match pages::stream_forwards(&cluster.store.state(), &self.stream, from, PAGE_EVENTS) {
            Ok(page) => Ok(Some(page)),
            Err(Absent::NotFound) => Ok(None),
            Err(Absent::Deleted) => Err(failure::stream_deleted(&self.stream)),
        }
    }

    pub fn answers(self, cluster: Arc<Cluster>) -> Answers {
        Box::pin(try_stream! {
            let mut news = News::of(&cluster);
            let mut after = self.after(&cluster);
            let mut is_live = false;
            yield answer::confirmation();
            while !news.is_over() {
                news.growth.mark_unchanged();
                let events = self.page(&cluster, after)?.map(|page| page.events).unwrap_or_default();
                for event in &events {
                    after = Some(event.revision);
                    yield self.ids.event(event);
                }
                if !events.is_empty() {
                    continue;
                }
                if !is_live {
                    is_live = true;
                    yield answer::caught_up(after.map_or(Reached::Nothing, Reached::Revision));
                }
                if !news.more().await {
                    return;
                }
            }
        })
    }
}

impl AllSubscription {
    fn cursor(&self, cluster: &Cluster) -> Result<AllCursor, Status> {
        let state = cluster.store.state();
        self.start.check(&state, self.filter.is_some())?;
        Ok(AllCursor(match self.start {
            AllStart::Start => 0,
            AllStart::End => state.events.len(),
            AllStart::Position(position) => state.index_after(position),
        }))
    }

    fn allows(&self, event: &crate::record::Recorded) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.allows(event))
    }

    /// Checkpoints are sent with a filter only: without one the events themselves say how far they reach.
    fn interval(&self) -> u64 {
        self.filter.as_ref().map_or(u64::MAX, |filter| filter.checkpoint_interval)
    }

    pub fn answers(self, cluster: Arc<Cluster>) -> Answers {
        Box::pin(try_stream! {
            let mut news = News::of(&cluster);
            let mut cursor = self.cursor(&cluster)?;
            let mut reached = self.reached_at(&cluster, cursor);
            let (mut is_live, mut considered, mut is_behind) = (false, 0, false);
            yield answer::confirmation();
            while !news.is_over() {
                news.growth.mark_unchanged();
                let (events, next) = pages::all_forwards(&cluster.store.state(), cursor);
                cursor = next;
                for event in &events {
                    reached = Some(event.position);
                    is_behind = true;
                    if self.allows(event) {
                        yield self.ids.event(event);
                    }
                    considered += 1;
                    if considered >= self.interval() {
                        (considered, is_behind) = (0, false);
                        yield answer::checkpoint(event.position);
                    }
                }
                if !events.is_empty() {
                    continue;
                }
                if !is_live {
                    is_live = true;
                    if let Some(position) = reached.filter(|_| is_behind && self.filter.is_some()) {
                        yield answer::checkpoint(position);
                    }
                    yield answer::caught_up(reached.map_or(Reached::Nothing, Reached::Position));
                }
                if !news.more().await {
                    return;
                }
            }
        })
    }

    /// The position of the event before a cursor.
    fn reached_at(&self, cluster: &Cluster, cursor: AllCursor) -> Option<u64> {
        let state = cluster.store.state();
        state.events[..cursor.0].last().map(|event| event.position)
    }
}
