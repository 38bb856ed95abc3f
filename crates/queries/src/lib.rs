//! Questions to the read models: what became of attempts, what queues and agents did, and why the numbers are
//! what they are.
//!
//! In reading order: [`Questions`] holds what every question needs; `attempts` lists attempts and `offers`
//! agents' legs; `board` shows what is open now; `agents` lists an agent's states; `history` measures metrics
//! over what `sums` adds up, `explanation` lists the attempts behind a number, `changes` those that changed
//! it; `past` folds attempts as the ledger knew them at an older position; `dossier` is one attempt; `links`
//! are other attempts that name the same ids.

mod agents;
mod attempts;
mod board;
mod changes;
mod declared;
mod dossier;
mod dossier_cache;
mod dossiers;
mod error;
mod explanation;
mod freshness;
mod histories;
mod history;
mod hooks;
mod links;
mod listing;
mod numbered_page;
mod offers;
mod page_rows;
mod past;
mod questions;
mod queue_terms;
mod queues;
mod refusals;
mod share_walk;
mod split_sums;
mod standing;
mod subject;
mod sums;

pub use agents::AgentStates;
pub use board::{Board, BoardRow, LongestWait};
pub use changes::{Cause, MetricChange, ShareChange};
pub use dossier::Dossier;
pub use dossier_cache::DOSSIER_BYTES_MAX;
pub use error::{HISTORY_QUEUES_MAX, OVERLAY_ATTEMPTS_MAX, QuestionError};
pub use explanation::{AttemptReports, Explanation, ExplanationHead, ExplanationPart};
pub use freshness::{Freshness, UNFOLDED_MAX};
pub use histories::{HistoriesEnd, QueuePart};
pub use history::{HistoryQuestion, MeasuredHistory, ParameterOverrides};
pub use hooks::QueueHooks;
pub use links::AttemptLinks;
pub use listing::{Listing, Page};
pub use numbered_page::{NUMBERED_PAGE_MAX, NumberedPage};
pub use questions::Questions;
pub use queues::ListedQueue;
pub use refusals::{REFUSALS_READ_MAX, RefusalQuestion, RefusalsPage};
pub use share_walk::{AttemptShare, ExplanationPlace, Side};
pub use standing::{ProjectionState, Standing};
pub use subject::HistorySubject;
pub use sums::BucketSums;
