//! Which generations of the read models there are, as the table `ledger.generations` lists them.

use attempt_ledger_domain::UnixMillis;

use super::error::{is_missing, is_taken};
use super::schema::{self, name_of, work_in};
use super::server::{Server, Session};
use crate::projection::Projection;
use crate::sql::layout::tables;
use crate::sql::schema::SCHEMA_VERSION;
use crate::store_error::StoreError;

/// A subquery for the generation in use.
pub(super) const CURRENT: &str = "SELECT generation FROM ledger.generations WHERE role = 'current'";

/// How often a look is begun again because the generation in use has changed meanwhile.
pub(super) const SWAPS_MAX: usize = 8;

/// GenerationChoice tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GenerationChoice {
    /// Those in use when a look or a batch begins.
    Current,
    /// Those of a generation that is being filled.
    Shadow(i64),
}

/// What is being filled beside the generation in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shadow {
    pub(super) generation: i64,
    pub(super) projections: Vec<Projection>,
}

pub(super) fn no_generation() -> StoreError {
    StoreError::Failed {
        reason: "the database holds no read models any more; hint: restart, and they are folded anew"
            .to_owned(),
    }
}

fn version(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The generation in use and the schema that it has; `None` when there is none, or somebody dropped it.
pub(super) async fn current(session: &Session) -> Result<Option<(i64, u32)>, StoreError> {
    let sql = "SELECT generation, schema_version FROM ledger.generations WHERE role = 'current'";
    let Some(row) = session.query_typed_opt(sql, &[]).await? else { return Ok(None) };
    let (generation, found): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let is_there = format!("SELECT to_regclass('{}.projections') IS NOT NULL", name_of(generation));
    let is_there: bool = session.query_typed_one(&is_there, &[]).await?.try_get(0)?;
    Ok(is_there.then(|| (generation, version(found))))
}

/// Makes the first generation, or the one after a generation that somebody dropped.
pub(super) async fn begin_current(session: &Session) -> Result<i64, StoreError> {
    session.batch_execute("DELETE FROM ledger.generations WHERE role = 'current'").await?;
    let generation = make(session, "current", None).await?;
    session.batch_execute(&work_in(generation)).await?;
    schema::create_indexes(session).await?;
    schema::show(session, generation).await?;
    Ok(generation)
}

/// What an interrupted rebuild left; `None` when there is nothing, or nothing that this program can go on
/// with.
pub(super) async fn shadow(session: &Session) -> Result<Option<Shadow>, StoreError> {
    let sql = "SELECT generation, schema_version, projections FROM ledger.generations WHERE role = 'shadow'";
    let Some(row) = session.query_typed_opt(sql, &[]).await? else { return Ok(None) };
    let note: Option<String> = row.try_get(2)?;
    let projections = note.and_then(|note| serde_json::from_str(&note).ok());
    let is_ours = version(row.try_get(1)?) == SCHEMA_VERSION;
    Ok(projections.filter(|_| is_ours).map(|projections| Shadow { generation: row.get(0), projections }))
}

/// Makes a shadow in which `projections` are empty and all others as they are now.
pub(super) async fn begin_shadow(
    session: &Session,
    projections: &[Projection],
) -> Result<Shadow, StoreError> {
    let note = serde_json::to_string(projections)
        .map_err(|error| StoreError::Failed { reason: error.to_string() })?;
    let Some((current, _)) = current(session).await? else {
        return Err(StoreError::Failed { reason: "there are no read models; hint: restart".to_owned() });
    };
    let generation = make(session, "shadow", Some(&note)).await?;
    let (from, to) = (name_of(current), name_of(generation));
    for kept in Projection::ALL.into_iter().filter(|it| !projections.contains(it)) {
        let name = kept.name();
        for table in tables(kept) {
            let copy = format!("INSERT INTO {to}.{table} SELECT * FROM {from}.{table}");
            session.batch_execute(&copy).await?;
        }
        let copy = format!(
            "DELETE FROM {to}.projections WHERE name = '{name}'; \
             INSERT INTO {to}.projections SELECT * FROM {from}.projections WHERE name = '{name}'; \
             INSERT INTO {to}.runaways SELECT * FROM {from}.runaways WHERE projection = '{name}'"
        );
        session.batch_execute(&copy).await?;
    }
    Ok(Shadow { generation, projections: projections.to_vec() })
}

/// A new generation with empty tables.
async fn make(session: &Session, role: &str, note: Option<&str>) -> Result<i64, StoreError> {
    // Above every schema that is there, too: somebody may have dropped the table of generations alone.
    let sql = "SELECT 1 + greatest( \
         (SELECT max(generation) FROM ledger.generations), \
         (SELECT max(substr(nspname, 8)::bigint) FROM pg_namespace \
          WHERE nspname ~ '^ledger_[0-9]{6,18}$'), 0)";
    let generation: i64 = session.query_typed_one(sql, &[]).await?.try_get(0)?;
    let note = note.map_or("NULL".to_owned(), |note| format!("'{note}'"));
    session
        .batch_execute(&format!(
            "CREATE SCHEMA {}; \
             INSERT INTO ledger.generations (generation, schema_version, role, projections) \
             VALUES ({generation}, 0, '{role}', {note})",
            name_of(generation)
        ))
        .await?;
    schema::migrate(session, generation, 0).await?;
    Ok(generation)
}

/// Makes the shadow the generation in use.
pub(super) async fn swap(session: &Session, generation: i64) -> Result<(), StoreError> {
    if current(session).await?.is_some_and(|(in_use, _)| in_use == generation) {
        // Done before, but the answer got lost on its way.
        return Ok(());
    }
    session.batch_execute("UPDATE ledger.generations SET role = 'old' WHERE role = 'current'").await?;
    let sql = format!(
        "UPDATE ledger.generations SET role = 'current', projections = NULL \
         WHERE generation = {generation} AND role = 'shadow'"
    );
    if session.execute_typed(&sql, &[]).await? != 1 {
        return Err(StoreError::Failed {
            reason: "the shadow is gone: another process threw it away; hint: rebuild again".to_owned(),
        });
    }
    schema::show(session, generation).await
}

/// Renames the schema of the generation in use and forgets the generation. Returns the new name.
pub(super) async fn set_aside(session: &Session, now: UnixMillis) -> Result<String, StoreError> {
    let Some((generation, _)) = current(session).await? else { return Err(no_generation()) };
    let schema = name_of(generation);
    let aside = format!("{schema}_aside_{}", now.0);
    session
        .batch_execute(&format!(
            "ALTER SCHEMA {schema} RENAME TO {aside}; \
             DELETE FROM ledger.generations WHERE generation = {generation}"
        ))
        .await?;
    Ok(aside)
}

/// Throws the shadow away, if there is one.
pub(super) async fn drop_shadow(session: &Session) -> Result<(), StoreError> {
    let sql = "SELECT generation FROM ledger.generations WHERE role = 'shadow'";
    let Some(row) = session.query_typed_opt(sql, &[]).await? else { return Ok(()) };
    let generation: i64 = row.try_get(0)?;
    Ok(session
        .batch_execute(&format!(
            "DROP SCHEMA IF EXISTS {} CASCADE; \
             DELETE FROM ledger.generations WHERE generation = {generation}",
            name_of(generation)
        ))
        .await?)
}

/// Drops generations that were in use before and that nobody looks at any more.
pub(super) async fn sweep(server: &Server) -> Result<(), StoreError> {
    let session = server.session().await?;
    let sql = "SELECT generation FROM ledger.generations WHERE role = 'old'";
    for row in session.query_typed(sql, &[]).await? {
        let generation: i64 = row.try_get(0)?;
        let schema = name_of(generation);
        // Every reader holds a lock on this table for as long as it looks.
        let alone = format!("BEGIN; LOCK TABLE {schema}.projections IN ACCESS EXCLUSIVE MODE NOWAIT");
        match session.batch_execute(&alone).await {
            Ok(()) => {}
            Err(error) if is_taken(&error) => {
                session.batch_execute("ROLLBACK").await?;
                continue;
            }
            // Somebody dropped it before us, or only half of it is left.
            Err(error) if is_missing(&error) => session.batch_execute("ROLLBACK; BEGIN").await?,
            Err(error) => return Err(error.into()),
        }
        session
            .batch_execute(&format!(
                "DROP SCHEMA IF EXISTS {schema} CASCADE; \
                 DELETE FROM ledger.generations WHERE generation = {generation} AND role = 'old'; COMMIT"
            ))
            .await?;
    }
    Ok(())
}
