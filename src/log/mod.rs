//! The event log: the only truth. One port, several backends.

mod memory;
mod port;

pub use memory::MemoryLog;
pub use port::{
    AppendError, Appended, EventLog, Expected, Key, NewRecord, ReadError, StoredRecord, Stream, StreamAppend,
};
