//! Read models in files: the current one, and a shadow beside it during a rebuild.
//!
//! ```text
//! read-models/CURRENT              the name of the file in use
//! read-models/SHADOW               during a rebuild: the shadow's name and what is built in it
//! read-models/models-000001.sqlite
//! ```
//! All of it can be deleted at any time: the log is the truth, and what is missing is folded again.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use attempt_ledger_system::aside::set_aside;
use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use attempt_ledger_system::environment::{Environment as _, System};
use attempt_ledger_system::lock::take_over;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use serde::{Deserialize, Serialize};

use crate::model_files::{CURRENT, SmallFile, file_in_use, forbidden, names, number_of, refuse_dangling};
use crate::models::Models;
use crate::port::ReadStore;
use crate::projection::Projection;
use crate::sqlite::{SqliteOptions, SqliteStore};
use crate::store_error::StoreError;

const SHADOW: &str = "SHADOW";
/// How the names of copies end that are not whole, or that nobody is to find.
const PARTIAL: &str = ".partial";
/// How the names of scratch directories begin.
const SCRATCH: &str = "verify-";

/// The read models of one data directory.
pub struct ModelsDirectory {
    directory: PathBuf,
    options: SqliteOptions,
    stores: Mutex<Stores>,
}

struct Stores {
    current: Generation,
    shadow: Option<(Generation, ShadowNote)>,
}

#[derive(Clone)]
struct Generation {
    name: String,
    store: Arc<SqliteStore>,
}

/// What the file `SHADOW` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ShadowNote {
    file: String,
    projections: Vec<Projection>,
}

impl ModelsDirectory {
    /// Opens the models under a data directory, making what is missing. A file that is damaged is thrown
    /// away: its models are folded again. So are files that `CURRENT` does not name: whether one of them
    /// knows more than the log is judged before, with [`seen_models`](crate::seen_models).
    ///
    /// # Errors
    /// [`StoreError`] when files cannot be made or may not be opened, or were written by a later release.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, SqliteOptions::default())
    }

    /// The same with options for each file.
    ///
    /// # Errors
    /// As [`ModelsDirectory::open`].
    pub fn open_with(directory: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        make_place(directory)?;
        let path = directory.join(CURRENT);
        let named = SmallFile::read(&path)?.text(&path).filter(|name| number_of(name).is_some());
        let opened = match &named {
            Some(name) if directory.join(name).is_file() => match open_store(directory, name, options) {
                Ok(current) => Some(current),
                Err(error @ (StoreError::Newer { .. } | StoreError::Place { .. })) => return Err(error),
                Err(_) => open_again(directory, name, options)?,
            },
            _ => None,
        };
        let current = match opened {
            Some(current) => current,
            None => {
                let name = next_name(directory)?;
                let current = open_store(directory, &name, options)?;
                replace(&directory.join(CURRENT), name.as_bytes())?;
                current
            }
        };
        let models = Self {
            directory: directory.to_owned(),
            options,
            stores: Mutex::new(Stores { current, shadow: None }),
        };
        models.remove_strays()?;
        Ok(models)
    }

    /// Copies the file in use, with what SQLite keeps beside it, to another directory; nothing where there is
    /// none, and every file where it is not known which one is in use.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be copied.
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        let files = match file_in_use(from) {
            Ok(file) => file.into_iter().collect(),
            Err(error @ StoreError::Place { .. }) => return Err(error),
            Err(_) => names(from)?.into_iter().map(|name| from.join(name)).collect::<Vec<_>>(),
        };
        let copied = |name: &OsStr| match File::open(from.join(name)) {
            Ok(mut part) => std::io::copy(&mut part, &mut File::create(to.join(name))?).map(drop),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        let copied_with_journal = |file: &Path| {
            fs::create_dir_all(to)?;
            copied(OsStr::new(CURRENT))?;
            let name = file.file_name().expect("a file has a name");
            copied(name)?;
            copied(OsStr::from_bytes(&[name.as_encoded_bytes(), b"-wal"].concat()))
        };
        for file in files {
            copied_with_journal(&file).map_err(|error| StoreError::Failed {
                reason: format!(
                    "{} could not be copied to {}: {error}; hint: make room there, or name another directory \
                     for temporary files with TMPDIR",
                    file.display(),
                    to.display()
                ),
            })?;
        }
        Ok(())
    }

    /// A directory beside the read models for a store of their size, made where it is missing.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub fn scratch(directory: &Path) -> Result<ScratchDirectory, StoreError> {
        fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
        ScratchDirectory::begin(directory, SCRATCH).map_err(|error| failed(directory, &error))
    }

    /// The current store as the file that it is, for snapshots.
    #[must_use]
    pub fn file(&self) -> Arc<SqliteStore> {
        self.lock().current.store.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stores> {
        take_over(self.stores.lock())
    }

    fn shadow_note(&self) -> Option<ShadowNote> {
        let path = self.directory.join(SHADOW);
        serde_json::from_str(&SmallFile::read(&path).ok()?.text(&path)?).ok()
    }

    fn shadow_options(&self) -> SqliteOptions {
        SqliteOptions { bulk: true, ..self.options }
    }

    /// Removes files that neither `CURRENT` nor `SHADOW` names, copies that were not finished and what is
    /// beside them: what a kill left behind.
    fn remove_strays(&self) -> Result<(), StoreError> {
        ScratchDirectory::sweep(&self.directory, SCRATCH);
        let entries = fs::read_dir(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            // SQLite may have kept a journal beside a copy.
            if name.to_string_lossy().contains(PARTIAL) || name.as_encoded_bytes().ends_with(b".tmp") {
                remove_file(&entry.path())?;
            }
        }
        let current = self.lock().current.name.clone();
        let shadow = self.shadow_note().map(|note| note.file);
        for name in names(&self.directory)? {
            if name != current && Some(&name) != shadow.as_ref() {
                remove_store(&self.directory, &name);
            }
        }
        Ok(())
    }

    fn begin_shadow(&self, projections: &[Projection]) -> Result<(Generation, ShadowNote), StoreError> {
        let file = next_name(&self.directory)?;
        let note = ShadowNote { file: file.clone(), projections: projections.to_vec() };
        let is_whole = Projection::ALL.iter().all(|projection| projections.contains(projection));
        if !is_whole {
            // Everything else stays as it is.
            self.file().snapshot_to(&self.directory.join(&file))?;
        }
        let shadow = open_store(&self.directory, &file, self.shadow_options())?;
        shadow.store.reset(projections)?;
        let text = serde_json::to_vec(&note).map_err(|error| failed(&self.directory, &error))?;
        replace(&self.directory.join(SHADOW), &text)?;
        Ok((shadow, note))
    }
}

impl Models for ModelsDirectory {
    fn current(&self) -> Arc<dyn ReadStore> {
        self.file()
    }

    fn snapshot(&self) -> Result<Option<File>, StoreError> {
        // Beside the models, where there is room for as much; what a kill leaves there is removed with other
        // strays.
        let unwritten = |error: &std::io::Error| failed(&self.directory, error);
        let place = tempfile::Builder::new().suffix(PARTIAL).tempfile_in(&self.directory);
        let place = place.map_err(|error| unwritten(&error))?.into_temp_path();
        self.file().snapshot_to(&place)?;
        Ok(Some(File::open(&place).map_err(|error| unwritten(&error))?))
    }

    fn shadow(&self, projections: &[Projection]) -> Result<Arc<dyn ReadStore>, StoreError> {
        if let Some((shadow, note)) = &self.lock().shadow
            && note.projections == projections
        {
            return Ok(shadow.store.clone());
        }
        let left = self.shadow_note().filter(|note| note.projections == projections);
        let resumed = left.and_then(|note| {
            let is_there = self.directory.join(&note.file).is_file();
            let shadow =
                is_there.then(|| open_store(&self.directory, &note.file, self.shadow_options()).ok())??;
            Some((shadow, note))
        });
        let begun = match resumed {
            Some(resumed) => resumed,
            None => {
                self.discard_shadow()?;
                self.begin_shadow(projections)?
            }
        };
        let store = begun.0.store.clone();
        self.lock().shadow = Some(begun);
        Ok(store)
    }

    fn swap(&self) -> Result<(), StoreError> {
        let mut stores = self.lock();
        let Some((shadow, _)) = stores.shadow.clone() else {
            return Err(StoreError::Failed { reason: "there is no shadow to swap in".to_owned() });
        };
        shadow.store.make_durable()?;
        replace(&self.directory.join(CURRENT), shadow.name.as_bytes())?;
        let old = std::mem::replace(&mut stores.current, shadow);
        stores.shadow = None;
        // Readers that look at it keep it; it goes with the last of them.
        old.store.remove_when_closed();
        drop(stores);
        remove_file(&self.directory.join(SHADOW))
    }

    fn discard_shadow(&self) -> Result<(), StoreError> {
        let shadow = self.lock().shadow.take();
        if let Some((shadow, _)) = shadow {
            shadow.store.remove_when_closed();
        } else if let Some(note) = self.shadow_note() {
            remove_store(&self.directory, &note.file);
        }
        remove_file(&self.directory.join(SHADOW))
    }
}

/// A file or directory that cannot be made.
/// Makes the directory. What has its name and is none gets another name.
fn make_place(directory: &Path) -> Result<(), StoreError> {
    refuse_dangling(directory)?;
    if directory.is_file() {
        let aside = set_aside(directory, System.now()).map_err(|error| unmade(directory, &error))?;
        let file = directory.display();
        tracing::warn!(%file, ?aside, "a file in the place of the read models is kept aside");
    }
    fs::create_dir_all(directory).map_err(|error| unmade(directory, &error))
}

fn unmade(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => forbidden(path, error),
        std::io::ErrorKind::StorageFull => {
            StoreError::Place { reason: format!("{}: {error}", path.display()) }
        }
        _ => failed(path, error),
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed { reason: format!("{}: {error}", path.display()) }
}

fn open_store(directory: &Path, name: &str, options: SqliteOptions) -> Result<Generation, StoreError> {
    let store = SqliteStore::open(&directory.join(name), options)?;
    Ok(Generation { name: name.to_owned(), store: Arc::new(store) })
}

/// Opens a file that seemed damaged, and removes it where it is. SQLite says so, too, of a file that the disk
/// did not read: what is removed was read to its end.
fn open_again(
    directory: &Path,
    name: &str,
    options: SqliteOptions,
) -> Result<Option<Generation>, StoreError> {
    let path = directory.join(name);
    let read = File::open(&path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
    if let Err(error) = read {
        let reason = format!("{}: {error}; hint: look at the disk; nothing was changed", path.display());
        return Err(StoreError::Place { reason });
    }
    match open_store(directory, name, options) {
        Ok(current) => Ok(Some(current)),
        Err(error @ (StoreError::Newer { .. } | StoreError::Place { .. })) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "the read models cannot be read: they are folded anew");
            remove_store(directory, name);
            Ok(None)
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if path.is_dir() {
        // Nobody of ours makes one; a file cannot take its place.
        fs::remove_dir_all(path).map_err(|error| failed(path, &error))?;
    }
    durable_file::replace(&RealDisk, path, bytes).map_err(|error| unmade(path, &error))
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(path, &error)),
        _ => Ok(()),
    }
}

/// Removes a store that nobody has open, with the files that SQLite keeps beside it.
fn remove_store(directory: &Path, name: &str) {
    for suffix in ["", "-wal", "-shm"] {
        // What cannot be removed is removed at the next opening.
        let _ = fs::remove_file(directory.join(format!("{name}{suffix}")));
    }
}

fn next_name(directory: &Path) -> Result<String, StoreError> {
    let highest = names(directory)?.iter().filter_map(|name| number_of(name)).max();
    Ok(format!("models-{:06}.sqlite", highest.unwrap_or_default() + 1))
}
