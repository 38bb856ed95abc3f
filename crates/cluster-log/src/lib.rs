//! The cluster backend: EventStoreDB or KurrentDB holds the log, every node follows it with a copy of its
//! own.
//!
//! ```text
//! append ──▶ writer ──▶ supervisor ──▶ cluster ──$all, by prefix──▶ subscription ──▶ follower ──▶ copy
//!              ▲                                                                       │
//!              └───────────── pending writes: "your event is at position 42" ◀─────────┘
//! ```
//! In reading order: `record_event` is what a record looks like in the cluster, `follower` fills the copy
//! that answers every read, `pending_writes` reports outcomes to writers, `writer` appends until the outcome
//! is known. `client` holds everything that is about the client crate, TLS and credentials.

mod admission;
mod backoff;
mod client;
mod cluster_log;
mod copy_appender;
mod copy_comparison;
mod copy_lookup;
mod error;
mod follower;
mod follower_parts;
mod health;
mod mark_file;
pub mod options;
mod pending_writes;
mod record_event;
mod stream_turns;
mod subscription_end;
mod write_plan;
mod writer;

pub use client::ClusterAddress;
pub use cluster_log::ClusterLog;
pub use error::ClusterError;
pub use health::ClusterFigures;
pub use mark_file::FOLLOWED;
pub use options::ClusterOptions;
