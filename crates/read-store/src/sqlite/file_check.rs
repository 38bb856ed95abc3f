//! A look for damage in the file itself.

use rusqlite::{Connection, ErrorCode};

use crate::port::CheckPace;
use crate::store_error::StoreError;

/// What is wrong is named so often at most.
const NAMED_MAX: u32 = 5;
/// Steps of SQLite between two questions to the pace.
const STEPS: i32 = 10_000;

/// Compares every index with its table and accounts for every page. The connection only reads.
pub(super) fn find_damage(
    mut connection: Connection,
    mut pace: CheckPace,
) -> Result<Option<String>, StoreError> {
    connection.progress_handler(STEPS, Some(move || pace().is_break()))?;
    let found: Result<Vec<String>, rusqlite::Error> = connection
        .prepare(&format!("PRAGMA integrity_check({NAMED_MAX})"))
        .and_then(|mut check| check.query_map([], |row| row.get(0))?.collect());
    match found {
        Ok(lines) if lines == ["ok"] => Ok(None),
        Ok(lines) => Ok(Some(lines.join("; ").replace('\n', " "))),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Ok(None),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Ok(Some(error.to_string())),
            _ => Err(error.into()),
        },
    }
}
