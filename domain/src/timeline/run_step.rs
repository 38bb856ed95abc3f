//! What a delivery states, however it is kept, so that instants and gaps can be read from a run.

use crate::{AgentId, CoarseTime, EventKind, Position, UnixMillis};

/// One delivery of a run, however it is kept.
pub trait RunStep {
    /// Which event it is.
    fn event(&self) -> EventKind;
    /// The record's place in the log.
    fn position(&self) -> Position;
    /// When it happened.
    fn occurred_at(&self) -> UnixMillis;
    /// The same as coarsely as the sender states it.
    fn occurred(&self) -> CoarseTime;
    /// Whether a sender's clock says so; otherwise the time is that of the receipt.
    fn has_stated_time(&self) -> bool;
    /// When the ledger took it.
    fn recorded_at(&self) -> UnixMillis;
    /// The agent that it names.
    fn agent_id(&self) -> Option<AgentId>;
    /// `joined_at` as carried.
    fn joined_at(&self) -> Option<CoarseTime>;
    /// `bridged_at` as carried.
    fn bridged_at(&self) -> Option<CoarseTime>;
    /// `call_cause`: why the subscriber's leg was hung up.
    fn call_cause(&self) -> Option<&str>;
    /// `call_sip_code`: what the subscriber's side answered.
    fn call_sip_code(&self) -> Option<i64>;
}
