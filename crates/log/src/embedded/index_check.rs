//! Checks what fjall trusts unchecked when it opens its files.
//!
//! Blocks and their headers carry checksums that fjall verifies when it reads them. Three things it does not
//! verify in time:
//! * a table may be whole and another one than the list of tables states;
//! * the list of tables (`v{n}`) has its checksum beside it in `current`, and nobody compares the two: a
//!   flipped bit there could hide a table, and a hidden table is a wrong answer;
//! * a table's directory is verified after memory was reserved for as many entries as it claims to have: a
//!   flipped bit there could end the process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use tracing::warn;
use xxhash_rust::xxh3::xxh3_128;

use super::index_tables::listed_tables;

const KEYSPACES: &str = "keyspaces";
const TABLES: &str = "tables";
const CURRENT: &str = "current";
/// Version number, checksum, kind of checksum.
const CURRENT_BYTES: usize = 8 + 16 + 1;
/// Mark, version, kind of checksum, checksum of the directory, its offset, its length.
const TRAILER_BYTES: usize = 4 + 1 + 1 + 16 + 8 + 8;
/// A table has a handful of sections; its directory takes some hundred bytes.
const DIRECTORY_BYTES_MAX: u64 = 64 * 1024;

/// Checks every keyspace's list of tables and every table's directory.
pub(super) fn check_index(index: &Path) -> Result<(), String> {
    let keyspaces = index.join(KEYSPACES);
    if !keyspaces.exists() {
        return Ok(());
    }
    for_each_entry(&keyspaces, |keyspace| {
        if !keyspace.is_dir() {
            return Ok(());
        }
        check_version(keyspace).map_err(|reason| format!("{}: {reason}", keyspace.display()))?;
        for_each_entry(&keyspace.join(TABLES), |table| match check_directory(table) {
            Ok(()) => Ok(()),
            Err(reason) => {
                // Left over from a crash, then nobody misses it; or in the list, then fjall does and the
                // index is rebuilt.
                warn!(file = %table.display(), %reason, "a damaged table of the index is removed");
                fs::remove_file(table).map_err(|error| format!("{}: {error}", table.display()))
            }
        })
    })
}

fn for_each_entry<C>(directory: &Path, mut check: C) -> Result<(), String>
where
    C: FnMut(&Path) -> Result<(), String>,
{
    let text = |error: io::Error| format!("{}: {error}", directory.display());
    for entry in fs::read_dir(directory).map_err(text)? {
        check(&entry.map_err(text)?.path())?;
    }
    Ok(())
}

/// Bytes of all tables.
pub(super) fn table_bytes(index: &Path) -> u64 {
    let mut bytes = 0;
    let counted = for_each_table(index, |_, table| {
        bytes += fs::metadata(table).map_or(0, |metadata| metadata.len());
        Ok(())
    });
    // What cannot be listed is found when it is checked.
    counted.map_or(0, |()| bytes)
}

/// Holds each table against the checksum that the list of tables states of it: a table of another index, or
/// of an earlier state of this one, is whole by itself and would hide keys.
pub(super) fn check_tables(index: &Path) -> Result<(), String> {
    for_each_table(index, |listed, table| {
        let name = table.file_name().and_then(|name| name.to_str());
        // A table that is not in the list is new, or left over: nobody reads it.
        let number = name.and_then(|name| name.parse::<u64>().ok());
        let Some(stated) = number.and_then(|number| listed.get(&number)) else { return Ok(()) };
        match fs::read(table) {
            Ok(bytes) if xxh3_128(&bytes) == *stated => Ok(()),
            Ok(_) => Err(format!("{} is not the table that the index lists", table.display())),
            // Compacted away meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(format!("{}: {error}", table.display())),
        }
    })
}

fn for_each_table<V>(index: &Path, mut visit: V) -> Result<(), String>
where
    V: FnMut(&HashMap<u64, u128>, &Path) -> Result<(), String>,
{
    for_each_entry(&index.join(KEYSPACES), |keyspace| {
        if !keyspace.is_dir() {
            return Ok(());
        }
        let version = read_version(keyspace).map_err(|error| error.to_string())?;
        let listed = listed_tables(&version).ok_or("the list of tables has another shape")?;
        for_each_entry(&keyspace.join(TABLES), |table| visit(&listed, table))
    })
}

/// The list of tables in use.
fn read_version(keyspace: &Path) -> io::Result<Vec<u8>> {
    let current = fs::read(keyspace.join(CURRENT))?;
    let number = current.first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
    fs::read(keyspace.join(format!("v{number}")))
}

fn check_version(keyspace: &Path) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let current = fs::read(keyspace.join(CURRENT)).map_err(text)?;
    let current: [u8; CURRENT_BYTES] =
        current.try_into().map_err(|_| "the version pointer has a wrong length".to_owned())?;
    let number = u64::from_le_bytes(current[..8].try_into().expect("eight bytes"));
    let stated = u128::from_le_bytes(current[8..24].try_into().expect("sixteen bytes"));
    let version = fs::read(keyspace.join(format!("v{number}"))).map_err(text)?;
    if xxh3_128(&version) != stated || current[24] != 0 {
        return Err("the list of tables does not match its checksum".to_owned());
    }
    Ok(())
}

fn check_directory(table: &Path) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let file = File::open(table).map_err(text)?;
    let end = file.metadata().map_err(text)?.len().checked_sub(TRAILER_BYTES as u64);
    let end = end.ok_or("the table is cut")?;
    let mut trailer = [0; TRAILER_BYTES];
    file.read_exact_at(&mut trailer, end).map_err(text)?;
    let stated = u128::from_le_bytes(trailer[6..22].try_into().expect("sixteen bytes"));
    let start = u64::from_le_bytes(trailer[22..30].try_into().expect("eight bytes"));
    let length = end.checked_sub(start).filter(|length| *length <= DIRECTORY_BYTES_MAX);
    let length = length.ok_or("the table's directory is not where it should be")?;
    let mut directory = vec![0; usize::try_from(length).expect("at most 64 KiB")];
    file.read_exact_at(&mut directory, start).map_err(text)?;
    if xxh3_128(&directory) != stated {
        return Err("the table's directory does not match its checksum".to_owned());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::embedded::index::KeyIndex;

    /// A directory with an index of one table, and where its tables are.
    fn index() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        drop(KeyIndex::with_one_table(directory.path()));
        let tables = directory.path().join(KEYSPACES).join("1").join(TABLES);
        (directory, tables)
    }

    #[test]
    fn table_that_no_list_names_is_no_damage_whatever_its_number() {
        for number in 0..64 {
            let (directory, tables) = index();
            let leftover = tables.join(number.to_string());
            if !leftover.exists() {
                fs::write(&leftover, b"left over by a crash").unwrap();
                check_tables(directory.path()).unwrap();
            }
        }
    }

    #[test]
    fn table_that_is_not_the_listed_one_is_damage() {
        let (directory, tables) = index();
        let table = fs::read_dir(tables).unwrap().next().unwrap().unwrap().path();
        check_tables(directory.path()).unwrap();
        fs::write(&table, b"another table").unwrap();
        let reason = check_tables(directory.path()).unwrap_err();
        assert!(reason.contains(table.to_str().unwrap()), "{reason}");
    }
}
