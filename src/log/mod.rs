//! The event log: the only truth. One port, several backends.

mod port;

pub use port::{
    AppendError, Appended, EventLog, Expected, Key, NewRecord, ReadError, StoredRecord, Stream,
    StreamAppend,
};
