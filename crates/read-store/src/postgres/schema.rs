//! The schema of a generation, and how a generation gets it.
//!
//! Statements name tables without a schema: every transaction says first in which generation it works.

use super::server::Session;
use crate::projection::Projection;
use crate::sql::layout::tables;
use crate::sql::schema::{POSTGRES_MIGRATIONS, SCHEMA_VERSION, introduce};
use crate::store_error::StoreError;

const INDEXES: &str = include_str!("../../../../migrations/postgres/indexes.sql");
const GENERATIONS: &str = include_str!("../../../../migrations/postgres/generations.sql");
/// Views over the tables, beside those that stand for the tables themselves.
const VIEWS: [&str; 4] = ["agent_intervals", "open_attempts", "gaps", "conflicts"];

/// The name of a generation's schema.
pub(super) fn name_of(generation: i64) -> String {
    format!("ledger_{generation:06}")
}

/// The statement after which names without a schema are those of a generation, until the transaction ends.
pub(super) fn work_in(generation: i64) -> String {
    format!("SET LOCAL search_path = {}", name_of(generation))
}

/// Every table.
pub(super) fn all_tables() -> impl Iterator<Item = &'static str> {
    let of_projections =
        Projection::ALL.into_iter().flat_map(|projection| tables(projection).iter().copied());
    ["projections", "runaways"].into_iter().chain(of_projections)
}

/// Makes the table of generations where it is missing.
pub(super) async fn make_generations(session: &Session) -> Result<(), StoreError> {
    Ok(session.batch_execute(GENERATIONS).await?)
}

/// Whether there is a table of generations.
pub(super) async fn knows_generations(session: &Session) -> Result<bool, StoreError> {
    let sql = "SELECT to_regclass('ledger.generations') IS NOT NULL";
    Ok(session.query_typed_one(sql, &[]).await?.try_get(0)?)
}

/// Brings a generation to the schema of this program, and names the projections that it does not know.
pub(super) async fn migrate(session: &Session, generation: i64, found: u32) -> Result<(), StoreError> {
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    session.batch_execute(&work_in(generation)).await?;
    for migration in &POSTGRES_MIGRATIONS[found as usize..] {
        session.batch_execute(migration).await?;
    }
    for projection in Projection::ALL {
        session.batch_execute(&introduce(projection)).await?;
    }
    let known = format!(
        "UPDATE ledger.generations SET schema_version = {SCHEMA_VERSION} WHERE generation = {generation}"
    );
    Ok(session.batch_execute(&known).await?)
}

/// Makes the secondary indexes that are missing.
pub(super) async fn create_indexes(session: &Session) -> Result<(), StoreError> {
    Ok(session.batch_execute(INDEXES).await?)
}

/// Drops the secondary indexes, which a generation that is being filled need not keep.
pub(super) async fn drop_indexes(session: &Session, generation: i64) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = '{}' AND NOT i.indisprimary",
        name_of(generation)
    );
    for row in session.query_typed(&sql, &[]).await? {
        let name: String = row.try_get(0)?;
        session.batch_execute(&format!("DROP INDEX {name}")).await?;
    }
    Ok(())
}

/// Lets the views in the schema `ledger`, which other programs read, show a generation.
pub(super) async fn show(session: &Session, generation: i64) -> Result<(), StoreError> {
    let schema = name_of(generation);
    let views: Vec<String> = all_tables()
        .chain(VIEWS)
        .map(|name| format!("CREATE OR REPLACE VIEW ledger.{name} AS SELECT * FROM {schema}.{name}"))
        .collect();
    Ok(session.batch_execute(&views.join("; ")).await?)
}
