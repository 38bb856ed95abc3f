//! New names for what knows better than a log. They last once the service runs over that log; a start that
//! fails leaves everything as it was.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use attempt_ledger_domain::Position;

use super::CliError;
use crate::aside::set_aside;
use crate::environment::{Environment as _, System};

/// Files and directories that were renamed; they get their names back unless they are [kept](Self::keep).
#[derive(Default)]
pub(super) struct AsideNames(Vec<(PathBuf, PathBuf)>);

impl AsideNames {
    /// Gives what is in a ledger's directory other names.
    pub(super) fn rename(
        &mut self,
        directory: &Path,
        names: &[String],
        head: Position,
    ) -> Result<(), CliError> {
        for name in names {
            let path = directory.join(name);
            let aside = set_aside(&path, System.now()).with_context(|| path.display().to_string())?;
            if let Some(aside) = aside {
                tracing::warn!(
                    file = %path.display(), aside = %aside.display(), %head,
                    "what knows more than the log is kept under another name"
                );
                self.0.push((path, aside));
            }
        }
        Ok(())
    }

    /// The service runs: the new names stay.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for AsideNames {
    fn drop(&mut self) {
        for (path, aside) in self.0.drain(..).rev() {
            // What was made in its place holds nothing that the log does not.
            let restored = remove(&path).and_then(|()| fs::rename(&aside, &path));
            match restored {
                Ok(()) => tracing::warn!(file = %path.display(), "has its name again: the start failed"),
                Err(error) => {
                    let (file, aside) = (path.display(), aside.display());
                    tracing::error!(%file, %aside, %error, "the start failed; rename it back by hand");
                }
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
