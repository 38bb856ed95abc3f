//! Where a ledger keeps what, as options.

use clap::Args;

use super::CliError;
use crate::cache_sizes::CacheSizes;
use crate::log::EmbeddedOptions;
use crate::read_store::{PostgresAddress, StoreError};

/// The directory of the read models, in a ledger's directory. It can be deleted at any time.
pub(super) const READ_MODELS: &str = "read-models";

/// How the log lies on disk.
#[derive(Args, Clone)]
pub(super) struct Storage {
    /// A file of the log is full, and then compressed, at this many bytes. Opening the log after a kill takes
    /// 4 ms for each million of them
    #[arg(
        long,
        value_name = "BYTES",
        env = "ATTEMPT_LEDGER_SEGMENT_BYTES_MAX",
        default_value_t = EmbeddedOptions::default().segment_bytes_max,
        global = true
    )]
    segment_bytes_max: u64,
    /// Where the read models are: sqlite, which is a file in the ledger's directory, or
    /// postgres://user:password@host:5432/database
    #[arg(
        long,
        value_name = "URL",
        env = "ATTEMPT_LEDGER_READ_STORE",
        hide_env_values = true,
        default_value = SQLITE,
        global = true
    )]
    read_store: String,
    /// What the caches may take; a service derives it from its budget.
    #[arg(skip)]
    pub(super) caches: CacheSizes,
}

/// What stands for read models in a file.
const SQLITE: &str = "sqlite";

impl Storage {
    /// The database of the read models; `None` when they are in a file of the ledger's directory.
    pub(super) fn database(&self) -> Result<Option<PostgresAddress>, CliError> {
        match self.read_store.trim() {
            SQLITE | "" => Ok(None),
            address => match address.parse() {
                Ok(address) => Ok(Some(address)),
                Err(error) => Err(CliError::Usage(StoreError::to_string(&error))),
            },
        }
    }

    pub(super) fn options(&self) -> EmbeddedOptions {
        EmbeddedOptions {
            segment_bytes_max: self.segment_bytes_max,
            index_cache_bytes: self.caches.index_bytes,
            ..EmbeddedOptions::default()
        }
    }
}
