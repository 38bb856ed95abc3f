//! Where read models are kept: a port, and the store behind it.
//!
//! In reading order: `port` is what every store can do; `sqlite` keeps the models in the data directory.

mod models;
mod port;

pub use models::Models;
pub use port::*;
