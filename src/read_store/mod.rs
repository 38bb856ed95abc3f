//! Where read models are kept: a port, and the store behind it.
//!
//! In reading order: `port` is what every store can do; `sqlite` keeps rows in a file; `directory` keeps the file
//! in use, and the one that a rebuild fills beside it.

mod directory;
mod models;
mod port;
mod sqlite;

pub use directory::ModelsDirectory;
pub use models::Models;
pub use port::*;
pub use sqlite::{SqliteOptions, SqliteStore};
