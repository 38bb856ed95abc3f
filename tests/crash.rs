//! The binary is killed, starved and interrupted in every way we know; nothing acknowledged may be lost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "crash/acks.rs"]
mod acks;
#[path = "crash/client.rs"]
mod client;
#[path = "crash/doors.rs"]
mod doors;
#[path = "crash/duplicates.rs"]
mod duplicates;
#[path = "crash/every_syscall.rs"]
mod every_syscall;
#[path = "crash/full_disk.rs"]
mod full_disk;
#[path = "crash/graceful_stop.rs"]
mod graceful_stop;
#[path = "crash/hooks.rs"]
mod hooks;
#[path = "crash/kills.rs"]
mod kills;
#[path = "crash/leftovers.rs"]
mod leftovers;
#[path = "crash/load.rs"]
mod load;
#[path = "crash/oracle.rs"]
mod oracle;
#[path = "crash/readable.rs"]
mod readable;
#[path = "crash/script.rs"]
mod script;
#[path = "crash/server.rs"]
mod server;
#[path = "support/strace.rs"]
mod strace;
#[path = "crash/sync_order.rs"]
mod sync_order;
#[path = "crash/tools.rs"]
mod tools;
