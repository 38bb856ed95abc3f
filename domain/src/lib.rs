//! The pure rules of call attempts. Nothing here knows a clock, a disk or a socket.

mod event_kind;
mod numbers;
mod queue_type;
mod rule;

pub use event_kind::EventKind;
pub use numbers::{AgentId, AttemptId, Position, QueueId, Revision, UnixMillis};
pub use queue_type::QueueType;
pub use rule::{RULES_VERSION, Rule};
