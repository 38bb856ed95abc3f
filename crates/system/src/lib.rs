//! What the ledger takes from the machine: time, randomness, files that survive a crash, files and
//! directories that do not, locks that survive a panic, threads in the background, work that ends when
//! nobody waits for it, and work that does not.

pub mod aside;
pub mod background;
pub mod cancellation;
pub mod disk;
pub mod durable_file;
pub mod environment;
pub mod errand;
pub mod file_limit;
pub mod lock;
pub mod page_size;
pub mod scratch_directory;
pub mod still_disk;
pub mod task;
pub mod unnamed_file;
