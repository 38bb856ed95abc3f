//! A look at the index beside a log that is only read: at a copy of it, because opening an index writes.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::scratch_directory::ScratchDirectory;

use super::evidence::Witness;
use super::index_recovery::{OpenedIndex, open, witness_in};
use super::layout::LogLayout;
use super::options::EmbeddedOptions;
use super::packed_keys::{IndexState, PackedKeys};
use super::packer_gate::PackerGate;
use super::segments::SegmentSet;
use crate::ReadError;

/// The part of an index that is not copied: nothing is written to a table that is there.
const TABLES: &str = "tables";

/// What the index has seen of a log beyond its end; `None` when that is nothing, or does not read.
pub(super) fn witness_as_it_lies(
    layout: &LogLayout,
    head: Position,
    options: &EmbeddedOptions,
) -> Option<Witness> {
    layout.indexes().into_iter().rev().find_map(|(_, directory)| {
        let copied = copied(&directory).ok()?;
        let witness = witness_in(copied.path(), head, options)?;
        let name = format!("the keys in {}", directory.display());
        Some(Witness { name, ..witness })
    })
}

/// Compares the newest index with the packed segments.
///
/// # Errors
/// [`ReadError::Index`] with the first difference; others when the segments do not read.
pub(super) fn check_as_it_lies(
    layout: &LogLayout,
    set: &SegmentSet,
    options: &EmbeddedOptions,
) -> Result<(), ReadError> {
    // Without an index, the next opening makes one.
    let Some((_, directory)) = layout.indexes().pop() else { return Ok(()) };
    let differs = |reason: &dyn std::fmt::Display| ReadError::Index {
        reason: format!("{}: {reason}", directory.display()),
    };
    let copied = copied(&directory).map_err(|source| ReadError::Io {
        file: format!("a copy of {} for a look", directory.display()),
        source,
    })?;
    let opened = match open(copied.path(), set, options) {
        Ok(opened) => opened,
        Err(ReadError::Index { reason }) => return Err(differs(&reason)),
        Err(error) => return Err(error),
    };
    let OpenedIndex::Fit(current) = opened else {
        return match opened {
            OpenedIndex::OfOtherSegments => Err(differs(&"it belongs to another log")),
            _ => Ok(()),
        };
    };
    let state = IndexState { current: Some(current), ..IndexState::default() };
    let keys = PackedKeys::new(layout, options, state, &Arc::<PackerGate>::default());
    keys.check(set).map_err(|error| match error {
        ReadError::Index { reason } => differs(&reason),
        error => error,
    })
}

/// A copy whose tables are those of the index itself.
fn copied(index: &Path) -> io::Result<ScratchDirectory> {
    let scratch = ScratchDirectory::of_the_system()?;
    copy(&fs::canonicalize(index)?, scratch.path())?;
    Ok(scratch)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let are_tables = from.file_name().is_some_and(|name| name == TABLES);
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            fs::create_dir(&copied)?;
            copy(&path, &copied)?;
        } else if are_tables {
            symlink(&path, &copied)?;
        } else {
            fs::copy(&path, &copied)?;
        }
    }
    Ok(())
}
