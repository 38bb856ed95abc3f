//! Every row in one canonical form, the same from every store, so that stores can be compared and digested.

use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::dialect::SqlQuestion;
use super::layout::decode;
use super::look::{Look, all};
use super::row::{CellReader, SqlCell, SqlRow};
use crate::port::{CanonicalRow, Visit};
use crate::store_error::StoreError;

/// Visits a table in the order of its primary key.
pub(super) fn visit_table<L: Look>(
    look: &L,
    table: &'static str,
    visit: Visit<'_, CanonicalRow>,
) -> Result<ControlFlow<()>, StoreError> {
    let keys: Vec<String> = all(look, &L::key_of(table), |row| CellReader::of(row, table).value())?;
    let question = SqlQuestion::plain(format!("SELECT * FROM {table} ORDER BY {}", keys.join(", ")));
    let mut flow = ControlFlow::Continue(());
    look.list(&question, &mut |row| {
        flow = visit(canonical_row(table, &keys, row)?);
        Ok(flow)
    })?;
    Ok(flow)
}

fn canonical_row(table: &'static str, keys: &[String], row: &dyn SqlRow) -> Result<CanonicalRow, StoreError> {
    let mut key = vec![Value::Null; keys.len()];
    // A map sorts its keys: the order of columns does not matter.
    let mut columns = Map::new();
    for index in 0..row.width() {
        let cell = row.cell(index).map_err(|reason| StoreError::Row { table, reason })?;
        let value = match cell {
            SqlCell::Null => Value::Null,
            SqlCell::Integer(number) => Value::from(number),
            SqlCell::Real(number) => Value::from(number),
            SqlCell::Text(text) => Value::from(text.into_owned()),
            // The only bytes are sets of values: each as [value, how often].
            SqlCell::Bytes(bytes) => decode(bytes)?
                .iter()
                .map(|(value, times)| Value::from(vec![Value::from(value), Value::from(times)]))
                .collect(),
        };
        let name = row.column(index);
        match keys.iter().position(|key| key == name) {
            Some(place) => key[place] = value,
            None => drop(columns.insert(name.to_owned(), value)),
        }
    }
    Ok(CanonicalRow {
        table,
        key: Value::Array(key).to_string(),
        columns: Value::Object(columns).to_string(),
    })
}
