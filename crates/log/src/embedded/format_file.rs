//! `FORMAT`: the format of the directory, and the ledger that it holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::durable_file;
use attempt_ledger_system::lock::take_over;
use serde::{Deserialize, Serialize};

use super::error::OpenError;
use super::layout::FORMAT;
use crate::record::Digest;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DirectoryFormat {
    pub format: u64,
    /// The hash of the first leaf, which is the same in every backend and on every node; `None` while there
    /// is no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Digest>,
    /// Packed segments before this position may lack a lineage: an early release packed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage_from: Option<u64>,
}

impl DirectoryFormat {
    pub const NEW: Self = Self { format: FORMAT, ledger: None, lineage_from: None };

    /// Reads the file; `None` where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, OpenError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::io(path)(error)),
        };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(read) if read.format == FORMAT => Ok(Some(read)),
            Ok(Self { format, .. }) if format > FORMAT => {
                Err(OpenError::Newer { file: path.to_owned(), found: format })
            }
            Ok(Self { format, .. }) => Err(unreadable(path, &format!("there is no format {format}"))),
            Err(error) => Err(unreadable(path, &format!("it does not parse ({error})"))),
        }
    }

    pub fn write(&self, path: &Path, disk: &dyn Disk) -> io::Result<()> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        durable_file::replace(disk, path, &text)
    }
}

fn unreadable(path: &Path, reason: &str) -> OpenError {
    let reason = format!("{reason}; it may be deleted when no later release was ever used here");
    OpenError::Damaged { file: path.to_owned(), offset: 0, reason }
}

/// The file of an open log. Written once by the writer, when the ledger begins, and once by the packer.
pub(super) struct FormatFile {
    path: PathBuf,
    content: Mutex<DirectoryFormat>,
}

impl FormatFile {
    pub fn new(path: PathBuf, content: DirectoryFormat) -> Self {
        Self { path, content: Mutex::new(content) }
    }

    fn content(&self) -> MutexGuard<'_, DirectoryFormat> {
        take_over(self.content.lock())
    }

    /// The ledger; `None` while there is no record.
    pub fn ledger(&self) -> Option<Digest> {
        self.content().ledger
    }

    /// Whether packed segments may lack a lineage.
    pub fn has_unnamed(&self) -> bool {
        self.content().lineage_from.is_some()
    }

    /// Notes the ledger of the first record, which is durable.
    ///
    /// # Errors
    /// Why it is not the ledger of this directory.
    pub fn begin(&self, ledger: Digest, disk: &dyn Disk) -> Result<(), String> {
        let mut content = self.content();
        match content.ledger {
            Some(known) if known == ledger => return Ok(()),
            Some(known) => {
                return Err(format!(
                    "{} names the ledger {known}, and the first record is of {ledger}; hint: give an empty \
                     directory",
                    self.path.display()
                ));
            }
            None => content.ledger = Some(ledger),
        }
        self.write(&content, disk);
        Ok(())
    }

    /// Notes that every packed segment has a lineage.
    pub fn complete(&self, disk: &dyn Disk) {
        let mut content = self.content();
        content.lineage_from = None;
        self.write(&content, disk);
    }

    /// Opening the log writes what could not be written now.
    fn write(&self, content: &DirectoryFormat, disk: &dyn Disk) {
        if let Err(error) = content.write(&self.path, disk) {
            tracing::warn!(file = %self.path.display(), %error, "the ledger's id could not be written");
        }
    }
}
