//! The pure rules of call attempts. Nothing here knows a clock, a disk or a socket: time and ids are
//! arguments.
//!
//! In reading order: [`EventKind`], [`Observation`] and [`QueueType`] name what can happen and where;
//! [`Payload`] is what a hook delivers; [`Reading`] is what it means: a [`Delivery`] of an event or an
//! [`ObservationDelivery`]; [`Attempt`] judges the former by the [`lifecycle`] and answers with an event or
//! names the [`Rule`] that refuses; [`timeline`] shows what happened, from everything delivered.

mod address;
mod attempt;
mod attempt_history;
mod body;
mod canonical;
mod coarse_time;
mod content;
mod decimal;
mod delivery;
mod event_kind;
mod field;
mod form;
mod hook_name;
mod identity;
pub mod lifecycle;
mod lone_surrogate;
mod numbers;
mod observation;
mod observation_delivery;
mod past_refusals;
mod payload;
mod queue;
mod queue_definitions;
mod queue_group;
mod queue_type;
mod reading;
mod recorded_identities;
mod refusal;
mod routing_fields;
mod rule;
mod runaway;
mod stated_time;
mod time_source;
pub mod timeline;
mod typed_fields;
mod value;

pub use address::{Address, attribute_text};
pub use attempt::{Attempt, AttemptEvent, DUPLICATE_WINDOW_MS, NotRecorded};
pub use canonical::{canonical_text, write_payload as write_canonical_payload};
pub use coarse_time::CoarseTime;
pub use content::write_content;
pub use delivery::{Delivery, UnreadableDelivery};
pub use event_kind::EventKind;
pub use field::is_variable;
pub use form::FORM_MEDIA_TYPE;
pub use hook_name::HookName;
pub use identity::{ContentHash, SenderId};
pub use lone_surrogate::{has_lone_surrogate, without_lone_surrogates};
pub use numbers::{AgentId, AttemptId, Position, QueueId, Revision, UnixMillis};
pub use observation::Observation;
pub use observation_delivery::{ObservationDelivery, receipt_window};
pub use payload::{MalformedPayload, NESTING_MAX, Payload};
pub use queue::{
    LEAVING_DEADLINE_MS_DEFAULT, Queue, QueueDefined, QueueDefinition, QueueDefinitionError, undeclarable,
};
pub use queue_definitions::QueueDefinitions;
pub use queue_group::{QueueGroup, QueueGroupUnreadable};
pub use queue_type::QueueType;
pub use reading::Reading;
pub use refusal::Refusal;
pub use rule::{RULES_VERSION, Rule};
pub use runaway::{FIRST_EVENTS_KEPT, ORDINARY_RECORDS_MAX, RUNAWAY};
pub use stated_time::{EnvelopeTime, StatedTime};
pub use time_source::{CLOCK_AHEAD_MS_MAX, PLAUSIBLE_FROM, TimeSource, plausible};
pub use typed_fields::TypedValue;
pub use value::Value;
