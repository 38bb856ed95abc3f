//! The embedded backend: a directory of append-only segments, one writer, group commit.
//!
//! ```text
//! DIR/LOCK    held while the log is open   DIR/log/DURABLE       how far it is known to be on disk
//! DIR/FORMAT  format, and the ledger's id  DIR/log/N.ndjson      plain segment from position N on
//! DIR/index/  derived, deletable           DIR/log/N.ndjson.zst  packed segment
//!                                          DIR/log/N.keys        what opening needs of a full plain segment
//! ```

mod block;
mod content;
mod content_check;
mod directory;
mod embedded_log;
mod error;
mod evidence;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod faulty_disk;
mod file_damage;
mod format_file;
mod frame_table;
mod group;
mod index;
mod index_check;
mod index_look;
mod index_recovery;
mod index_tables;
mod index_value;
mod key_checksums;
mod key_map;
mod key_table;
mod keys_file;
mod keys_recovery;
mod known_damage;
mod layout;
mod lineage;
mod lineage_check;
mod missing_segments;
mod open_files;
mod open_log;
mod open_report;
mod opening;
pub mod options;
mod packed_file;
mod packed_keys;
mod packed_segment;
mod packer;
mod packer_gate;
mod plain_keys;
mod plain_segment;
mod reader;
mod recovery;
mod room;
mod scan;
mod scrub;
mod segment_keys;
mod segments;
mod start;
mod stream_heads;
mod tail;
mod varint;
mod watermark;
mod writer;

pub use embedded_log::EmbeddedLog;
pub use error::OpenError;
pub use evidence::{Evidence, Witness};
pub use layout::FORMAT;
pub use open_files::packed_files_max;
pub use open_report::OpenReport;
pub use options::{EmbeddedOptions, INDEX_CACHE_BYTES};
pub use reader::ScannedRecord;
pub use recovery::DroppedTail;
