//! A delivery on its way in.

use std::sync::Arc;

use attempt_ledger_domain::{Address, Delivery, UnreadableDelivery};
use bytes::Bytes;

/// The largest payload of one delivery, in bytes; a larger one is refused and kept as `too_large`.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// A delivery as it came in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// How it was addressed.
    pub address: Address,
    /// Its body: one JSON object without surrounding white space, or whatever came instead.
    pub body: Bytes,
    /// Which credential delivered it; ASCII.
    pub source: Arc<str>,
}

/// A submission with what could be read of it. It owns everything that recording it needs.
pub(crate) struct IncomingDelivery {
    pub(crate) submission: Submission,
    pub(crate) reading: Result<Delivery, Box<UnreadableDelivery>>,
}
