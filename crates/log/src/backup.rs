//! A log as one file: the lines of its records up to a position, packed as a zstd stream.
//!
//! ```text
//! {"backup":1,"head":2}
//! {"crc32c":"9ae0daaf","length":1041,"position":1,"leaf":{…},"opening":{…}}
//! {"crc32c":"0c2d5a11","length":988,"position":2,"leaf":{…},"opening":{…}}
//! {"records":2,"leaves":"…","sha256":"…"}
//! ```
//! The last line proves that the file is whole: it states the digest of every line before it, and the
//! fingerprint of the log.

mod format;
mod read;
mod write;

pub use format::BackupError;
pub use read::BackupReader;
pub use write::write_backup;
