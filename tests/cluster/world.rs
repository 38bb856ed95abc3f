//! A node in the test: a ledger over a cluster, in a directory of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::cluster_log::{ClusterAddress, ClusterError, ClusterLog, ClusterOptions};
use attempt_ledger::environment::{Environment, System};
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::{EmbeddedOptions, EventLog, Stream};
use attempt_ledger::record::Leaf;
use attempt_ledger_domain::Position;
use tempfile::TempDir;

/// Options with which a fault costs tenths of a second instead of seconds.
pub fn hasty() -> ClusterOptions {
    ClusterOptions {
        try_timeout_ms: 700,
        connect_timeout_ms: 1_500,
        follow_patience_ms: 1_000,
        open_timeout_ms: 20_000,
        fewer_patience_ms: 1_000,
        ..ClusterOptions::new(EmbeddedOptions::default())
    }
}

/// Opening blocks, and the server may run on the same runtime.
pub async fn open(
    directory: &Path,
    address: &str,
    options: ClusterOptions,
) -> Result<Arc<ClusterLog>, ClusterError> {
    let (directory, address) = (directory.to_owned(), address.to_owned());
    let open = move || {
        let address: ClusterAddress = address.parse()?;
        ClusterLog::open(&directory, &address, &options).map(Arc::new)
    };
    tokio::task::spawn_blocking(open).await.expect("opening does not panic")
}

pub struct Node {
    pub directory: TempDir,
    pub log: Arc<ClusterLog>,
    pub ledger: Arc<Ledger>,
    /// The head when the node came to be: a server that is shared may hold records of other tests.
    pub start: Position,
}

impl Node {
    pub async fn start(address: &str) -> Self {
        Self::start_with(address, Arc::new(System)).await
    }

    pub async fn start_with(address: &str, environment: Arc<dyn Environment>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let log = open(directory.path(), address, hasty()).await.expect("it follows");
        let ledger = Ledger::open(log.clone(), environment, LedgerOptions::default()).expect("it opens");
        let start = log.head();
        Self { directory, log, ledger, start }
    }

    /// Closes the log; closing waits for threads.
    pub async fn stop(self) -> TempDir {
        let Self { directory, log, ledger, .. } = self;
        tokio::task::spawn_blocking(move || {
            drop(ledger);
            drop(log);
        })
        .await
        .expect("it closes");
        directory
    }
}

/// The leaves after a position, by stream, in order.
pub fn by_stream(log: &dyn EventLog, after: Position) -> BTreeMap<String, Vec<String>> {
    let mut streams: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for stored in log.read_after(after, usize::MAX >> 1).expect("it reads") {
        let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
        let stream = Stream::of(&leaf).expect("a stream").to_string();
        let bytes = String::from_utf8(stored.leaf.to_vec()).expect("text");
        streams.entry(stream).or_default().push(bytes);
    }
    streams
}

/// Ends when something holds that nobody reports; the caller says for how long it waits.
pub async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a log has as many records as another one.
pub async fn until_as_far_as(log: &dyn EventLog, head: Position) {
    let mut heads = log.subscribe();
    let reached = heads.wait_for(|at| *at >= head);
    tokio::time::timeout(Duration::from_secs(20), reached)
        .await
        .expect("it follows in time")
        .expect("the log is open");
}
