//! What the edge knows about one request, shared with its body, its route and its handler's extractors.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::MatchedPath;
use tokio::sync::OwnedSemaphorePermit;

use super::memory_pools::MemoryPools;
use super::request_id::RequestId;
use super::stop_signal::StopSignal;
use crate::http::metrics::ROUTE_UNMATCHED;

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    TooLarge,
    TimedOut,
    NoMemory,
}

/// One request, from its head to the head of its answer.
pub(super) struct RequestContext {
    pub(super) request_id: RequestId,
    pub(super) stop_signal: StopSignal,
    /// Set once, by the route that matched.
    route: OnceLock<MatchedPath>,
    /// Set by the body; outlives the handler, which may have been cut off.
    body_fault: AtomicU8,
    /// The memory of the body's bytes, kept as long as anybody works with them.
    pub(super) memory: Mutex<Vec<OwnedSemaphorePermit>>,
    /// Where that memory is taken.
    pub(super) memory_pools: Arc<MemoryPools>,
}

impl RequestContext {
    pub(super) fn new(
        request_id: RequestId,
        stop_signal: StopSignal,
        memory_pools: Arc<MemoryPools>,
    ) -> Self {
        let (route, body_fault, memory) = (OnceLock::new(), AtomicU8::new(0), Mutex::default());
        Self { request_id, stop_signal, route, body_fault, memory, memory_pools }
    }

    /// Keeps the route that matched. A second layer would bring the same one, so which of them wins does not
    /// matter.
    pub(super) fn set_route(&self, route: MatchedPath) {
        let _ = self.route.set(route);
    }

    pub(super) fn route(&self) -> &str {
        self.route.get().map_or(ROUTE_UNMATCHED, MatchedPath::as_str)
    }

    pub(super) fn set_body_fault(&self, fault: BodyFault) {
        let code = match fault {
            BodyFault::TooLarge => 1,
            BodyFault::TimedOut => 2,
            BodyFault::NoMemory => 3,
        };
        self.body_fault.store(code, Ordering::Relaxed);
    }

    pub(super) fn body_fault(&self) -> Option<BodyFault> {
        match self.body_fault.load(Ordering::Relaxed) {
            1 => Some(BodyFault::TooLarge),
            2 => Some(BodyFault::TimedOut),
            3 => Some(BodyFault::NoMemory),
            _ => None,
        }
    }
}
