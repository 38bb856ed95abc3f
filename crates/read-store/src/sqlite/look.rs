//! One consistent look: a connection with a transaction open.

use std::borrow::Cow;

use attempt_ledger_domain::QueueGroup;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::history;
use super::pool::ReaderPool;
use crate::question::HistoryScope;
use crate::sql::{Dialect, Look, RowVisit, SqlCell, SqlParameter, SqlQuestion, SqlRow};
use crate::store_error::StoreError;

pub(super) struct SqliteLook<'s> {
    pool: &'s ReaderPool,
    /// Given back to the pool when the look ends.
    connection: Option<Connection>,
}

impl<'s> SqliteLook<'s> {
    pub(super) fn begin(pool: &'s ReaderPool) -> Result<Self, StoreError> {
        let look = Self { pool, connection: Some(pool.take()?) };
        look.connection().execute_batch("BEGIN")?;
        // The look begins with the first read.
        look.connection().query_row("SELECT count(*) FROM projections", [], |_| Ok(()))?;
        Ok(look)
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is there until the look ends")
    }
}

impl Drop for SqliteLook<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection);
        }
    }
}

impl Look for SqliteLook<'_> {
    const DIALECT: Dialect = Dialect {
        parameter: '?',
        unindexed: "+",
        place_of: "instr",
        by_position: " INDEXED BY attempts_by_position",
        open_by_queue: " INDEXED BY attempts_open_by_queue",
        by_early_bridge: " INDEXED BY attempts_by_early_bridge",
        open_by_event: " INDEXED BY attempts_open_by_last_event",
    };

    fn list(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError> {
        let mut statement = self.connection().prepare_cached(&question.sql)?;
        let mut found = statement.query(params_from_iter(&question.parameters))?;
        while let Some(row) = found.next()? {
            if take(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn ask(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError> {
        self.list(question, take)
    }

    fn key_of(table: &str) -> SqlQuestion {
        let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk".to_owned();
        SqlQuestion { sql, parameters: vec![SqlParameter::from(table)] }
    }

    fn sums_of(scope: HistoryScope) -> String {
        history::sums_of(scope)
    }

    fn values_of(queue: Option<QueueGroup>) -> String {
        history::values_of(queue)
    }

    fn mix_of(queue: Option<QueueGroup>) -> String {
        history::mix_of(queue)
    }
}

impl ToSql for SqlParameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl SqlRow for Row<'_> {
    fn width(&self) -> usize {
        self.as_ref().column_count()
    }

    fn column(&self, index: usize) -> &str {
        self.as_ref().column_name(index).unwrap_or_default()
    }

    fn cell(&self, index: usize) -> Result<SqlCell<'_>, String> {
        match self.get_ref(index).map_err(|error| error.to_string())? {
            ValueRef::Null => Ok(SqlCell::Null),
            ValueRef::Integer(number) => Ok(SqlCell::Integer(number)),
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
                Ok(SqlCell::Text(Cow::Borrowed(text)))
            }
            ValueRef::Blob(bytes) => Ok(SqlCell::Bytes(bytes)),
            ValueRef::Real(number) => Ok(SqlCell::Real(number)),
        }
    }
}
