//! Where read models are kept: a port, and the store behind it.
//!
//! In reading order: `port` is what every store can do, `layout` the tables that every store has; `sqlite` keeps rows in a
//! file, and `directory` the file in use and the one that a rebuild fills beside it; `postgres` keeps both in a database.

mod directory;
mod layout;
mod models;
mod port;
mod postgres;
mod sqlite;

pub use directory::ModelsDirectory;
pub use models::Models;
pub use port::*;
pub use postgres::{Leadership, PostgresAddress, PostgresModels, PostgresOptions};
pub use sqlite::{SqliteOptions, SqliteStore};
