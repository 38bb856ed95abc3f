//! What PostgreSQL says, in the words of the port.

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::{DbError, SqlState};

use crate::store_error::StoreError;

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(told) => of_server(told),
            // Whatever is not said by the server is said about the way to it.
            None if error.is_closed() => unavailable("the connection was closed"),
            None => unavailable(&with_causes(&error)),
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => {
                Self::Failed { reason: "every reader is busy; hint: ask again".to_owned() }
            }
            other => unavailable(&other.to_string()),
        }
    }
}

pub(super) fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned() }
}

/// Whether a table or schema is not there (any more).
pub(super) fn is_missing(error: &tokio_postgres::Error) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME, SqlState::UNDEFINED_OBJECT]
        .iter()
        .any(|state| error.code() == Some(state))
}

/// Whether somebody else holds what was asked for.
pub(super) fn is_taken(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

fn of_server(told: &DbError) -> StoreError {
    let (code, message) = (told.code(), told.message());
    let reason = format!("PostgreSQL says {message:?} ({})", code.code());
    let class = code.code().get(..2).unwrap_or_default();
    let hint = match class {
        // It is going away, not yet there, or has no room for one more connection; or two transactions met.
        "08" | "57" | "40" => return unavailable(&reason),
        "53" if *code != SqlState::DISK_FULL => return unavailable(&reason),
        "53" => "hint: make room on the server's disk; nothing was changed",
        "28" => "hint: check user and password, and the server's pg_hba.conf",
        "3D" => "hint: create the database first, with encoding UTF8",
        "42" if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            "hint: the user must be able to create schemas in the database: GRANT CREATE ON DATABASE"
        }
        "55" => "hint: another program holds what is needed; try again, or end its query",
        _ => return StoreError::Failed { reason },
    };
    StoreError::Failed { reason: format!("{reason}; {hint}") }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
