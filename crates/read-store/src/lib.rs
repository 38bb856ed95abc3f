//! Where read models are kept: a port, and the stores behind it.
//!
//! In reading order: `projection` names the read models, `changes` is what a batch does to them, `question`
//! what readers ask, and `port` what every store can do. `sql` is what both databases have in common;
//! `sqlite` keeps rows in a file, and `directory` the file in use and the one that a rebuild fills beside it,
//! `model_files` all of them as they lie;
//! `postgres` keeps both in a database.

mod changes;
mod directory;
mod late_models;
mod model_files;
mod models;
mod port;
mod postgres;
mod projection;
mod question;
mod sql;
mod sqlite;
mod store_error;

pub use changes::{Changes, RunawayCatchUp};
pub use directory::ModelsDirectory;
pub use late_models::LateModels;
pub use model_files::{SeenModels, file_in_use, seen_models};
pub use models::Models;
pub use port::{BoardReader, CanonicalRow, CheckPace, ReadStore, Reader, Visit};
pub use postgres::{Leadership, PostgresAddress, PostgresModels, PostgresOptions};
pub use projection::{Checkpoint, Failure, Projection, ProjectionStatus, UnfoldedAttempt};
pub use question::{
    After, AgentFilter, AttemptFilter, BoardEntry, HistoryFilter, HistoryScope, OfferFilter, Order,
    RefusalFilter, leg_ids,
};
pub use sqlite::{MODELS_CACHE_BYTES, SqliteOptions, SqliteStore};
pub use store_error::StoreError;
