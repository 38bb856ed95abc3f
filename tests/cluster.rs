//! The log in a cluster: the same records as in every other backend, through every fault of the network.

mod agreement;
mod copying;
mod faults;
mod leaders;
mod local_copy;
mod nodes;
mod outcomes;
mod proxy;
mod restored;
mod secure;
pub mod server;
mod serving;
pub mod traffic;
mod world;
