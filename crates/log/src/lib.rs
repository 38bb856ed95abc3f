//! The event log: the only truth. One port, several backends.

pub mod backup;
pub mod copy;
pub mod embedded;
mod memory;
mod port;
pub mod record;

pub use embedded::{
    EmbeddedLog, EmbeddedOptions, Evidence, INDEX_CACHE_BYTES, OpenError, Witness, packed_files_max,
};
pub use memory::MemoryLog;
pub use port::{
    AppendError, Appended, EventLog, Expected, ForeignObserver, Key, NewRecord, ReadError, StoredRecord,
    Stream, StreamAppend,
};
