//! Every row in one canonical form, so that stores can be compared and digested.

use std::ops::ControlFlow;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use crate::layout::decode;
use crate::{CanonicalRow, StoreError, Visit};

/// Visits a table in the order of its primary key.
pub(super) fn visit_table(
    connection: &Connection,
    table: &'static str,
    visit: Visit<'_, CanonicalRow>,
) -> Result<ControlFlow<()>, StoreError> {
    let keys = key_columns(connection, table)?;
    let sql = format!("SELECT * FROM {table} ORDER BY {}", keys.join(", "));
    let mut statement = connection.prepare(&sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut key = vec![Value::Null; keys.len()];
        // A map sorts its keys: the order of columns does not matter.
        let mut columns = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = canonical(table, row.get_ref(index)?)?;
            match keys.iter().position(|key| key == name) {
                Some(place) => key[place] = value,
                None => drop(columns.insert(name.clone(), value)),
            }
        }
        let flow = visit(CanonicalRow {
            table,
            key: Value::Array(key).to_string(),
            columns: Value::Object(columns).to_string(),
        });
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The columns of the primary key, in its order.
fn key_columns(connection: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";
    let mut statement = connection.prepare_cached(sql)?;
    let names = statement.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn canonical(table: &'static str, value: ValueRef<'_>) -> Result<Value, StoreError> {
    let fault = |reason: String| StoreError::Row { table, reason };
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Text(text) => {
            Value::from(std::str::from_utf8(text).map_err(|error| fault(error.to_string()))?)
        }
        // The only bytes are sets of values: each as [value, how often].
        ValueRef::Blob(bytes) => decode(bytes)?
            .iter()
            .map(|(value, times)| Value::from(vec![Value::from(value), Value::from(times)]))
            .collect(),
        ValueRef::Real(_) => return Err(fault("a number is not whole".to_owned())),
    })
}
