//! Why a read store did not do its work.

use thiserror::Error;

/// Why a read store did not do its work.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The store's file or server failed.
    #[error("the read store failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// The place of the store's file does not let it be opened or written: its rights, a full disk. That says
    /// nothing about what is in it.
    #[error("the read store failed: {reason}")]
    Place {
        /// What the system said.
        reason: String,
    },
    /// The store's server cannot be reached, or the connection to it broke. Nothing is known of what was
    /// under way; it can be tried again.
    #[error("the read store cannot be reached: {reason}; hint: it is tried again when it is back")]
    Unavailable {
        /// What was seen.
        reason: String,
    },
    /// Another process writes to the store.
    #[error("{who}; hint: only one process at a time can; ask it with --url, or stop it")]
    Led {
        /// What it does.
        who: &'static str,
    },
    /// A batch does not follow what the store contains: somebody else brought it forward, or cut it back.
    #[error(
        "the read models do not stand where the batch begins; hint: it is made anew from where they stand"
    )]
    OutOfStep,
    /// A row is not one that this program writes.
    #[error(
        "the read store's table {table} holds a row that cannot be understood: {reason}; \
         hint: run `attempt-ledger rebuild`"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The store's schema was written by a later release.
    #[error(
        "the read store has schema {found}, this program knows up to {known}; hint: use \
         the release that wrote it, or delete the read models: they are rebuilt"
    )]
    Newer {
        /// What the store states.
        found: u32,
        /// What this program knows.
        known: u32,
    },
}
