//! The files of a directory of models as they lie: which one is in use, and what each of them has seen.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use attempt_ledger_domain::Position;

use crate::projection::ProjectionStatus;
use crate::sqlite::SqliteStore;
use crate::store_error::StoreError;

pub(crate) const CURRENT: &str = "CURRENT";

/// What a small file says, which is derived and can be made again.
pub(crate) enum SmallFile {
    Missing,
    Says(String),
    /// Why it says nothing.
    Unreadable(String),
}

impl SmallFile {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError::Place`] for a file that this process may not read: that is no reason to replace it.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        Ok(match fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Self::Says(text.trim().to_owned()),
                Err(error) => Self::Unreadable(error.to_string()),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Missing,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(forbidden(path, &error)),
            Err(error) => Self::Unreadable(error.to_string()),
        })
    }

    /// The text of one that can be read. One that cannot is made again, and that is logged.
    pub(crate) fn text(self, path: &Path) -> Option<String> {
        match self {
            Self::Says(text) => Some(text),
            Self::Missing => None,
            Self::Unreadable(reason) => {
                let file = path.display();
                tracing::warn!(%file, %reason, "a file of the read models cannot be read: it is made again");
                None
            }
        }
    }
}

/// A file of read models, and where its projections stand.
pub struct SeenModels {
    /// The file.
    pub file: PathBuf,
    /// Where each of its projections stands.
    pub statuses: Vec<ProjectionStatus>,
}

impl SeenModels {
    /// The last position that any of its projections has seen.
    #[must_use]
    pub fn position(&self) -> Position {
        self.statuses.iter().map(|status| status.checkpoint.position).max().unwrap_or_default()
    }
}

/// What each file of a directory of models has seen, whichever of them is in use. A file that does not read
/// has seen nothing. Nothing is changed.
///
/// # Errors
/// [`StoreError::Place`] when this process may not read there.
pub fn seen_models(directory: &Path) -> Result<Vec<SeenModels>, StoreError> {
    let mut seen = Vec::new();
    for name in names(directory)? {
        let file = directory.join(name);
        match fs::File::open(&file) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(forbidden(&file, &error));
            }
            _ => {}
        }
        if let Ok(statuses) = SqliteStore::statuses_in(&file) {
            seen.push(SeenModels { file, statuses });
        }
    }
    Ok(seen)
}

/// The file in use in a directory of models, without opening or making anything; `None` when there are no
/// models.
///
/// # Errors
/// [`StoreError`] when there are models and `CURRENT` does not say which of them are in use.
pub fn file_in_use(directory: &Path) -> Result<Option<PathBuf>, StoreError> {
    refuse_dangling(directory)?;
    let path = directory.join(CURRENT);
    let (reason, is_usual) = match SmallFile::read(&path)? {
        SmallFile::Says(name) if number_of(&name).is_some() => {
            let file = directory.join(&name);
            if file.is_file() {
                return Ok(Some(file));
            }
            (format!("names {name}, which is missing"), true)
        }
        SmallFile::Says(_) => ("names no file of the read models".to_owned(), false),
        SmallFile::Unreadable(reason) => (format!("cannot be read ({reason})"), false),
        SmallFile::Missing => ("is missing".to_owned(), true),
    };
    // A kill may have left it so before anything was folded.
    if is_usual && seen_models(directory)?.iter().all(|seen| seen.position() == Position(0)) {
        return Ok(None);
    }
    let reason = format!(
        "{} {reason}: which read models are in use is not known; hint: they are folded anew when the ledger \
         is served, or by `attempt-ledger rebuild`",
        path.display()
    );
    Err(StoreError::Failed { reason })
}

pub(crate) fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("models-")?.strip_suffix(".sqlite")?.parse().ok()
}

/// Refuses a link to a place that is not there: it may be there again, with what it holds.
pub(crate) fn refuse_dangling(directory: &Path) -> Result<(), StoreError> {
    let Ok(target) = fs::read_link(directory) else { return Ok(()) };
    if directory.exists() {
        return Ok(());
    }
    let reason = format!(
        "{} leads to {}, which is not there; hint: mount it, or remove the link, and the read models are \
         folded anew",
        directory.display(),
        target.display()
    );
    Err(StoreError::Place { reason })
}

/// The files of models; none where there is no directory.
pub(crate) fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |error: &std::io::Error| match error.kind() {
        ErrorKind::PermissionDenied => forbidden(directory, error),
        _ => StoreError::Failed { reason: format!("{}: {error}", directory.display()) },
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(&error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| failed(&error))?.file_name();
        names.extend(name.to_str().filter(|name| number_of(name).is_some()).map(str::to_owned));
    }
    Ok(names)
}

/// What this process may not read says nothing about what is in it.
pub(crate) fn forbidden(path: &Path, error: &std::io::Error) -> StoreError {
    let reason = format!(
        "{}: {error}; hint: let this user read and write there, as the user who made it",
        path.display()
    );
    StoreError::Place { reason }
}
