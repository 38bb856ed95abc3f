//! One consistent look: a connection with a transaction open.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, Position, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Scope, Totals};
use attempt_ledger_projections::{AgentRow, AttemptRow, OfferRow, QueueRow, RefusalRow};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::{SqliteStore, canonical, history, rows, select};
use crate::layout::{ATTEMPT_COLUMNS, QUEUE_COLUMNS, tables};
use crate::{
    After, AttemptFilter, CanonicalRow, Checkpoint, Failure, HistoryQuery, OfferFilter, Order, Projection,
    ProjectionStatus, Reader, RefusalFilter, StoreError, Visit,
};

pub(super) struct SqliteReader<'s> {
    store: &'s SqliteStore,
    /// Given back to the store when the look ends.
    connection: Option<Connection>,
}

impl<'s> SqliteReader<'s> {
    pub(super) fn begin(store: &'s SqliteStore) -> Result<Self, StoreError> {
        let connection = store.take_connection()?;
        let reader = Self { store, connection: Some(connection) };
        reader.connection().execute_batch("BEGIN")?;
        // The look begins with the first read.
        reader.connection().query_row("SELECT count(*) FROM projections", [], |_| Ok(()))?;
        Ok(reader)
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is there until the look ends")
    }

    /// Reads rows until `visit` breaks.
    fn visit<T>(
        &self,
        sql: &str,
        parameters: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
        visit: &mut dyn FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(params_from_iter(parameters))?;
        while let Some(row) = found.next()? {
            if visit(read(row)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.visit(sql, parameters, read, &mut |one| {
            all.push(one);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }
}

impl Drop for SqliteReader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.store.give_back(connection);
        }
    }
}

fn status(row: &Row<'_>) -> Result<ProjectionStatus, StoreError> {
    let fault = |reason: String| StoreError::Row { table: "projections", reason };
    let name: String = row.get(0)?;
    let position = |number: i64| Position(u64::try_from(number).unwrap_or_default());
    let failure = match (row.get::<_, Option<i64>>(4)?, row.get::<_, Option<String>>(5)?) {
        (Some(at), Some(id)) => Some(Failure {
            position: position(at),
            record_id: id.parse().map_err(|error| fault(format!("{id:?}: {error}")))?,
            reason: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(ProjectionStatus {
        projection: Projection::parse(&name)
            .ok_or_else(|| fault(format!("{name:?} is no known projection")))?,
        version: row.get(1)?,
        checkpoint: Checkpoint { position: position(row.get(2)?), recorded_at: UnixMillis(row.get(3)?) },
        failure,
    })
}

impl Reader for SqliteReader<'_> {
    fn statuses(&self) -> Result<Vec<ProjectionStatus>, StoreError> {
        let sql = "SELECT name, version, position, recorded_at, failed_position, failed_record_id, failure \
                   FROM projections";
        let mut statuses = self.all(sql, &[], status)?;
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
        let sql = format!("SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE attempt_id = ?1");
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
        history::read(self.connection(), query)
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
        self.all(select::QUEUE_IDS, &[], |row| Ok(QueueId(row.get(0)?)))
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
        let longest: i64 = self.connection().query_row(select::RUN_MS_MAX, [], |row| row.get(0))?;
        Ok(u64::try_from(longest).unwrap_or_default())
    }

    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError> {
        for table in tables(projection) {
            if canonical::visit_table(self.connection(), table, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
