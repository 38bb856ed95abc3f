//! A dialer behind a proxy: it sends each hook once, and the proxy turns to the other node when one is gone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use attempt_ledger::ledger::Submission;

use crate::several_nodes::node::PATIENCE;

/// Where the nodes listen, and how many hooks were answered.
pub struct Sender {
    bases: Mutex<Vec<String>>,
    answered: AtomicUsize,
}

impl Sender {
    pub fn new(bases: Vec<String>) -> Self {
        Self { bases: Mutex::new(bases), answered: AtomicUsize::new(0) }
    }

    /// A node has come back at another address.
    pub fn moved(&self, node: usize, base: String) {
        self.bases.lock().unwrap()[node] = base;
    }

    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Acquire)
    }

    /// Sends hooks one after the other, each to the next node, until all were answered with success.
    pub fn send(&self, deliveries: &[Submission]) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        for (number, delivery) in deliveries.iter().enumerate() {
            let event = delivery.address.event.as_deref().unwrap();
            let queue_type = delivery.address.queue_type.as_deref().unwrap();
            let began = Instant::now();
            for node in number.. {
                let base = {
                    let bases = self.bases.lock().unwrap();
                    bases[node % bases.len()].clone()
                };
                let request = agent.post(format!("{base}/v1/hooks/{queue_type}/{event}"));
                let sent = request.header("content-type", "application/json").send(&delivery.body[..]);
                if sent.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                assert!(began.elapsed() < PATIENCE, "nobody takes hook {number}");
            }
            self.answered.fetch_add(1, Ordering::Release);
        }
    }

    /// Waits until so many hooks were answered.
    pub fn wait_until(&self, answered: usize) {
        let began = Instant::now();
        while self.answered() < answered {
            assert!(began.elapsed() < PATIENCE, "no hook is answered any more");
            std::thread::yield_now();
        }
    }
}
