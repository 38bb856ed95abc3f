//! The embedded backend: a directory of append-only segments, one writer, group commit.
//!
//! ```text
//! DIR/LOCK    held while the log is open   DIR/log/DURABLE       how far it is known to be on disk
//! DIR/FORMAT  {"format":1}                 DIR/log/N.ndjson      plain segment from position N on
//! DIR/index/  derived, deletable           DIR/log/N.ndjson.zst  sealed segment
//! ```

mod block;
mod directory;
mod error;
mod group;
mod heads;
mod index;
mod index_check;
mod index_recovery;
mod index_value;
mod key_map;
mod layout;
pub mod options;
mod plain;
mod reader;
mod recovery;
mod scan;
mod seal;
mod seal_gate;
mod seal_table;
mod sealed;
mod sealed_files;
mod sealer;
mod segments;
mod shared;
mod start;
mod tail;
mod varint;
mod watermark;
mod writer;

mod embedded_log;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod faulty_disk;

pub use directory::FORMAT;
pub use embedded_log::{EmbeddedLog, OpenReport};
pub use error::OpenError;
pub use options::{EmbeddedOptions, SenderIdOf};
pub use reader::ScannedRecord;
pub use recovery::DroppedTail;
