//! The binary is killed, starved and interrupted in every way we know; nothing acknowledged may be lost.

mod acks;
mod client;
mod damaged_index;
mod doors;
mod duplicates;
mod every_syscall;
mod full_disk;
mod graceful_stop;
mod hooks;
mod kills;
mod leftovers;
mod load;
mod oracle;
mod readable;
mod script;
mod server;
mod sync_order;
mod tools;
