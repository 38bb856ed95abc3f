//! The ledger: takes deliveries, has them judged, and appends what comes of them to the log.
//!
//! In reading order: a [`Submission`] comes in and a [`Receipt`] goes out (`intake`). `recorder` is the write
//! path: it takes a `group` of one or many deliveries through the locks, the rules and the log.
//! `attempt_slots` lends each attempt to one writer, `command` asks an aggregate of cqrs-es, `new_record` and
//! `record` are the two directions between facts and bytes. `refusals` and `queue_definition` keep what their
//! names say; `history` answers questions.

mod attempt_deliveries;
mod attempt_refusals;
mod attempt_slots;
mod batch_line;
mod cached_attempt;
mod command;
mod contention;
mod correction;
mod error;
mod exported_record;
mod forgotten;
mod group;
mod history;
mod intake;
mod ledger;
mod new_record;
mod observations;
mod queue_cache;
mod queue_definition;
mod queue_replay;
mod receipt;
mod recollection;
mod record;
mod record_pages;
mod recorder;
mod refusal_view;
mod refusals;
mod replay_progress;
mod striped_locks;
mod submission;
mod unjudged_deliveries;
mod unread_deliveries;

pub use attempt_deliveries::AttemptDeliveries;
pub use batch_line::{BatchLine, LineReceipt, is_exported};
pub use correction::Correction;
pub use error::LedgerError;
pub use history::{AttemptRecordsPage, RecordsPage};
pub use ledger::{Ledger, LedgerOptions};
pub use queue_definition::{DefineError, DefinitionReceipt};
pub use receipt::{EventReceipt, ObservationReceipt, Receipt, RefusalReceipt};
pub use record::Record;
pub use record_pages::{PAGE_BYTES_MAX, visit_records};
pub use refusal_view::{RefusalStatus, RefusalView};
pub use refusals::{SettleError, Settlement};
pub use replay_progress::{QueueReplay, ReplayPhase};
pub use submission::{EVENT_BYTES_MAX, Submission};
