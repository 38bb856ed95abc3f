//! A small double of the server, in this process: the calls that the ledger makes, and no others.

mod messages;
mod node;
mod store;

pub use node::{Double, DoubleNode};
