//! Rows on their way into a table, column by column.

use std::pin::pin;

use attempt_ledger_projections::table::{StoredValue, TableRow};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::server::Session;
use super::text::escape;
use crate::store_error::StoreError;

/// Rows of some columns of a table.
#[derive(Default)]
pub(super) struct Block {
    columns: Vec<BlockColumn>,
    next: usize,
    rows: usize,
}

enum BlockColumn {
    Integers(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
}

impl BlockColumn {
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Integers(_) => "bigint[]",
            Self::Reals(_) => "double precision[]",
            Self::Texts(_) => "text[]",
            Self::Bytes(_) => "bytea[]",
        }
    }

    const fn cell_type(&self) -> Type {
        match self {
            Self::Integers(_) => Type::INT8,
            Self::Reals(_) => Type::FLOAT8,
            Self::Texts(_) => Type::TEXT,
            Self::Bytes(_) => Type::BYTEA,
        }
    }

    fn array(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Integers(all) => all,
            Self::Reals(all) => all,
            Self::Texts(all) => all,
            Self::Bytes(all) => all,
        }
    }

    fn cell(&self, row: usize) -> &(dyn ToSql + Sync) {
        match self {
            Self::Integers(all) => &all[row],
            Self::Reals(all) => &all[row],
            Self::Texts(all) => &all[row],
            Self::Bytes(all) => &all[row],
        }
    }
}

/// What happens where a row with the same key is there.
#[derive(Clone, Copy)]
pub(super) enum KeyConflict<'a> {
    /// The whole statement fails.
    Fails,
    /// The new row takes its place.
    Replaces {
        /// The columns of the key.
        key: &'a str,
    },
    /// Every column that is not of the key is added to.
    Adds {
        /// The columns of the key.
        key: &'a str,
    },
}

impl Block {
    /// The rows of one of our tables.
    pub(super) fn of<'r, R: TableRow>(rows: impl IntoIterator<Item = &'r R>) -> Self {
        let mut block = Self::default();
        for row in rows {
            for column in R::COLUMNS {
                match (column.value)(row) {
                    Some(StoredValue::Integer(number)) => block.integer(number),
                    Some(StoredValue::Real(number)) => block.real(number),
                    Some(StoredValue::Text(text)) => block.text(&*text),
                    None => match column.kind.sql_type() {
                        "TEXT" => block.text(None::<&str>),
                        "REAL" => block.real(None),
                        _ => block.integer(None::<i64>),
                    },
                };
            }
            block.end_row();
        }
        block
    }

    /// Puts one more cell into the row that is being written. The first row says what each column holds.
    pub(super) fn integer(&mut self, value: impl Into<Option<i64>>) -> &mut Self {
        match self.place(|| BlockColumn::Integers(Vec::new())) {
            BlockColumn::Integers(all) => all.push(value.into()),
            _ => unreachable!("a column holds the same kind in every row"),
        }
        self
    }

    pub(super) fn real(&mut self, value: impl Into<Option<f64>>) -> &mut Self {
        match self.place(|| BlockColumn::Reals(Vec::new())) {
            BlockColumn::Reals(all) => all.push(value.into()),
            _ => unreachable!("a column holds the same kind in every row"),
        }
        self
    }

    pub(super) fn text<'t>(&mut self, value: impl Into<Option<&'t str>>) -> &mut Self {
        let value = value.into().map(|text| escape(text).into_owned());
        match self.place(|| BlockColumn::Texts(Vec::new())) {
            BlockColumn::Texts(all) => all.push(value),
            _ => unreachable!("a column holds the same kind in every row"),
        }
        self
    }

    pub(super) fn bytes(&mut self, value: Vec<u8>) -> &mut Self {
        match self.place(|| BlockColumn::Bytes(Vec::new())) {
            BlockColumn::Bytes(all) => all.push(value),
            _ => unreachable!("a column holds the same kind in every row"),
        }
        self
    }

    fn place(&mut self, column: impl FnOnce() -> BlockColumn) -> &mut BlockColumn {
        if self.next == self.columns.len() {
            self.columns.push(column());
        }
        self.next += 1;
        &mut self.columns[self.next - 1]
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) {
        debug_assert_eq!(self.next, self.columns.len(), "every row has every column");
        self.next = 0;
        self.rows += 1;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The arrays of all columns as a table expression: `unnest($1::bigint[], …)`.
    pub(super) fn unnested(&self) -> String {
        let arrays: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| format!("${}::{}", index + 1, column.type_name()))
            .collect();
        format!("unnest({})", arrays.join(", "))
    }

    pub(super) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns.iter().map(BlockColumn::array).collect()
    }

    /// Runs a statement over [`Block::unnested`]; nothing happens where there are no rows.
    pub(super) async fn run(&self, session: &Session, sql: &str) -> Result<u64, StoreError> {
        if self.is_empty() {
            return Ok(0);
        }
        let statement = session.prepare_cached(sql).await?;
        Ok(session.execute(&statement, &self.parameters()).await?)
    }

    /// Inserts the rows in one statement.
    pub(super) async fn insert(
        &self,
        session: &Session,
        table: &str,
        columns: &str,
        conflict: KeyConflict<'_>,
    ) -> Result<(), StoreError> {
        let changed = |key: &str, value: fn(&str) -> String| {
            let key: Vec<&str> = key.split(", ").collect();
            let columns = columns.split(", ").map(str::trim).filter(|column| !key.contains(column));
            columns.map(|column| format!("{column} = {}", value(column))).collect::<Vec<_>>().join(", ")
        };
        let on_conflict = match conflict {
            KeyConflict::Fails => String::new(),
            KeyConflict::Replaces { key } => format!(
                "ON CONFLICT ({key}) DO UPDATE SET {}",
                changed(key, |column| format!("excluded.{column}"))
            ),
            KeyConflict::Adds { key } => format!(
                "ON CONFLICT ({key}) DO UPDATE SET {}",
                changed(key, |column| format!("t.{column} + excluded.{column}"))
            ),
        };
        let rows = self.unnested();
        let sql = format!("INSERT INTO {table} AS t ({columns}) SELECT * FROM {rows} {on_conflict}");
        self.run(session, &sql).await.map(|_| ())
    }

    /// Loads the rows by binary COPY, which is quicker where there are many and nobody else reads the table.
    pub(super) async fn copy(&self, session: &Session, table: &str, columns: &str) -> Result<(), StoreError> {
        if self.is_empty() {
            return Ok(());
        }
        let sql = format!("COPY {table} ({columns}) FROM STDIN WITH (FORMAT binary)");
        let sink = session.copy_in(sql.as_str()).await?;
        let types: Vec<Type> = self.columns.iter().map(BlockColumn::cell_type).collect();
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        let mut cells: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(self.columns.len());
        for row in 0..self.rows {
            cells.clear();
            cells.extend(self.columns.iter().map(|column| column.cell(row)));
            writer.as_mut().write(&cells).await?;
        }
        writer.finish().await?;
        Ok(())
    }
}
