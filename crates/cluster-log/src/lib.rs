//! The cluster backend: EventStoreDB or KurrentDB holds the log, every node follows it with a copy of its own.
//!
//! ```text
//! append ──▶ writer ──▶ supervisor ──batch append──▶ cluster ──$all, by prefix──▶ reader ──▶ follower ──▶ copy
//!              ▲                                                                               │
//!              └───────────────────────────── arrivals: "your event is at position 42" ◀───────┘
//! ```
//! In reading order: `record_event` is what a record looks like in the cluster, `follower` fills the copy that
//! answers every read, `arrivals` tells writers what has come back, `writer` appends until the outcome is known.
//! `client` is the only file that names the client crate.

mod address;
mod arrivals;
mod backoff;
mod certificates;
mod client;
mod cluster_log;
mod credentials;
mod error;
mod filling;
mod followed_file;
mod follower;
mod health;
mod lanes;
pub mod options;
mod outcome;
mod plan;
mod reader;
mod record_event;
mod resume;
mod shown;
mod supervisor;
mod tripwire;
mod waiting;
mod writer;

pub use address::ClusterAddress;
pub use cluster_log::ClusterLog;
pub use error::ClusterError;
pub use followed_file::FOLLOWED;
pub use health::ClusterFigures;
pub use options::ClusterOptions;
