//! One consistent look: a connection with a transaction open that sees the database as of one moment.
//!
//! Lists have no end that this file knows of: they are read through cursors, a little at first and then more, so that
//! whoever stops after one page costs one page.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::{AttemptId, Position, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Scope, Totals};
use attempt_ledger_projections::{AgentRow, AttemptRow, OfferRow, QueueRow, RefusalRow};
use deadpool_postgres::Object;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, SimpleQueryMessage};

use super::error::{is_missing, lost};
use super::generations::CURRENT;
use super::schema::{name_of, work_in};
use super::server::Server;
use super::store::{SWAPS_MET_MAX, Which, no_generation};
use super::value::Value;
use super::{canonical, history, rows, select};
use crate::layout::{ATTEMPT_COLUMNS, QUEUE_COLUMNS, tables};
use crate::{
    After, AttemptFilter, CanonicalRow, HistoryQuery, OfferFilter, Order, Projection, ProjectionStatus,
    Reader, RefusalFilter, StoreError, Visit,
};

/// Rows of a list that are fetched at first, and at most at once later.
const ROWS_AT_FIRST: usize = 128;
const ROWS_MAX: usize = 4_096;

pub(super) struct PostgresReader<'s> {
    server: &'s Server,
    /// Given back to the pool when the look ends.
    connection: Option<Object>,
    /// Cursors opened so far: each has a number for a name.
    cursors: Cell<u32>,
    /// Cursors that nobody reads any more, closed along with the next question.
    idle: RefCell<Vec<u32>>,
}

impl<'s> PostgresReader<'s> {
    pub(super) fn begin(server: &'s Server, which: Which) -> Result<Self, StoreError> {
        let connection = server.wait(server.reader())?;
        let reader =
            Self { server, connection: Some(connection), cursors: Cell::default(), idle: RefCell::default() };
        if let Which::Shadow(generation) = which {
            return match reader.look_at(generation)? {
                Some(_) => Ok(reader),
                None => Err(no_generation()),
            };
        }
        for _ in 0..SWAPS_MET_MAX {
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

    /// Begins to look at a generation, which then is not dropped before the look ends. Answers with the one in use, or
    /// with nothing when the generation is gone.
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
    pub(super) fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = parameters.iter().map(Value::typed).collect();
        Ok(self.server.wait(self.connection().query_typed(sql, &parameters))?)
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: &[Value],
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.rows(sql, parameters)?.iter().map(read).collect()
    }

    /// Reads the rows of a list until `visit` breaks.
    pub(super) fn visit<T>(
        &self,
        sql: &str,
        parameters: &[Value],
        read: impl Fn(&Row) -> Result<T, StoreError>,
        visit: &mut dyn FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let cursor = self.cursors.get();
        self.cursors.set(cursor + 1);
        let mut wanted = ROWS_AT_FIRST;
        let mut found = self.open(cursor, sql, parameters, wanted)?;
        // From here on, whatever happens, nobody reads it later.
        let outcome = loop {
            match hand_over(&found, &read, visit) {
                Ok(ControlFlow::Continue(())) if found.len() == wanted => {}
                ended => break ended.map(|_| ()),
            }
            wanted = (wanted * 4).min(ROWS_MAX);
            found = match self.rows(&format!("FETCH FORWARD {wanted} FROM c{cursor}"), &[]) {
                Ok(found) => found,
                Err(error) => break Err(error),
            };
        };
        self.idle.borrow_mut().push(cursor);
        outcome
    }

    /// Opens a cursor and fetches its first rows, in one exchange.
    fn open(
        &self,
        cursor: u32,
        sql: &str,
        parameters: &[Value],
        wanted: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let declare = format!("DECLARE c{cursor} NO SCROLL CURSOR FOR {sql}");
        let fetch = format!("FETCH FORWARD {wanted} FROM c{cursor}");
        let idle: Vec<String> =
            self.idle.borrow_mut().drain(..).map(|cursor| format!("CLOSE c{cursor}")).collect();
        let close = idle.join("; ");
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = parameters.iter().map(Value::typed).collect();
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
fn hand_over<T>(
    found: &[Row],
    read: &impl Fn(&Row) -> Result<T, StoreError>,
    visit: &mut dyn FnMut(T) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    for row in found {
        if visit(read(row)?).is_break() {
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

impl Drop for PostgresReader<'_> {
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

impl Reader for PostgresReader<'_> {
    fn statuses(&self) -> Result<Vec<ProjectionStatus>, StoreError> {
        let sql = "SELECT name, version, position, recorded_at, failed_position, failed_record_id, failure \
                   FROM projections";
        let mut statuses = self.all(sql, &[], rows::status)?;
        statuses.sort_by_key(|status| status.projection);
        Ok(statuses)
    }

    fn attempts(
        &self,
        filter: &AttemptFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = select::attempts(filter, order, after);
        self.visit(&sql, &parameters, rows::attempt, visit)
    }

    fn attempt(&self, attempt_id: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        let sql = format!("SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE attempt_id = $1");
        let mut found = self.all(&sql, &[Value::from(attempt_id.0)], rows::attempt)?;
        Ok(found.pop())
    }

    fn offers(
        &self,
        filter: &OfferFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, OfferRow>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = select::offers(filter, order, after);
        self.visit(&sql, &parameters, rows::offer, visit)
    }

    fn history(&self, query: &HistoryQuery) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
        history::read(self, query)
    }

    fn open_attempts(
        &self,
        queue_id: Option<QueueId>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = select::open_attempts(queue_id);
        self.visit(&sql, &parameters, rows::attempt, visit)
    }

    fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        self.all("SELECT agent_id, agent_name, last_seen_at FROM agents ORDER BY agent_id", &[], rows::agent)
    }

    fn queues(&self) -> Result<Vec<QueueRow>, StoreError> {
        self.all(&format!("SELECT {QUEUE_COLUMNS} FROM queues ORDER BY queue_id"), &[], rows::queue)
    }

    fn queue_ids(&self) -> Result<Vec<QueueId>, StoreError> {
        self.all(select::QUEUE_IDS, &[], |row| Ok(QueueId(row.try_get(0)?)))
    }

    fn refusals(
        &self,
        filter: &RefusalFilter,
        before: Option<Position>,
        visit: Visit<'_, RefusalRow>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = select::refusals(filter, before);
        self.visit(&sql, &parameters, rows::refusal, visit)
    }

    fn run_ms_max(&self) -> Result<u64, StoreError> {
        let rows = self.rows(select::RUN_MS_MAX, &[])?;
        let row = rows.first().ok_or_else(|| lost("a question was not answered"))?;
        Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
    }

    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError> {
        for table in tables(projection) {
            if canonical::visit_table(self, table, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
