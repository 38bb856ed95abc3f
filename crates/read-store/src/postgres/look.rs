//! One consistent look: a connection with a transaction open that sees the database as of one moment.
//!
//! Lists have no end that this file knows of: they are read through cursors, a little at first and then more,
//! so that a reader that stops after one page costs one page.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::QueueGroup;
use deadpool_postgres::Object;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, SimpleQueryMessage};

use super::error::is_missing;
use super::generations::{CURRENT, GenerationChoice, SWAPS_MAX, no_generation};
use super::history;
use super::schema::{name_of, work_in};
use super::server::Server;
use super::text::{escape, unescape};
use crate::question::HistoryScope;
use crate::sql::{Dialect, Look, RowVisit, SqlCell, SqlParameter, SqlQuestion, SqlRow};
use crate::store_error::StoreError;

/// Rows of a list that are fetched at first, and at most at once later.
const ROWS_AT_FIRST: usize = 128;
const ROWS_MAX: usize = 4_096;

pub(super) struct PostgresLook<'s> {
    server: &'s Server,
    /// Given back to the pool when the look ends.
    connection: Option<Object>,
    /// Cursors opened so far: each has a number for a name.
    cursors: Cell<u32>,
    /// Cursors that nobody reads any more, closed along with the next question.
    idle: RefCell<Vec<u32>>,
}

impl<'s> PostgresLook<'s> {
    pub(super) fn begin(server: &'s Server, which: GenerationChoice) -> Result<Self, StoreError> {
        let connection = server.wait(server.reader())?;
        let reader =
            Self { server, connection: Some(connection), cursors: Cell::default(), idle: RefCell::default() };
        if let GenerationChoice::Shadow(generation) = which {
            return match reader.look_at(generation)? {
                Some(_) => Ok(reader),
                None => Err(no_generation()),
            };
        }
        for _ in 0..SWAPS_MAX {
            let known = server.current.load(Ordering::Acquire);
            let found = match reader.look_at(known)? {
                Some(found) if found == Some(known) => return Ok(reader),
                Some(found) => found,
                // It was dropped after another one took its place.
                None => reader.current()?,
            };
            server.wait(reader.connection().batch_execute("ROLLBACK"))?;
            server.current.store(found.ok_or_else(no_generation)?, Ordering::Release);
        }
        Err(no_generation())
    }

    /// Begins to look at a generation, which then is not dropped before the look ends. Answers with the one
    /// in use, or with nothing when the generation is gone.
    fn look_at(&self, generation: i64) -> Result<Option<Option<i64>>, StoreError> {
        // A lock takes no snapshot: the look begins with the question after it, and the tables outlast it.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; \
             LOCK TABLE {}.projections IN ACCESS SHARE MODE; {CURRENT}",
            work_in(generation),
            name_of(generation)
        );
        match self.server.wait(self.connection().simple_query(&begin)) {
            Ok(answers) => Ok(Some(number_in(&answers))),
            Err(error) if is_missing(&error) => {
                self.server.wait(self.connection().batch_execute("ROLLBACK"))?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The generation in use.
    fn current(&self) -> Result<Option<i64>, StoreError> {
        match self.server.wait(self.connection().simple_query(CURRENT)) {
            Ok(answers) => Ok(number_in(&answers)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn connection(&self) -> &Object {
        self.connection.as_ref().expect("the connection is there until the look ends")
    }

    /// Every row of a short answer.
    fn rows(&self, question: &SqlQuestion) -> Result<Vec<Row>, StoreError> {
        let parameters = EscapedParameter::all_of(question);
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            parameters.iter().map(EscapedParameter::typed).collect();
        Ok(self.server.wait(self.connection().query_typed(&question.sql, &parameters))?)
    }

    /// Opens a cursor and fetches its first rows, in one exchange.
    fn open(&self, cursor: u32, question: &SqlQuestion, wanted: usize) -> Result<Vec<Row>, StoreError> {
        let declare = format!("DECLARE c{cursor} NO SCROLL CURSOR FOR {}", question.sql);
        let fetch = format!("FETCH FORWARD {wanted} FROM c{cursor}");
        let idle: Vec<String> =
            self.idle.borrow_mut().drain(..).map(|cursor| format!("CLOSE c{cursor}")).collect();
        let close = idle.join("; ");
        let parameters = EscapedParameter::all_of(question);
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            parameters.iter().map(EscapedParameter::typed).collect();
        let connection = self.connection();
        // The first that fails is the one that says why.
        let (_, _, found) = self.server.wait(async {
            tokio::try_join!(
                biased;
                async { if close.is_empty() { Ok(()) } else { connection.batch_execute(&close).await } },
                connection.execute_typed(&declare, &parameters),
                connection.query_typed(&fetch, &[])
            )
        })?;
        Ok(found)
    }
}

/// Hands rows over until there are no more, or nobody wants more.
fn hand_over(found: &[Row], take: RowVisit<'_>) -> Result<ControlFlow<()>, StoreError> {
    for row in found {
        if take(row)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The number in an answer of one row.
fn number_in(answers: &[SimpleQueryMessage]) -> Option<i64> {
    answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    })
}

impl Drop for PostgresLook<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        self.server.spawn(async move {
            // A connection whose transaction does not end is not used again.
            if connection.batch_execute("ROLLBACK").await.is_err() {
                drop(Object::take(connection));
            }
        });
    }
}

impl Look for PostgresLook<'_> {
    const DIALECT: Dialect = Dialect {
        parameter: '$',
        unindexed: "",
        place_of: "strpos",
        by_position: "",
        open_by_queue: "",
        by_early_bridge: "",
        open_by_event: "",
    };

    /// Reads the rows through a cursor.
    fn list(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError> {
        let cursor = self.cursors.get();
        self.cursors.set(cursor + 1);
        let mut wanted = ROWS_AT_FIRST;
        let mut found = self.open(cursor, question, wanted)?;
        // From here on, whatever happens, nobody reads it later.
        let outcome = loop {
            match hand_over(&found, take) {
                Ok(ControlFlow::Continue(())) if found.len() == wanted => {}
                ended => break ended.map(|_| ()),
            }
            wanted = (wanted * 4).min(ROWS_MAX);
            let fetch = SqlQuestion::plain(format!("FETCH FORWARD {wanted} FROM c{cursor}"));
            found = match self.rows(&fetch) {
                Ok(found) => found,
                Err(error) => break Err(error),
            };
        };
        self.idle.borrow_mut().push(cursor);
        outcome
    }

    /// Reads the rows in one exchange.
    fn ask(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError> {
        hand_over(&self.rows(question)?, take).map(|_| ())
    }

    fn key_of(table: &str) -> SqlQuestion {
        let sql = "SELECT a.attname::text FROM pg_index AS i \
             CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place) \
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number \
             WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place";
        SqlQuestion { sql: sql.to_owned(), parameters: vec![SqlParameter::from(table)] }
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

/// A parameter as PostgreSQL can take it.
enum EscapedParameter<'p> {
    Integer(i64),
    Real(f64),
    Text(Cow<'p, str>),
}

impl EscapedParameter<'_> {
    fn all_of(question: &SqlQuestion) -> Vec<EscapedParameter<'_>> {
        let escaped = |parameter| match parameter {
            &SqlParameter::Integer(number) => EscapedParameter::Integer(number),
            &SqlParameter::Real(number) => EscapedParameter::Real(number),
            SqlParameter::Text(text) => EscapedParameter::Text(escape(text)),
        };
        question.parameters.iter().map(escaped).collect()
    }

    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Integer(number) => (number, Type::INT8),
            Self::Real(number) => (number, Type::FLOAT8),
            Self::Text(text) => (text, Type::TEXT),
        }
    }
}

impl SqlRow for Row {
    fn width(&self) -> usize {
        self.len()
    }

    fn column(&self, index: usize) -> &str {
        self.columns().get(index).map_or("", tokio_postgres::Column::name)
    }

    fn cell(&self, index: usize) -> Result<SqlCell<'_>, String> {
        let fault = |error: tokio_postgres::Error| error.to_string();
        let Some(column) = self.columns().get(index) else { return Err("a column is missing".to_owned()) };
        let cell = match *column.type_() {
            Type::INT8 => self.try_get::<_, Option<i64>>(index).map_err(fault)?.map(SqlCell::Integer),
            Type::FLOAT8 => self.try_get::<_, Option<f64>>(index).map_err(fault)?.map(SqlCell::Real),
            Type::TEXT => match self.try_get::<_, Option<&str>>(index).map_err(fault)? {
                Some(escaped) => {
                    let text =
                        unescape(escaped).ok_or_else(|| format!("{escaped:?} is no text of the ledger"))?;
                    Some(SqlCell::Text(text))
                }
                None => None,
            },
            Type::BYTEA => self.try_get::<_, Option<&[u8]>>(index).map_err(fault)?.map(SqlCell::Bytes),
            ref other => return Err(format!("a column has the type {other}, which no migration makes")),
        };
        Ok(cell.unwrap_or(SqlCell::Null))
    }
}
