//! Every row in one canonical form, the same as in every other store, so that stores can be compared and digested.

use std::ops::ControlFlow;

use serde_json::{Map, Value as Json};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::read::PostgresReader;
use super::text::meant;
use super::value::Value;
use crate::layout::decode;
use crate::{CanonicalRow, StoreError, Visit};

/// Visits a table in the order of its primary key.
pub(super) fn visit_table(
    reader: &PostgresReader<'_>,
    table: &'static str,
    visit: Visit<'_, CanonicalRow>,
) -> Result<ControlFlow<()>, StoreError> {
    let keys = key_columns(reader, table)?;
    let sql = format!("SELECT * FROM {table} ORDER BY {}", keys.join(", "));
    let mut flow = ControlFlow::Continue(());
    reader.visit(&sql, &[], |row| canonical_row(table, &keys, row), &mut |row| {
        flow = visit(row);
        flow
    })?;
    Ok(flow)
}

/// The columns of the primary key, in its order.
fn key_columns(reader: &PostgresReader<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT a.attname::text FROM pg_index AS i \
         CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place) \
         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number \
         WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place";
    let names = reader.rows(sql, &[Value::from(table)])?;
    Ok(names.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

fn canonical_row(table: &'static str, keys: &[String], row: &Row) -> Result<CanonicalRow, StoreError> {
    let mut key = vec![Json::Null; keys.len()];
    // A map sorts its keys: the order of columns does not matter.
    let mut columns = Map::new();
    for (index, column) in row.columns().iter().enumerate() {
        let value = canonical(table, row, index, column.type_())?;
        match keys.iter().position(|key| key == column.name()) {
            Some(place) => key[place] = value,
            None => drop(columns.insert(column.name().to_owned(), value)),
        }
    }
    let (key, columns) = (Json::Array(key).to_string(), Json::Object(columns).to_string());
    Ok(CanonicalRow { table, key, columns })
}

fn canonical(table: &'static str, row: &Row, index: usize, kind: &Type) -> Result<Json, StoreError> {
    let fault = |reason: String| StoreError::Row { table, reason };
    if *kind == Type::INT8 {
        return Ok(row.try_get::<_, Option<i64>>(index)?.map_or(Json::Null, Json::from));
    }
    if *kind == Type::TEXT {
        let Some(kept) = row.try_get::<_, Option<&str>>(index)? else { return Ok(Json::Null) };
        let text = meant(kept).ok_or_else(|| fault(format!("{kept:?} is no text of the ledger")))?;
        return Ok(Json::from(text.into_owned()));
    }
    if *kind == Type::BYTEA {
        // The only bytes are sets of values: each as [value, how often].
        let Some(bytes) = row.try_get::<_, Option<&[u8]>>(index)? else { return Ok(Json::Null) };
        let pairs = decode(bytes)?;
        return Ok(pairs
            .iter()
            .map(|(value, times)| Json::from(vec![Json::from(value), Json::from(times)]))
            .collect());
    }
    Err(fault(format!("a column has the type {kind}, which no migration makes")))
}
