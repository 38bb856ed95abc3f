//! The pure read models of call attempts. Nothing here knows a clock, a disk or a socket.
//!
//! In reading order: [`AttemptRow`] and [`OfferRow`] say what became of one attempt and of each agent's leg
//! of it, and [`table`] what the columns of such rows are; [`LinkRow`] and [`HookRow`] say what single
//! deliveries name; [`fold`] makes the rows from what was delivered;
//! [`history`] adds them up by queue, by agent and by quarter of an hour; [`metrics`] defines every published
//! number over those sums; [`calendar`] cuts time into the days and hours that people mean.

mod agent_row;
mod agent_state;
mod attempt_row;
pub mod calendar;
mod documented_field;
pub mod fold;
pub mod history;
mod hook_row;
mod link_row;
mod live_answer;
pub mod metrics;
mod offer_row;
mod queue_row;
mod refusal_row;
mod seconds;
pub mod table;
mod variables;

pub use agent_row::AgentRow;
pub use agent_state::{AgentState, AgentStateInterval, StateSet};
pub use attempt_ledger_domain::timeline::MissedBy;
pub use attempt_row::{AttemptClass, AttemptRow, Gap, Gaps};
pub use documented_field::{
    DOCUMENTED_FIELDS, DocumentedField, FieldKind, FieldOwner, FieldQuestion, FieldValue,
};
pub use hook_row::HookRow;
pub use link_row::{LinkKind, LinkRow, leg_link_id};
pub use live_answer::LiveAnswer;
pub use offer_row::{OfferOutcome, OfferRow};
pub use queue_row::QueueRow;
pub use refusal_row::{RefusalRow, RefusalState};
pub use seconds::Seconds;
pub use variables::Variables;
