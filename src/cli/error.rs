//! How commands end.

use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use thiserror::Error;

use super::exit;
use super::visible::visible_lines;
use crate::cluster_log::ClusterError;
use crate::ledger::LedgerError;
use crate::log::backup::BackupError;
use crate::log::{OpenError, ReadError};
use crate::projector::{PassError, RebuildError};
use crate::read_store::StoreError;

/// What to do about damaged files of a log.
pub(super) const DAMAGE_HINT: &str = "restore copies of these files that were made before, or a backup: \
     docs/operations.md says how (A damaged file of the log)";

/// Why a command did not do its work.
#[derive(Debug, Error)]
pub enum CliError {
    /// The command line asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The log's files or a file of progress are damaged, or a check found differences.
    #[error("{0}")]
    Damaged(String),
    /// Deliveries were refused and the caller asked for an error then.
    #[error(
        "{refused} deliveries were refused\nhint: they are kept; `attempt-ledger refusals list {place}` \
         lists them"
    )]
    RefusedUnderStrict {
        /// How many.
        refused: u64,
        /// Where, as arguments.
        place: String,
    },
    /// The directory holds no ledger.
    #[error(
        "no ledger is in {0}\n\
         hint: name it with --data DIR, or a running server with --url URL, or create one with \
         `attempt-ledger serve --data DIR`"
    )]
    NoLedger(String),
    /// Another process holds the ledger.
    #[error("{0}")]
    InUse(String),
    /// A later release wrote the ledger.
    #[error("{0}")]
    Newer(String),
    /// The reader of standard output has seen enough, as `head` does. That is no failure.
    #[error("nobody reads standard output any more")]
    OutputClosed,
    /// Anything else.
    #[error("{}", causes(.0))]
    Other(#[from] anyhow::Error),
}

impl CliError {
    /// The same error with the place where it happened, for errors that do not name it themselves.
    pub(super) fn at(self, place: impl fmt::Display + Send + Sync + 'static) -> Self {
        match self {
            Self::Other(error) => Self::Other(error.context(place)),
            error => error,
        }
    }

    /// Whether something is not what was written, or not what it should be.
    pub(super) fn is_damage(&self) -> bool {
        self.exit_code() == exit::DAMAGE
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::OutputClosed => exit::DONE,
            Self::Other(error) if has_damage(error) => exit::DAMAGE,
            Self::Other(_) => exit::FAILURE,
            Self::Usage(_) => exit::USAGE,
            Self::Damaged(_) => exit::DAMAGE,
            Self::RefusedUnderStrict { .. } => exit::REFUSED,
            Self::NoLedger(_) => exit::NO_LEDGER,
            Self::InUse(_) => exit::IN_USE,
            Self::Newer(_) => exit::NEWER,
        }
    }
}

/// An error and what caused it, each said once: many an error says its cause itself.
pub(super) fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
    }
    text
}

/// Whether a record did not read, wherever a command met it.
fn has_damage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        // An error that says its cause in its place hides it from the chain.
        let pass = match cause.downcast_ref() {
            Some(RebuildError::Pass(pass)) => Some(pass),
            _ => cause.downcast_ref(),
        };
        let ledger = match pass {
            Some(PassError::Ledger(ledger)) => Some(ledger),
            _ => cause.downcast_ref(),
        };
        match ledger {
            Some(LedgerError::Record { .. }) => true,
            Some(LedgerError::Read(read)) => matches!(read, ReadError::Damaged { .. }),
            _ => matches!(cause.downcast_ref(), Some(ReadError::Damaged { .. })),
        }
    })
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        let text = error.to_string();
        match error {
            // What to do depends on the command, which says it.
            OpenError::InUse { directory } => {
                Self::InUse(format!("{} is in use by another process", directory.display()))
            }
            OpenError::Newer { .. } => Self::Newer(text),
            OpenError::Evidence(evidence) => evidence.into(),
            OpenError::Damaged { .. } | OpenError::Missing { .. } | OpenError::Foreign { .. } => {
                Self::Damaged(text)
            }
            _ => Self::Other(error.into()),
        }
    }
}

impl From<ClusterError> for CliError {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Copy(error) => error.into(),
            ClusterError::Address { .. } | ClusterError::Certificates(_) => Self::Usage(error.to_string()),
            ClusterError::Stopped { .. } => Self::Damaged(error.to_string()),
            ClusterError::Io { .. } | ClusterError::Unreachable { .. } => Self::Other(error.into()),
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Newer { .. } => Self::Newer(error.to_string()),
            _ => Self::Other(error.into()),
        }
    }
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Damaged { .. } => Self::Damaged(error.to_string()),
            BackupError::Newer { .. } => Self::Newer(error.to_string().replacen("; hint:", "\nhint:", 1)),
            BackupError::Log(error) => Self::Other(error.into()),
            BackupError::Write(error) => Self::Other(error.into()),
        }
    }
}

/// The next step after what the file system refused. An error that was put into words of our own names its
/// next step itself, and has no number of the system's.
pub(super) fn disk_hint(cause: &anyhow::Error) -> Option<&'static str> {
    let refused = cause.chain().find_map(|cause| cause.downcast_ref::<io::Error>())?;
    refused.raw_os_error()?;
    match refused.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("make space on the disk of this file, or name another place; then run the command again")
        }
        ErrorKind::FileTooLarge => {
            Some("lift the limit on the size of files (`ulimit -f`), or name another disk")
        }
        ErrorKind::PermissionDenied => Some("let this user read and write there, or name another place"),
        ErrorKind::ReadOnlyFilesystem => Some("make the disk writable, or name a place on another one"),
        ErrorKind::NotFound => Some("see that the file or its directory exists"),
        _ => None,
    }
}

/// What a command can do about a ledger that another process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InUseRemedy {
    /// It asks a server as well as a directory.
    AskServer,
    /// It works on files alone.
    StopOther,
}

impl InUseRemedy {
    const fn hint(self) -> &'static str {
        match self {
            Self::AskServer => "ask the running server instead, with --url http://127.0.0.1:7878",
            Self::StopOther => "stop the process that has it open, or name another directory",
        }
    }
}

/// Reports the error once, on stderr, and returns the process's exit code.
pub(super) fn report(error: &CliError, remedy: InUseRemedy) -> ExitCode {
    if !matches!(error, CliError::OutputClosed) {
        let text = error.to_string();
        anstream::eprintln!("{red}error:{red:#} {}", visible_lines(&text), red = super::swimlane::ERROR);
        let hint = match error {
            CliError::InUse(_) => Some(remedy.hint()),
            CliError::Other(cause) => disk_hint(cause),
            _ => None,
        };
        if let Some(hint) = hint {
            anstream::eprintln!("hint: {hint}");
        }
    }
    ExitCode::from(error.exit_code())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_cause_that_an_error_says_itself_is_said_once() {
        let system = || io::Error::from(ErrorKind::ReadOnlyFilesystem);
        let said = system().to_string();
        let opened = OpenError::Io { file: PathBuf::from("log/DURABLE"), source: system() };
        let read = ReadError::Io { file: "log/1.ndjson".to_owned(), source: system() };
        let nested = anyhow::Error::from(LedgerError::Read(read)).context("the log of DIR");
        for error in [CliError::from(opened), nested.into(), anyhow::Error::from(system()).into()] {
            let text = error.to_string();
            assert_eq!(text.matches(&said).count(), 1, "{text}");
        }
        let apart = anyhow::Error::from(system()).context("DIR/LOCK");
        assert_eq!(causes(&apart), format!("DIR/LOCK: {said}"));
    }
}
