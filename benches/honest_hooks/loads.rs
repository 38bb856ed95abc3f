//! What goes on while hooks are reported.

mod deliveries;
mod maintenance;
mod questions;
mod readers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Runtime;

use crate::stock::Stock;

/// Attempts of the loads, above those of any stock: all have twelve digits.
const FIRST_ATTEMPT_ID: u64 = 100_000_000_000;

/// One kind of clients.
pub struct Load {
    pub name: &'static str,
    /// What the ledger contains before.
    pub stock: Option<Stock>,
    /// What the service is started with.
    pub service_options: &'static [&'static str],
    /// Whether the service is stopped and started again meanwhile.
    pub restarts: bool,
    /// Starts the clients, which go on until the runtime ends.
    pub start: fn(&Runtime, &Callers),
}

const NOTHING: Load =
    Load { name: "nothing", stock: None, service_options: &[], restarts: false, start: |_, _| () };

/// Every kind.
pub const LOADS: [Load; 12] = [
    NOTHING,
    Load {
        name: "long_timelines",
        stock: Some(Stock::LongAttempt),
        start: questions::read_long_timelines,
        ..NOTHING
    },
    Load { name: "batches", start: deliveries::post_batches, ..NOTHING },
    Load { name: "connections", start: questions::ask_on_many_connections, ..NOTHING },
    Load { name: "streams", start: readers::follow_streams, ..NOTHING },
    Load { name: "slow_bodies", start: deliveries::send_slow_bodies, ..NOTHING },
    Load { name: "slow_readers", stock: Some(Stock::LargePage), start: readers::read_slowly, ..NOTHING },
    Load { name: "rebuild", stock: Some(Stock::Day), start: maintenance::rebuild, ..NOTHING },
    Load {
        name: "packing",
        service_options: &["--segment-bytes-max", "1000000"],
        start: deliveries::fill_segments,
        ..NOTHING
    },
    Load { name: "full_scan", stock: Some(Stock::Day), start: questions::scan, ..NOTHING },
    Load { name: "replays", stock: Some(Stock::Waiting), start: maintenance::replay, ..NOTHING },
    Load { name: "restart", restarts: true, ..NOTHING },
];

/// What all clients know.
#[derive(Clone)]
pub struct Callers {
    pub address: SocketAddr,
    /// The position of the last record before the load.
    pub head: u64,
    next_attempt_id: Arc<AtomicU64>,
}

impl Callers {
    pub fn new(address: SocketAddr, head: u64) -> Self {
        Self { address, head, next_attempt_id: Arc::new(AtomicU64::new(FIRST_ATTEMPT_ID)) }
    }

    /// The first of so many ids that no other delivery has.
    fn take_attempt_ids(&self, count: u64) -> u64 {
        self.next_attempt_id.fetch_add(count, Ordering::Relaxed)
    }
}
