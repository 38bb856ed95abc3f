//! Whether a full disk has room again, without a delivery that would show it.

use std::io::Write as _;
use std::path::Path;

use attempt_ledger_system::unnamed_file;

use super::writer::is_full;

/// So many bytes must fit: some deliveries of usual size.
const ROOM_BYTES: usize = 64 * 1024;

/// Tries, with a file that has no name: quotas count as a full disk does.
pub(super) fn lacks_room(log: &Path) -> bool {
    let tried = || -> std::io::Result<()> {
        // Where there are no such files, the next delivery shows it.
        let Some(mut file) = unnamed_file::create(log, 0o600)? else { return Ok(()) };
        file.write_all(&[0; ROOM_BYTES])
    };
    tried().is_err_and(|error| is_full(&error))
}
