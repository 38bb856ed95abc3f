//! One invented request.

use attempt_ledger_domain::{HookName, QueueType, UnixMillis};

/// One request of the dialer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedDelivery {
    /// When it arrives; deliveries come in this order.
    pub sent_at: UnixMillis,
    /// The queue type in the hook's URL.
    pub queue_type: QueueType,
    /// The event or the observation in the hook's URL.
    pub hook: HookName,
    /// A flat JSON object with ascending keys and strings for values; or, if broken, something near that.
    pub body: String,
}
