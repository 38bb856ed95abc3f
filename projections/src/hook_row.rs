//! Hooks: what arrives for each queue, whatever its definition says.

use attempt_ledger_domain::{HookName, QueueId, QueueType, UnixMillis};

use crate::table::table_row;

table_row! {
    /// One hook of one queue, as it arrives.
    pub struct HookRow: "hooks" {
        queue_id: QueueId, since 4, "the queue that the deliveries name; with the next two the key";
        queue_type: QueueType, since 4, "the queue type that they state, or that they were judged under";
        event: HookName, since 4, "the event or the observation";
        deliveries: i64, since 4, "how many were recorded";
        refusals: i64, since 4, "how many were refused and kept";
        last_recorded_at: UnixMillis, since 4, "when the ledger took the last of them";
    }
}

impl HookRow {
    /// Counts the other row in, which is of the same hook.
    pub fn add(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.refusals += other.refusals;
        self.last_recorded_at = self.last_recorded_at.max(other.last_recorded_at);
    }
}
