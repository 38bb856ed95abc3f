//! The port, on top of whichever database is looked at.

use std::ops::RangeInclusive;

use attempt_ledger_domain::{AttemptId, Position, QueueGroup, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Scope, Totals};
use attempt_ledger_projections::table::TableRow;
use attempt_ledger_projections::{AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow};
use uuid::Uuid;

use super::dialect::{SqlParameter, SqlQuestion};
use super::layout::tables;
use super::look::{Look, all};
use super::row::{CellReader, SqlRow, table_row};
use super::{canonical, history, select};
use crate::port::{BoardReader, CanonicalRow, Reader, Visit};
use crate::projection::{Checkpoint, Failure, Projection, ProjectionStatus, UnfoldedAttempt};
use crate::question::{
    After, AgentFilter, AttemptFilter, BoardEntry, HistoryFilter, OfferFilter, Order, RefusalFilter,
};
use crate::store_error::StoreError;

/// Reads through one consistent look.
pub(crate) struct SqlReader<L>(pub(crate) L);

impl<L: Look> SqlReader<L> {
    fn visit<R: TableRow>(&self, question: &SqlQuestion, visit: Visit<'_, R>) -> Result<(), StoreError> {
        self.0.list(question, &mut |row| Ok(visit(table_row(row)?)))
    }

    fn every<R: TableRow>(&self, key: &str) -> Result<Vec<R>, StoreError> {
        let question = SqlQuestion::plain(format!("{} ORDER BY {key}", select::all_of::<R>()));
        all(&self.0, &question, table_row)
    }
}

fn status(row: &dyn SqlRow) -> Result<ProjectionStatus, StoreError> {
    let mut cells = CellReader::of(row, "projections");
    let projection = projection_of(&mut cells)?;
    let version = cells.value()?;
    let checkpoint = Checkpoint { position: cells.value()?, recorded_at: cells.value()? };
    let (position, record_id): (Option<Position>, Option<Uuid>) = (cells.value()?, cells.value()?);
    let reason: Option<String> = cells.value()?;
    let failure = position.zip(record_id).map(|(position, record_id)| Failure {
        position,
        record_id,
        reason: reason.unwrap_or_default(),
    });
    Ok(ProjectionStatus { projection, version, checkpoint, failure })
}

fn projection_of(cells: &mut CellReader<'_>) -> Result<Projection, StoreError> {
    let name: String = cells.value()?;
    Projection::parse(&name).ok_or_else(|| cells.fault(format!("{name:?} is no known projection")))
}

fn unfolded(row: &dyn SqlRow) -> Result<UnfoldedAttempt, StoreError> {
    let mut cells = CellReader::of(row, "runaways");
    let projection = projection_of(&mut cells)?;
    let (attempt_id, folded, last) = (cells.value()?, cells.value()?, cells.value()?);
    Ok(UnfoldedAttempt { projection, attempt_id, folded, last })
}

fn open_attempt(row: &dyn SqlRow) -> Result<BoardEntry, StoreError> {
    let mut cells = CellReader::of(row, "attempts");
    Ok(BoardEntry {
        queue_id: cells.value()?,
        attempt_id: cells.value()?,
        state: cells.value()?,
        started_at: cells.value()?,
        is_start_untimed: cells.value()?,
        last_event_at: cells.value()?,
    })
}

impl<L: Look> BoardReader for SqlReader<L> {
    fn open_attempts(
        &self,
        queue: Option<QueueGroup>,
        since: UnixMillis,
        visit: Visit<'_, BoardEntry>,
    ) -> Result<(), StoreError> {
        let question = select::open_attempts(L::DIALECT, queue, since);
        self.0.list(&question, &mut |row| Ok(visit(open_attempt(row)?)))
    }

    fn open_counts(&self, queue: Option<QueueGroup>) -> Result<Vec<(Option<QueueId>, u64)>, StoreError> {
        all(&self.0, &select::open_counts(L::DIALECT, queue), |row| {
            let mut cells = CellReader::of(row, "attempts");
            let (queue_id, count): (_, i64) = (cells.value()?, cells.value()?);
            Ok((queue_id, u64::try_from(count).unwrap_or_default()))
        })
    }
}

impl<L: Look> Reader for SqlReader<L> {
    fn statuses(&self) -> Result<Vec<ProjectionStatus>, StoreError> {
        let sql = "SELECT name, version, position, recorded_at, failed_position, failed_record_id, failure \
                   FROM projections";
        let mut statuses = all(&self.0, &SqlQuestion::plain(sql), status)?;
        statuses.sort_by_key(|status| status.projection);
        Ok(statuses)
    }

    fn unfolded(&self) -> Result<Vec<UnfoldedAttempt>, StoreError> {
        let sql = "SELECT projection, attempt_id, folded_position, last_position FROM runaways \
                   WHERE folded_position < last_position ORDER BY attempt_id, projection";
        all(&self.0, &SqlQuestion::plain(sql), unfolded)
    }

    fn attempts(
        &self,
        filter: &AttemptFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError> {
        self.visit(&select::attempts(L::DIALECT, filter, order, after), visit)
    }

    fn attempt(&self, attempt_id: AttemptId) -> Result<Option<AttemptRow>, StoreError> {
        let place = L::DIALECT.parameter;
        let sql = format!("{} WHERE attempt_id = {place}1", select::all_of::<AttemptRow>());
        let question = SqlQuestion { sql, parameters: vec![SqlParameter::from(attempt_id.0)] };
        Ok(all(&self.0, &question, table_row)?.pop())
    }

    fn offers(
        &self,
        filter: &OfferFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, OfferRow>,
    ) -> Result<(), StoreError> {
        self.visit(&select::offers(L::DIALECT, filter, order, after), visit)
    }

    fn history(&self, filter: &HistoryFilter) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError> {
        history::read(&self.0, filter)
    }

    fn agents(&self, filter: &AgentFilter, visit: Visit<'_, AgentRow>) -> Result<(), StoreError> {
        self.visit(&select::agents(L::DIALECT, filter), visit)
    }

    fn queues(&self) -> Result<Vec<QueueRow>, StoreError> {
        self.every("queue_id")
    }

    fn queue_ids(&self, after: Option<QueueId>, limit: usize) -> Result<Vec<QueueId>, StoreError> {
        let question = select::queue_ids(L::DIALECT, after, limit);
        all(&self.0, &question, |row| CellReader::of(row, "queues").value())
    }

    fn has_queueless(&self) -> Result<bool, StoreError> {
        let found = all(&self.0, &SqlQuestion::plain(select::QUEUELESS), |row| {
            CellReader::of(row, "attempts").value::<i64>()
        })?;
        Ok(!found.is_empty())
    }

    fn refusals(
        &self,
        filter: &RefusalFilter,
        before: Option<Position>,
        visit: Visit<'_, RefusalRow>,
    ) -> Result<(), StoreError> {
        self.visit(&select::refusals(L::DIALECT, filter, before), visit)
    }

    fn links(
        &self,
        attempt_id: AttemptId,
        known_at: Position,
        limit: usize,
    ) -> Result<Vec<LinkRow>, StoreError> {
        let mut links = Vec::new();
        for kinds in select::SHARED_KINDS {
            let question = select::links(L::DIALECT, attempt_id, kinds, known_at, limit);
            links.extend(all(&self.0, &question, table_row::<LinkRow>)?);
        }
        links.sort_by(|left: &LinkRow, right| {
            (left.kind.name(), &left.id, left.attempt_id).cmp(&(
                right.kind.name(),
                &right.id,
                right.attempt_id,
            ))
        });
        links.dedup();
        links.truncate(limit);
        Ok(links)
    }

    fn hooks(&self, queues: RangeInclusive<QueueId>) -> Result<Vec<HookRow>, StoreError> {
        all(&self.0, &select::hooks(L::DIALECT, &queues), table_row)
    }

    fn run_ms_max(&self) -> Result<u64, StoreError> {
        let longest = all(&self.0, &SqlQuestion::plain(select::RUN_MS_MAX), |row| {
            CellReader::of(row, "attempts").value::<i64>()
        })?;
        // A run that ends before it begins has no length.
        Ok(longest.first().map_or(0, |longest| u64::try_from(*longest).unwrap_or_default()))
    }

    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError> {
        for table in tables(projection) {
            if canonical::visit_table(&self.0, table, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
