//! One consistent look: a connection with a transaction open.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Attribution, Count, Dimension, Measure, Scope, Totals};
use attempt_ledger_projections::{AgentRow, AttemptRow, OfferRow, QueueRow, RefusalRow};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::columns::{ATTEMPT_COLUMNS, OFFER_COLUMNS, QUEUE_UNKNOWN, SUMMED};
use super::{SqliteStore, apply, canonical, rows, select};
use crate::read_store::{
    After, AttemptFilter, CanonicalRow, Checkpoint, Failure, HistoryQuery, HistoryScope, OfferFilter, Order,
    Projection, ProjectionStatus, Reader, RefusalFilter, StoreError, Visit,
};

const REFUSAL_COLUMNS: &str =
    "refusal_id, position, recorded_at, rule, attempt_id, event, queue_id, state, settled_at";
const QUEUE_COLUMNS: &str = "queue_id, queue_type, name, hooks, service_level_threshold_ms, \
     short_abandon_threshold_ms, leaving_deadline_ms, revision, position";

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

    fn read_values(
        &self,
        query: &HistoryQuery,
        found: &mut BTreeMap<(Scope, UnixMillis), Totals>,
    ) -> Result<(), StoreError> {
        let scope = match query.scope {
            HistoryScope::Queue(queue_id) => Some(queue_id),
            HistoryScope::Queues => None,
            HistoryScope::Agent(..) | HistoryScope::Agents => return Ok(()),
        };
        let by_queue = if scope.is_some() { " AND queue_id = ?5" } else { "" };
        let sql = format!(
            "SELECT queue_id, interval_start, value_set FROM queue_history_values WHERE attribution = ?1 \
             AND measure = ?2 AND interval_start >= ?3 AND interval_start < ?4{by_queue}"
        );
        for measure in &query.values_of {
            let mut parameters = in_range(query);
            parameters.insert(1, Value::from(measure.name().to_owned()));
            parameters.extend(scope.map(|queue_id| Value::from(queue_id.0)));
            let mut statement = self.connection().prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(&parameters))?;
            while let Some(row) = rows.next()? {
                let key = (Scope::Queue(queue_of(row.get(0)?)), UnixMillis(row.get(1)?));
                let values = apply::decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
                found.entry(key).or_default().measure_mut(*measure).values = values;
            }
        }
        Ok(())
    }

    fn read_mix(
        &self,
        query: &HistoryQuery,
        found: &mut BTreeMap<(Scope, UnixMillis), Totals>,
    ) -> Result<(), StoreError> {
        let scope = match query.scope {
            HistoryScope::Queue(queue_id) => Some(queue_id),
            HistoryScope::Queues => None,
            HistoryScope::Agent(..) | HistoryScope::Agents => return Ok(()),
        };
        let by_queue = if scope.is_some() { " AND queue_id = ?4" } else { "" };
        let sql = format!(
            "SELECT queue_id, interval_start, dimension, value, attempts FROM queue_history_mix \
             WHERE attribution = ?1 AND interval_start >= ?2 AND interval_start < ?3{by_queue}"
        );
        let mut parameters = in_range(query);
        parameters.extend(scope.map(|queue_id| Value::from(queue_id.0)));
        let stated = self.all(&sql, &parameters, |row| {
            let key = (Scope::Queue(queue_of(row.get(0)?)), UnixMillis(row.get(1)?));
            let dimension: String = row.get(2)?;
            let dimension = Dimension::parse(&dimension).ok_or_else(|| StoreError::Row {
                table: "queue_history_mix",
                reason: format!("{dimension:?} is no known dimension"),
            })?;
            Ok((key, (dimension, row.get::<_, String>(3)?), row.get::<_, i64>(4)?))
        })?;
        for (key, value, attempts) in stated {
            found.entry(key).or_default().mix_mut().insert(value, attempts);
        }
        Ok(())
    }
}

impl Drop for SqliteReader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.store.give_back(connection);
        }
    }
}

fn queue_of(stored: i64) -> Option<QueueId> {
    (stored != QUEUE_UNKNOWN).then_some(QueueId(stored))
}

fn in_range(query: &HistoryQuery) -> Vec<Value> {
    let attribution: Attribution = query.attribution;
    vec![
        Value::from(attribution.name().to_owned()),
        Value::from(query.range.start.0),
        Value::from(query.range.end.0),
    ]
}

/// Counts and sums from the columns after `first`.
fn totals(row: &Row<'_>, first: usize) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let mut next = first;
    for count in Count::ALL {
        *totals.count_mut(count) = row.get(next)?;
        next += 1;
    }
    for measure in Measure::ALL {
        let distribution = totals.measure_mut(measure);
        distribution.count = row.get(next)?;
        distribution.sum_ms = row.get(next + 1)?;
        next += 2;
    }
    Ok(totals)
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
        let conditions = select::attempts(filter, order, after);
        // What changed after a position is found by it, and is little: sorting it is cheaper than a walk in time.
        let by = if filter.changed_after.is_some() { " INDEXED BY attempts_by_position" } else { "" };
        let by_order = select::order_by(order, false);
        let sql = format!("SELECT {ATTEMPT_COLUMNS} FROM attempts{by}{}{by_order}", conditions.to_sql());
        self.visit(&sql, &conditions.parameters, rows::attempt, visit)
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
        let conditions = select::offers(filter, order, after);
        let by_order = select::order_by(order, true);
        let sql = format!("SELECT {OFFER_COLUMNS} FROM offers{}{by_order}", conditions.to_sql());
        self.visit(&sql, &conditions.parameters, rows::offer, visit)
    }

    fn history(&self, query: &HistoryQuery) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
        let columns = &*SUMMED;
        let range = "attribution = ?1 AND interval_start >= ?2 AND interval_start < ?3";
        let mut parameters = in_range(query);
        let (table, agent, scope) = match query.scope {
            HistoryScope::Queue(queue_id) => {
                parameters.push(Value::from(queue_id.0));
                ("queue_history", "NULL", " AND queue_id = ?4")
            }
            HistoryScope::Queues => ("queue_history", "NULL", ""),
            HistoryScope::Agent(agent_id, None) => {
                parameters.push(Value::from(agent_id.0));
                ("agent_history", "agent_id", " AND agent_id = ?4")
            }
            HistoryScope::Agent(agent_id, Some(queue_id)) => {
                parameters.extend([Value::from(agent_id.0), Value::from(queue_id.0)]);
                ("agent_history", "agent_id", " AND agent_id = ?4 AND queue_id = ?5")
            }
            HistoryScope::Agents => ("agent_history", "agent_id", ""),
        };
        let sql =
            format!("SELECT {agent}, queue_id, interval_start, {columns} FROM {table} WHERE {range}{scope}");
        let mut found: BTreeMap<(Scope, UnixMillis), Totals> = BTreeMap::new();
        let summed = self.all(&sql, &parameters, |row| {
            let queue_id = queue_of(row.get(1)?);
            let scope = match row.get::<_, Option<i64>>(0)? {
                Some(agent_id) => Scope::Agent(AgentId(agent_id), queue_id),
                None => Scope::Queue(queue_id),
            };
            Ok(((scope, UnixMillis(row.get(2)?)), totals(row, 3)?))
        })?;
        found.extend(summed);
        self.read_values(query, &mut found)?;
        if query.with_mix {
            self.read_mix(query, &mut found)?;
        }
        Ok(found.into_iter().map(|((scope, start), totals)| (scope, start, totals)).collect())
    }

    fn open_attempts(
        &self,
        queue_id: Option<QueueId>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError> {
        let by_queue = if queue_id.is_some() { " AND queue_id = ?1" } else { "" };
        let sql = format!(
            "SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE left_at IS NULL{by_queue} ORDER BY started_at, attempt_id"
        );
        let parameters: Vec<Value> = queue_id.map(|queue| Value::from(queue.0)).into_iter().collect();
        self.visit(&sql, &parameters, rows::attempt, visit)
    }

    fn agents(&self) -> Result<Vec<AgentRow>, StoreError> {
        self.all("SELECT agent_id, agent_name, last_seen_at FROM agents ORDER BY agent_id", &[], rows::agent)
    }

    fn queues(&self) -> Result<Vec<QueueRow>, StoreError> {
        self.all(&format!("SELECT {QUEUE_COLUMNS} FROM queues ORDER BY queue_id"), &[], rows::queue)
    }

    fn queue_ids(&self) -> Result<Vec<QueueId>, StoreError> {
        // A walk along the index from one queue to the next, instead of over every attempt.
        let sql = "WITH RECURSIVE seen(queue_id) AS (SELECT min(queue_id) FROM attempts UNION ALL \
                   SELECT (SELECT min(queue_id) FROM attempts WHERE queue_id > seen.queue_id) FROM seen \
                   WHERE seen.queue_id IS NOT NULL) \
                   SELECT queue_id FROM seen WHERE queue_id IS NOT NULL UNION SELECT queue_id FROM queues ORDER BY 1";
        self.all(sql, &[], |row| Ok(QueueId(row.get(0)?)))
    }

    fn refusals(
        &self,
        filter: &RefusalFilter,
        before: Option<Position>,
        visit: Visit<'_, RefusalRow>,
    ) -> Result<(), StoreError> {
        let conditions = select::refusals(filter, before);
        let sql =
            format!("SELECT {REFUSAL_COLUMNS} FROM refusals{} ORDER BY position DESC", conditions.to_sql());
        self.visit(&sql, &conditions.parameters, rows::refusal, visit)
    }

    fn run_ms_max(&self) -> Result<u64, StoreError> {
        let sql = "SELECT max(last_event_at - started_at) FROM attempts";
        let longest: Option<i64> =
            self.connection().query_row(sql, [], |row| row.get(0)).optional()?.flatten();
        Ok(u64::try_from(longest.unwrap_or_default()).unwrap_or_default())
    }

    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError> {
        for table in apply::tables(projection) {
            if canonical::visit_table(self.connection(), table, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
