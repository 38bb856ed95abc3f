//! The schema, and how a file gets it.
//!
//! `PRAGMA user_version` counts the migrations that a file has seen. Secondary indexes are no migrations: no
//! contract binds them, and each statement does nothing where its index exists.

use rusqlite::Connection;

use crate::projection::Projection;
use crate::sql::schema::{SCHEMA_VERSION, SQLITE_MIGRATIONS, introduce};
use crate::store_error::StoreError;

const INDEXES: &str = include_str!("../../../../migrations/sqlite/indexes.sql");

/// Brings a file to the schema of this program, and names the projections that it does not know.
pub(super) fn migrate(writer: &mut Connection) -> Result<(), StoreError> {
    let found: u32 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    if found == SCHEMA_VERSION && knows_all(writer)? {
        // Opening a file that has all writes nothing, so that it is served from a full disk, too.
        return Ok(());
    }
    let transaction = writer.transaction()?;
    for migration in &SQLITE_MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version={SCHEMA_VERSION}"))?;
    for projection in Projection::ALL {
        transaction.execute_batch(&introduce(projection))?;
    }
    transaction.commit()?;
    Ok(())
}

fn knows_all(writer: &Connection) -> Result<bool, StoreError> {
    let mut statement = writer.prepare("SELECT name FROM projections")?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Projection::ALL.iter().all(|projection| names.iter().any(|name| name == projection.name())))
}

/// Makes the secondary indexes that are missing.
pub(super) fn create_indexes(writer: &Connection) -> Result<(), StoreError> {
    Ok(writer.execute_batch(INDEXES)?)
}

/// Drops the secondary indexes, which a file that is being filled need not keep.
pub(super) fn drop_indexes(writer: &Connection) -> Result<(), StoreError> {
    let names: Vec<String> = writer
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in names {
        writer.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(())
}
