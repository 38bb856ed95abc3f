//! Checks what fjall writes but does not check: its list of tables.
//!
//! Blocks, their headers and each table's directory carry checksums that fjall verifies when it reads them.
//! The list of tables (`v{n}`) has its checksum beside it in `current`, and nobody compares the two: a flipped
//! bit there could hide a table, and a hidden table is a wrong answer.

use std::fs;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

const KEYSPACES: &str = "keyspaces";
const CURRENT: &str = "current";
/// Version number, checksum, kind of checksum.
const CURRENT_BYTES: usize = 8 + 16 + 1;

/// Compares every keyspace's list of tables with its checksum.
pub(super) fn check_versions(directory: &Path) -> Result<(), String> {
    let keyspaces = directory.join(KEYSPACES);
    if !keyspaces.exists() {
        return Ok(());
    }
    let entries = fs::read_dir(&keyspaces).map_err(|error| error.to_string())?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            check_version(&path).map_err(|reason| format!("{}: {reason}", path.display()))?;
        }
    }
    Ok(())
}

fn check_version(keyspace: &Path) -> Result<(), String> {
    let current = fs::read(keyspace.join(CURRENT)).map_err(|error| error.to_string())?;
    let current: [u8; CURRENT_BYTES] =
        current.try_into().map_err(|_| "the version pointer has a wrong length".to_owned())?;
    let number = u64::from_le_bytes(current[..8].try_into().expect("eight bytes"));
    let stated = u128::from_le_bytes(current[8..24].try_into().expect("sixteen bytes"));
    let version = fs::read(keyspace.join(format!("v{number}"))).map_err(|error| error.to_string())?;
    if xxh3_128(&version) != stated || current[24] != 0 {
        return Err("the list of tables does not match its checksum".to_owned());
    }
    Ok(())
}
