//! Where a ledger keeps what, as options.

use clap::Args;

use super::CliError;
use crate::cache_sizes::CacheSizes;
use crate::log::EmbeddedOptions;
use crate::read_store::{PostgresAddress, StoreError};

/// The directory of the read models, in a ledger's directory. It can be deleted at any time.
pub(super) const READ_MODELS: &str = "read-models";

/// How a command that records lays its log on disk.
#[derive(Args, Clone, Copy)]
pub(super) struct LogArguments {
    /// A file of the log is full, and then compressed, at this many bytes. Opening the log after a kill takes
    /// 4 ms for each million of them
    #[arg(
        long,
        value_name = "BYTES",
        env = "ATTEMPT_LEDGER_SEGMENT_BYTES_MAX",
        default_value_t = EmbeddedOptions::default().segment_bytes_max
    )]
    segment_bytes_max: u64,
}

/// Where the read models are, for commands that read or make them.
#[derive(Args, Clone)]
pub(super) struct ReadStoreArguments {
    /// Where the read models are: sqlite, which is a file in the ledger's directory, or
    /// postgres://user:password@host:5432/database
    #[arg(
        long,
        value_name = "URL",
        env = "ATTEMPT_LEDGER_READ_STORE",
        hide_env_values = true,
        default_value = SQLITE
    )]
    read_store: String,
}

/// Where a ledger keeps what, and how.
#[derive(Clone)]
pub(super) struct Storage {
    segment_bytes_max: u64,
    read_store: String,
    /// What the caches may take; a service derives it from its budget.
    pub(super) caches: CacheSizes,
}

impl Default for Storage {
    fn default() -> Self {
        let segment_bytes_max = EmbeddedOptions::default().segment_bytes_max;
        Self { segment_bytes_max, read_store: SQLITE.to_owned(), caches: CacheSizes::default() }
    }
}

impl From<LogArguments> for Storage {
    fn from(LogArguments { segment_bytes_max }: LogArguments) -> Self {
        Self { segment_bytes_max, ..Self::default() }
    }
}

impl From<ReadStoreArguments> for Storage {
    fn from(ReadStoreArguments { read_store }: ReadStoreArguments) -> Self {
        Self { read_store, ..Self::default() }
    }
}

/// What stands for read models in a file.
const SQLITE: &str = "sqlite";

impl Storage {
    /// With read models in this place.
    pub(super) fn with(self, ReadStoreArguments { read_store }: ReadStoreArguments) -> Self {
        Self { read_store, ..self }
    }

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
