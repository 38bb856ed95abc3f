//! Why a log in a cluster could not be opened.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use attempt_ledger_log::OpenError;

/// Why [`super::ClusterLog::open`] refused.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The connection string makes no sense.
    #[error(
        "the connection string of the cluster cannot be used: {reason}; \
         hint: it reads esdb://user:password@host:2113?tls=true"
    )]
    Address {
        /// Why; the string itself is not repeated, for it may hold a password.
        reason: String,
    },
    /// The certificates that the connection string asks for make no connection.
    #[error("{0}")]
    Certificates(String),
    /// The copy in this node's directory could not be opened.
    #[error(transparent)]
    Copy(#[from] OpenError),
    /// The system failed.
    #[error("{file} could not be opened: {source}")]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing came from the cluster for too long.
    #[error(
        "{address} could not be followed within {waited_s} s: {reason}; \
         hint: check the address, the credentials, the certificates and that the cluster runs"
    )]
    Unreachable {
        /// The cluster, without credentials.
        address: String,
        /// How long nothing came.
        waited_s: u64,
        /// The newest failure.
        reason: String,
    },
    /// What the cluster holds and what the copy holds contradict each other, or the cluster's records do
    /// themselves.
    #[error("{address} cannot be followed: {reason}")]
    Stopped {
        /// The cluster, without credentials.
        address: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}
