//! What SQLite says, in the words of the port.

use rusqlite::ErrorCode;

use crate::store_error::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let reason = |hint: &str| format!("{error}: {hint}");
        let hint = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "the file is damaged; hint: stop the ledger and delete the read models: they are folded anew"
            }
            Some(ErrorCode::DiskFull) => {
                return Self::Place { reason: reason("hint: make room on the disk; nothing was changed") };
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let hint = "hint: another program holds the file; give it a snapshot instead";
                return Self::Place { reason: reason(hint) };
            }
            // What the system refuses says nothing of the file: a full disk may be told so, too.
            Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => {
                let hint = "hint: look at the disk and its free space; nothing was changed";
                return Self::Place { reason: reason(hint) };
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                let hint = "hint: the ledger must be able to write the file and its directory";
                return Self::Place { reason: reason(hint) };
            }
            _ => return Self::Failed { reason: error.to_string() },
        };
        Self::Failed { reason: reason(hint) }
    }
}
