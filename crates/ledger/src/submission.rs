//! A delivery on its way in.

use std::sync::Arc;

use attempt_ledger_domain::{Address, QueueType, Reading, UnixMillis, UnreadableDelivery};
use bytes::Bytes;
use uuid::Uuid;

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

/// What is known of the first receipt of a delivery that is judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstReceipt {
    /// When a ledger took it.
    pub(crate) recorded_at: UnixMillis,
    /// When it happened, as it was judged then.
    pub(crate) occurred_at: Option<UnixMillis>,
    /// The queue type that it was judged under; left out, the definitions of today count.
    pub(crate) queue_type: Option<QueueType>,
}

/// A submission with what could be read of it. It owns everything that recording it needs.
pub(crate) struct IncomingDelivery {
    pub(crate) submission: Submission,
    /// The refusal whose delivery this one corrects. Refused, it is not kept: that one stays.
    pub(crate) corrects: Option<Uuid>,
    pub(crate) reading: Result<Reading, Box<UnreadableDelivery>>,
}
