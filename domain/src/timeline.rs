//! What happened in an attempt, from everything that was delivered about it.
//!
//! A timeline is a function of the *set* of deliveries. Which of two contradicting deliveries was recorded
//! and which refused depends on the order of their arrival; the timeline does not: it takes the longest legal
//! run hidden in the set (see [`crate::lifecycle::longest_run`]) and shows the others beside it, set aside by
//! rule.

mod around_instant;
mod assembly;
mod attempt_state;
mod bound;
mod carried;
mod contradictions;
mod delivery_outcome;
mod ended_by;
mod entry;
mod flags;
mod gaps;
mod instants;
mod lane;
mod lapse;
mod leg_uses;
mod logged_delivery;
mod missed_by;
mod observations;
mod offer_ends;
mod one_instant;
mod open_legs;
mod page;
mod payload_details;
mod phases;
mod refusal_list;
mod refusals;
mod run_selection;
mod run_step;
mod shared_ids;
mod stated_wait;
mod talk_end;
mod time_order;
mod untimed_bridge;

pub use assembly::{Timeline, build};
pub use attempt_state::AttemptState;
pub use bound::{Bound, BoundSource};
pub use delivery_outcome::DeliveryOutcome;
pub use ended_by::{EndEvidence, EndedBy};
pub use entry::TimelineEntry;
pub use flags::{LATE_AFTER_MS, definition_flags, payload_flags};
pub use gaps::{
    AGENT_CHANGED, NEVER_LEFT, TIME_OF_RECEIPT, agent_changed, bridged_without_offering, is_overdue,
    missed_without_offering, rests_on_receipt,
};
pub use instants::{CarriedBridge, Instants};
pub use lane::{Certainty, Lane, LaneOwner, Phase, PhaseKind};
pub use lapse::{Lapse, LapseReason, Lapses};
pub use leg_uses::{CHANNEL_IDS_CONTRADICT, LegUses};
pub use logged_delivery::LoggedDelivery;
pub use missed_by::{MissedBy, misses};
pub use observations::{TimelineObservation, stated_fields};
pub use open_legs::OpenLegs;
pub use page::TimelineParts;
pub use payload_details::Details;
pub use refusals::TimelineRefusal;
pub use run_selection::RunSelection;
pub use run_step::RunStep;
pub use stated_wait::{StatedWait, WaitBounds};
pub use time_order::time_order;
