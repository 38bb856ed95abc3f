//! A look at the index beside a log that is only read: at a copy of it, because opening an index writes.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use attempt_ledger_domain::Position;
use attempt_ledger_system::scratch_directory::ScratchDirectory;

use super::error::OpenError;
use super::evidence::{Evidence, Witness};
use super::index_recovery::{OpenedIndex, open, witness_in};
use super::layout::LogLayout;
use super::options::EmbeddedOptions;
use super::packed_keys::IndexExtent;
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

/// What the index beside a log that is only read is worth.
pub(super) struct IndexLook {
    /// What answers, in a copy.
    pub current: Option<IndexExtent>,
    /// Where the copy is, for as long as it is needed.
    pub copy: Option<ScratchDirectory>,
    /// Why it does not answer.
    pub fault: Option<String>,
}

/// Opens a copy of the newest index.
///
/// # Errors
/// [`OpenError::Evidence`] for an index that has seen more than the log holds.
pub(super) fn look(
    layout: &LogLayout,
    set: &SegmentSet,
    options: &EmbeddedOptions,
) -> Result<IndexLook, OpenError> {
    let mut look = IndexLook { current: None, copy: None, fault: None };
    if let Some(witness) = witness_as_it_lies(layout, set.head(), options).filter(|_| !options.is_copy) {
        let (log, head, witnesses) = (layout.log(), set.head(), vec![witness]);
        return Err(OpenError::Evidence(Evidence { log, head, witnesses }));
    }
    // Without an index, the next start makes one.
    let Some((_, directory)) = layout.indexes().pop() else { return Ok(look) };
    let copy = copied(&directory)?;
    let fault = match open(copy.path(), set, options) {
        Ok(OpenedIndex::Fit(extent)) => {
            look.current = Some(extent);
            None
        }
        Ok(OpenedIndex::OfOtherSegments) => Some("it belongs to another log".to_owned()),
        // The next start makes it again, and nothing is wrong with it.
        Ok(OpenedIndex::Ahead(_) | OpenedIndex::OtherKeys | OpenedIndex::OfPlainSegments) => None,
        Err(ReadError::Index { reason }) => Some(reason),
        Err(error) => return Err(error.into()),
    };
    look.fault = fault.map(|reason| format!("{}: {reason}", directory.display()));
    look.copy = look.current.is_some().then_some(copy);
    Ok(look)
}

/// A copy whose tables are those of the index itself.
fn copied(index: &Path) -> Result<ScratchDirectory, OpenError> {
    let scratch = ScratchDirectory::of_the_system().map_err(OpenError::io(&std::env::temp_dir()))?;
    let from = fs::canonicalize(index).map_err(OpenError::io(index))?;
    copy(&from, scratch.path()).map_err(OpenError::io(scratch.path()))?;
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
