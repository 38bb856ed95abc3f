//! What the follower shares with the rest of the log.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use attempt_ledger_log::{EmbeddedLog, ForeignObserver};
use tokio::sync::{Notify, watch};

use super::client::ClientSettings;
use super::health::Health;
use super::mark_file::MarkFile;
use super::pending_writes::PendingWrites;

pub(super) struct FollowerParts {
    pub copy: Arc<EmbeddedLog>,
    pub settings: ClientSettings,
    pub pending: Arc<PendingWrites>,
    pub health: Arc<Health>,
    pub observer: Arc<RwLock<Option<ForeignObserver>>>,
    /// Somebody misses something: the subscription is replaced.
    pub kick: Arc<Notify>,
    pub is_caught_up: watch::Sender<bool>,
    /// How long a subscription may say nothing when somebody misses something.
    pub patience: Duration,
    /// How long the cluster may report fewer records than the copy holds.
    pub fewer_patience: Duration,
    /// How long a subscription may say nothing at all.
    pub silence_max: Duration,
    pub spin_timeout: Duration,
    pub file: MarkFile,
}
