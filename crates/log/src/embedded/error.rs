//! Why a data directory could not be opened.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::evidence::Evidence;
use super::layout::FORMAT;
use crate::ReadError;

/// Why [`super::EmbeddedLog::open`] refused.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has the directory open.
    #[error("{directory} is in use by another process; hint: stop it, or give another directory")]
    InUse {
        /// The data directory.
        directory: PathBuf,
    },
    /// A later release wrote the directory.
    #[error(
        "{file} says format {found}, this program reads up to {FORMAT}; \
         hint: open the ledger with the release that wrote it"
    )]
    Newer {
        /// The file that says so.
        file: PathBuf,
        /// The format found.
        found: u64,
    },
    /// Acknowledged bytes are not what was written.
    #[error("{file} is damaged at byte {offset}: {reason}; hint: restore this file from a backup")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where in the file the damage starts.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A segment between two others, or before all others, is not there.
    #[error("{file} is missing: {reason}; hint: restore this file from a backup")]
    Missing {
        /// The file that should be there.
        file: PathBuf,
        /// How that is known.
        reason: String,
    },
    /// A file is of another ledger, or of another place in this one.
    #[error("{file} does not belong here: {reason}; hint: restore the file that belongs here from a backup")]
    Foreign {
        /// The file.
        file: PathBuf,
        /// How that is known.
        reason: String,
    },
    /// The log ends before what the index or `FORMAT` has seen of it.
    #[error("{0}")]
    Evidence(Evidence),
    /// The system failed.
    #[error("{file} could not be opened: {source}")]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// Names the file in an error of the system.
    pub(super) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { file: file.to_owned(), source }
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { file, offset, reason } => {
                Self::Damaged { file: file.into(), offset, reason }
            }
            ReadError::Io { file, source } => Self::Io { file: file.into(), source },
            // Opening is nobody's question; a caller that cancels it all the same is told so.
            ReadError::Cancelled => {
                Self::Io { file: "log".into(), source: io::ErrorKind::Interrupted.into() }
            }
            ReadError::Index { reason } => {
                Self::Io { file: "index".into(), source: io::Error::other(reason) }
            }
        }
    }
}
