//! A double of EventStoreDB's and KurrentDB's stream services (the gRPC API of version 1), for tests.
//!
//! It keeps events in memory and answers as the official server is documented to answer: conditional and
//! idempotent appends, reads in both directions, subscriptions with filters, deletions, clusters with one
//! leader, TLS, and users with the rights that they have by default. It has no access control lists, no
//! projections, no persistent subscriptions and no disk. Several nodes serve one store without any delay
//! between them, so it cannot show what a follower that lags would.
//!
//! Whether it is true to the official server is asked in `tests/clients`, through clients that were written
//! for that server by others. The same claims can be put to a real server, to see that it is they and not the
//! double that hold.
//!
//! ```
//! use attempt_ledger_streams_double::{Double, Options};
//!
//! let double = Double::start(Options::default())?;
//! assert!(double.connection_string().starts_with("esdb://127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod access;
mod answer;
mod append;
mod batch;
mod batch_answer;
mod cluster;
mod deletion;
mod double;
mod expected;
mod failure;
mod features;
mod filter;
mod hold;
mod members;
mod node;
mod options;
mod pages;
mod read;
mod read_start;
mod record;
mod request;
mod retention;
mod rules;
mod secure;
mod services;
mod state;
mod store;
mod subscription;
mod unready;
pub mod wire;

pub use access::User;
pub use double::Double;
pub use hold::{Hold, Moment};
pub use options::Options;
pub use secure::Certificates;
