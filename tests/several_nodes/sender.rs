//! A dialer behind a proxy: it sends each hook once, and the proxy turns to the other node when one is gone.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use attempt_ledger::ledger::Submission;

use crate::support::http::try_request;
use crate::support::patience::{PATIENCE, until};

/// Where the nodes listen, and how many hooks were answered.
pub struct Sender {
    addresses: Mutex<Vec<SocketAddr>>,
    answered: AtomicUsize,
}

impl Sender {
    pub fn new(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses: Mutex::new(addresses), answered: AtomicUsize::new(0) }
    }

    /// A node has come back at another address.
    pub fn moved(&self, node: usize, address: SocketAddr) {
        self.addresses.lock().unwrap()[node] = address;
    }

    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Acquire)
    }

    /// Sends hooks one after the other, each to the next node, until all were answered with success.
    pub fn send(&self, deliveries: &[Submission]) {
        for (number, delivery) in deliveries.iter().enumerate() {
            let event = delivery.address.event.as_deref().unwrap();
            let queue_type = delivery.address.queue_type.as_deref().unwrap();
            let (line, began) = (format!("POST /v1/hooks/{queue_type}/{event}"), Instant::now());
            for node in number.. {
                let address = {
                    let addresses = self.addresses.lock().unwrap();
                    addresses[node % addresses.len()]
                };
                let json = [("content-type", "application/json")];
                let sent = try_request(address, &line, &json, &delivery.body);
                if sent.is_ok_and(|answer| (200..300).contains(&answer.status)) {
                    break;
                }
                assert!(began.elapsed() < PATIENCE, "nobody takes hook {number}");
            }
            self.answered.fetch_add(1, Ordering::Release);
        }
    }

    /// Waits until so many hooks were answered.
    pub fn wait_until(&self, answered: usize) {
        until(|| "no hook is answered any more", || (self.answered() >= answered).then_some(()));
    }
}
