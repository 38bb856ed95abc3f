//! What a node knows about its cluster: whether it is reached, and whether it has stopped for good.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use uuid::Uuid;

use super::options::UNREACHABLE_AFTER_MS;
use attempt_ledger_log::Stream;
use attempt_ledger_system::lock::take_over;

/// The two sides of the connection, each with its own client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionSide {
    Writing,
    Following,
}

/// Counts since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterFigures {
    /// Clients built for writing: one, and one more for each time that the old one was given up.
    pub clients: u64,
    /// Subscriptions begun: one, and one more for each time that the old one ended.
    pub subscriptions: u64,
    /// Subscriptions whose thread could not be stopped and was left behind.
    pub abandoned: u64,
    /// Writes that were sent again because their outcome was not known.
    pub resent: u64,
}

/// An event of ours that the cluster is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Landmark {
    pub stream: Stream,
    /// Its number in the stream, from 0.
    pub number: u64,
    pub id: Uuid,
}

pub(super) struct Health {
    stopped: OnceLock<String>,
    /// Whether it is not known at the moment that the cluster still has what the copy ends with.
    doubt: watch::Sender<bool>,
    /// The last event that was followed: a server that has it has all that this node believes.
    newest: Mutex<Option<Landmark>>,
    /// Records of the copy that were compared with the cluster's since the log was opened.
    pub compared: AtomicU64,
    outages: Mutex<[Option<Outage>; 2]>,
    pub clients: AtomicU64,
    pub subscriptions: AtomicU64,
    pub abandoned: AtomicU64,
    pub resent: AtomicU64,
}

struct Outage {
    since: Instant,
    reason: String,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            stopped: OnceLock::new(),
            doubt: watch::Sender::new(false),
            newest: Mutex::default(),
            compared: AtomicU64::new(0),
            outages: Mutex::default(),
            clients: AtomicU64::new(0),
            subscriptions: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            resent: AtomicU64::new(0),
        }
    }
}

impl Health {
    /// Says whether it is known that the cluster still has what the copy ends with.
    pub fn set_doubt(&self, doubt: bool) {
        self.doubt.send_if_modified(|known| std::mem::replace(known, doubt) != doubt);
    }

    /// Waits until there is no doubt. What a node believes about a stream may come from before a restore:
    /// writing on top of it would damage the log for everybody.
    pub async fn certain(&self) {
        // The sender lives as long as we do.
        let _ = self.doubt.subscribe().wait_for(|doubt| !doubt).await;
    }

    /// Notes an event that was followed; called before the event becomes visible.
    pub fn set_newest(&self, newest: Landmark) {
        *take_over(self.newest.lock()) = Some(newest);
    }

    /// None when nothing was ever followed.
    pub fn newest(&self) -> Option<Landmark> {
        *take_over(self.newest.lock())
    }

    fn outages(&self) -> MutexGuard<'_, [Option<Outage>; 2]> {
        take_over(self.outages.lock())
    }

    /// Ends all writing: the cluster and the copy contradict each other, or the copy's disk failed.
    pub fn stop(&self, reason: String) {
        tracing::error!(%reason, "the log takes no more writes until it is opened again");
        // The first reason counts.
        let _ = self.stopped.set(reason);
    }

    pub fn stopped(&self) -> Option<&str> {
        self.stopped.get().map(String::as_str)
    }

    pub fn lost(&self, side: ConnectionSide, reason: &str) {
        let outage = &mut self.outages()[side as usize];
        match outage {
            Some(outage) => reason.clone_into(&mut outage.reason),
            None => {
                tracing::warn!(?side, %reason, "the cluster is out of reach; trying again");
                *outage = Some(Outage { since: Instant::now(), reason: reason.to_owned() });
            }
        }
    }

    pub fn reached(&self, side: ConnectionSide) {
        if let Some(outage) = self.outages()[side as usize].take() {
            let outage_ms = u64::try_from(outage.since.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(?side, outage_ms, "the cluster is reached again");
        }
    }

    /// Why the cluster is out of reach, when it has been so for a while.
    pub fn unreachable(&self) -> Option<String> {
        let patience = Duration::from_millis(UNREACHABLE_AFTER_MS);
        let outages = self.outages();
        let long = outages.iter().flatten().find(|outage| outage.since.elapsed() >= patience)?;
        Some(format!("out of reach for {} s: {}", long.since.elapsed().as_secs(), long.reason))
    }

    /// The newest failure of one side, however short.
    pub fn failure(&self, side: ConnectionSide) -> Option<String> {
        self.outages()[side as usize].as_ref().map(|outage| outage.reason.clone())
    }

    pub fn figures(&self) -> ClusterFigures {
        ClusterFigures {
            clients: self.clients.load(Ordering::Relaxed),
            subscriptions: self.subscriptions.load(Ordering::Relaxed),
            abandoned: self.abandoned.load(Ordering::Relaxed),
            resent: self.resent.load(Ordering::Relaxed),
        }
    }
}
