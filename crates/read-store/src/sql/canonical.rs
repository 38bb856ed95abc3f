//! Every row in one canonical form, the same from every store, so that stores can be compared and digested.

use std::ops::ControlFlow;

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
    let mut form = None;
    look.list(&question, &mut |row| {
        let form = form.get_or_insert_with(|| CanonicalForm::of(table, &keys, row));
        flow = visit(form.apply(row)?);
        Ok(flow)
    })?;
    Ok(flow)
}

/// How the rows of one table are written. It is made once for a table and not for each row: a rebuild writes
/// every row of every table.
struct CanonicalForm {
    table: &'static str,
    /// The places of the key's columns, in the order of the key.
    key: Vec<usize>,
    /// The places of the other columns in the order of their names, so that the order of columns does not
    /// matter, each with its name as a member of an object.
    columns: Vec<(String, usize)>,
    /// How long the columns of the last row were.
    columns_bytes: usize,
}

impl CanonicalForm {
    fn of(table: &'static str, keys: &[String], row: &dyn SqlRow) -> Self {
        let place_of = |key: &String| (0..row.width()).find(|place| row.column(*place) == key);
        let key: Vec<usize> = keys.iter().filter_map(place_of).collect();
        assert_eq!(key.len(), keys.len(), "the rows of {table} have their key");
        let mut columns: Vec<_> = (0..row.width()).filter(|place| !key.contains(place)).collect();
        columns.sort_unstable_by_key(|place| row.column(*place));
        let member = |(number, place)| (member_start(number, row.column(place)), place);
        let columns = columns.into_iter().enumerate().map(member).collect();
        Self { table, key, columns, columns_bytes: 0 }
    }

    fn apply(&mut self, row: &dyn SqlRow) -> Result<CanonicalRow, StoreError> {
        let mut key = vec![b'['];
        for (number, place) in self.key.iter().enumerate() {
            if number > 0 {
                key.push(b',');
            }
            self.write_cell(row, *place, &mut key)?;
        }
        key.push(b']');
        let mut columns = Vec::with_capacity(self.columns_bytes + 64);
        columns.push(b'{');
        for (member, place) in &self.columns {
            columns.extend_from_slice(member.as_bytes());
            self.write_cell(row, *place, &mut columns)?;
        }
        columns.push(b'}');
        self.columns_bytes = columns.len();
        let text = |json| String::from_utf8(json).expect("JSON is text");
        Ok(CanonicalRow { table: self.table, key: text(key), columns: text(columns) })
    }

    fn write_cell(&self, row: &dyn SqlRow, place: usize, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let cell = row.cell(place).map_err(|reason| StoreError::Row { table: self.table, reason })?;
        let written = match cell {
            SqlCell::Null => serde_json::to_writer(out, &()),
            SqlCell::Integer(number) => serde_json::to_writer(out, &number),
            SqlCell::Real(number) => serde_json::to_writer(out, &number),
            SqlCell::Text(text) => serde_json::to_writer(out, &*text),
            // The only bytes are sets of values: each as [value, how often].
            SqlCell::Bytes(bytes) => serde_json::to_writer(out, &decode(bytes)?.iter().collect::<Vec<_>>()),
        };
        written.expect("a cell is written to memory");
        Ok(())
    }
}

/// What stands before the value of an object's member.
fn member_start(number: usize, name: &str) -> String {
    let comma = if number == 0 { "" } else { "," };
    format!("{comma}\"{name}\":")
}
