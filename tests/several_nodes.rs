//! Several nodes as their users run them: one log in a cluster, read models in PostgreSQL, and nodes that die.
//!
//! The tests start a PostgreSQL server of their own: `apt-get install -y --no-install-recommends postgresql`. The
//! log is in the double of the stream services, or where ATTEMPT_LEDGER_TEST_ESDB says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "several_nodes/deaths.rs"]
mod deaths;
#[path = "several_nodes/node.rs"]
mod node;
#[path = "several_nodes/outages.rs"]
mod outages;
#[path = "postgres/cluster.rs"]
#[expect(dead_code, reason = "its other tests use the rest")]
mod postgres;
#[path = "several_nodes/sender.rs"]
mod sender;
#[path = "cluster/server.rs"]
#[expect(dead_code, reason = "its other tests use the rest")]
mod server;
#[path = "cluster/traffic.rs"]
#[expect(dead_code, reason = "its other tests use the rest")]
mod traffic;
