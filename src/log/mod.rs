//! The event log: the only truth. One port, several backends.

pub mod cluster;
pub mod copying;
pub mod embedded;
mod memory;
mod port;

pub use cluster::{ClusterAddress, ClusterError, ClusterLog, ClusterOptions};
pub use embedded::{EmbeddedLog, EmbeddedOptions, OpenError};
pub use memory::MemoryLog;
pub use port::{
    AppendError, Appended, EventLog, Expected, ForeignObserver, Key, NewRecord, ReadError, StoredRecord,
    Stream, StreamAppend,
};
