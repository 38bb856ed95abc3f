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

use attempt_ledger_system::disk::RealDisk;
use attempt_ledger_system::durable_file;
use attempt_ledger_system::lock::take_over;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use serde::{Deserialize, Serialize};

use crate::models::Models;
use crate::port::ReadStore;
use crate::projection::Projection;
use crate::sqlite::{SqliteOptions, SqliteStore};
use crate::store_error::StoreError;

const CURRENT: &str = "CURRENT";
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
    /// Opens the models under a data directory, making what is missing. A file that cannot be read is
    /// thrown away: its models are folded again.
    ///
    /// # Errors
    /// [`StoreError`] when files cannot be made, or were written by a later release.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, SqliteOptions::default())
    }

    /// The same with options for each file.
    ///
    /// # Errors
    /// As [`ModelsDirectory::open`].
    pub fn open_with(directory: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
        let named = read(&directory.join(CURRENT)).filter(|name| number_of(name).is_some());
        let opened = match &named {
            Some(name) if directory.join(name).is_file() => match open_store(directory, name, options) {
                Ok(current) => Some(current),
                Err(StoreError::Newer { found, known }) => return Err(StoreError::Newer { found, known }),
                Err(error) => {
                    tracing::warn!(%error, "the read models cannot be read: they are folded anew");
                    remove_store(directory, name);
                    None
                }
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

    /// The file in use in a directory of models, without opening or making anything; `None` when there is
    /// none.
    ///
    /// The file that `CURRENT` names; one that cannot be read names none.
    #[must_use]
    pub fn file_in_use(directory: &Path) -> Option<PathBuf> {
        let named = read(&directory.join(CURRENT)).filter(|name| number_of(name).is_some());
        named.map(|name| directory.join(name)).filter(|file| file.is_file())
    }

    /// Copies the file in use, with what SQLite keeps beside it, to another directory; nothing where there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be copied.
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        let Some(file) = Self::file_in_use(from) else { return Ok(()) };
        let copied = || {
            fs::create_dir_all(to)?;
            let name = file.file_name().expect("a file has a name");
            for suffix in ["", "-wal"] {
                let name = [name.as_encoded_bytes(), suffix.as_bytes()].concat();
                let name = OsStr::from_bytes(&name);
                match File::open(from.join(name)) {
                    Ok(mut part) => std::io::copy(&mut part, &mut File::create(to.join(name))?)?,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
                    Err(error) => return Err(error),
                };
            }
            fs::write(to.join(CURRENT), name.as_encoded_bytes())
        };
        copied().map_err(|error| StoreError::Failed {
            reason: format!(
                "{} could not be copied to {}: {error}; hint: make room there, or name another directory for \
                 temporary files with TMPDIR",
                file.display(),
                to.display()
            ),
        })
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
        let text = read(&self.directory.join(SHADOW))?;
        serde_json::from_str(&text).ok()
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

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed { reason: format!("{}: {error}", path.display()) }
}

fn open_store(directory: &Path, name: &str, options: SqliteOptions) -> Result<Generation, StoreError> {
    let store = SqliteStore::open(&directory.join(name), options)?;
    Ok(Generation { name: name.to_owned(), store: Arc::new(store) })
}

/// The text of a small file; `None` when there is none, or none that can be read: what it says is derived,
/// and made again.
fn read(path: &Path) -> Option<String> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let file = path.display();
        tracing::warn!(%file, %reason, "a file of the read models cannot be read: it is made again");
        None
    };
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => unreadable(&error),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => unreadable(&error),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if path.is_dir() {
        // Nobody of ours makes one; a file cannot take its place.
        fs::remove_dir_all(path).map_err(|error| failed(path, &error))?;
    }
    durable_file::replace(&RealDisk, path, bytes).map_err(|error| failed(path, &error))
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

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("models-")?.strip_suffix(".sqlite")?.parse().ok()
}

fn names(directory: &Path) -> Result<Vec<String>, StoreError> {
    let entries = fs::read_dir(directory).map_err(|error| failed(directory, &error))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| failed(directory, &error))?.file_name();
        names.extend(name.to_str().filter(|name| number_of(name).is_some()).map(str::to_owned));
    }
    Ok(names)
}

fn next_name(directory: &Path) -> Result<String, StoreError> {
    let highest = names(directory)?.iter().filter_map(|name| number_of(name)).max();
    Ok(format!("models-{:06}.sqlite", highest.unwrap_or_default() + 1))
}
