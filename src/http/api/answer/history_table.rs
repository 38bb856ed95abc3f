//! Histories as tables: one row for each bucket, and columns for each metric.

use std::borrow::Cow;

use attempt_ledger_projections::calendar::Bucket;
use attempt_ledger_projections::history::Totals;
use attempt_ledger_projections::metrics::{
    Definition, KnownQueues, Measurement, Number, Omission, Parameters, Unit, compute,
};

use super::columns::{duration, known_number, text, time};
use crate::files::{Cell, Column, ColumnKind, Table};
use crate::queries::AttemptShare;

/// The statistics of a duration that have columns.
const STATISTICS: [&str; 4] = ["p50_ms", "p90_ms", "p95_ms", "max_ms"];

/// The table of a history. `whose` names its first column.
pub fn history_table(whose: &'static str, metrics: &[&'static Definition], parameters: &Parameters) -> Table {
    let mut columns = vec![
        Column::new(whose, ColumnKind::Integer),
        Column::new("start", ColumnKind::Time),
        Column::new("end", ColumnKind::Time),
        Column::new("local_start", ColumnKind::Text),
        Column::new("length_ms", ColumnKind::Duration),
        Column::new("is_partial", ColumnKind::Boolean),
        Column::new("offset_changes", ColumnKind::Boolean),
    ];
    // What nothing adds up to has the same parts as everything else.
    for measured in compute(&Totals::default(), parameters, metrics) {
        let (key, kind) = (measured.key, value_kind(measured.unit));
        columns.push(Column::new(key, kind));
        columns.push(Column::new(format!("{key}_reason"), ColumnKind::Text));
        if measured.unit != Unit::Count {
            columns.push(Column::new(format!("{key}_numerator"), ColumnKind::Integer));
            columns.push(Column::new(format!("{key}_denominator"), ColumnKind::Integer));
        }
        if measured.unit == Unit::Milliseconds {
            let of = |name: &&str| Column::new(format!("{key}_{name}"), ColumnKind::Duration);
            columns.extend(STATISTICS.iter().map(of));
        }
        columns.extend(measured.parts.iter().map(|part| Column::new(format!("{key}_{}", part.name), kind)));
    }
    Table { name: Cow::Borrowed("history"), columns }
}

/// One row of the table.
pub fn history_cells<'r>(id: Option<i64>, bucket: &'r Bucket, measured: &[Measurement]) -> Vec<Cell<'r>> {
    let mut cells = vec![
        id.map_or(Cell::Null, Cell::Integer),
        time(bucket.start),
        time(bucket.end),
        Cell::from(bucket.local_start.as_str()),
        duration(bucket.length_ms),
        Cell::Boolean(bucket.is_partial),
        Cell::Boolean(bucket.offset_changes),
    ];
    for one in measured {
        cells.push(value(one.value, one.unit));
        cells.push(reason(one));
        if one.unit != Unit::Count {
            cells.extend([one.numerator, one.denominator].map(known_number));
        }
        if one.unit == Unit::Milliseconds {
            let statistics = one.distribution.as_ref().map(|it| [it.p50_ms, it.p90_ms, it.p95_ms, it.max_ms]);
            cells.extend((0..STATISTICS.len()).map(|index| duration(statistics.map(|all| all[index]))));
        }
        cells.extend(one.parts.iter().map(|part| value(part.value, one.unit)));
    }
    cells
}

/// Why there is no value, or of how many of its queues there is one.
fn reason(measured: &Measurement) -> Cell<'static> {
    let known = |queues: KnownQueues| format!("queues_known:{}/{}", queues.known, queues.of);
    match (measured.reason, measured.queues) {
        (Some(reason), _) => text(Some(reason.code())),
        (None, queues) => queues.map_or(Cell::Null, |queues| Cell::Text(Cow::Owned(known(queues)))),
    }
}

/// The table of an explanation.
pub fn explanation_table(metric: &Definition, parameters: &Parameters) -> Table {
    let kind = value_kind(metric.unit);
    let mut columns = vec![
        Column::new("attempt_id", ColumnKind::Integer),
        Column::new("started_at", ColumnKind::Time),
        Column::new(metric.key, kind),
        Column::new("numerator", ColumnKind::Integer),
        Column::new("denominator", ColumnKind::Integer),
    ];
    let parts = metric.measure(&Totals::default(), parameters).parts;
    columns.extend(parts.iter().map(|part| Column::new(format!("{}_{}", metric.key, part.name), kind)));
    columns.extend(["left_out", "rule"].map(|name| Column::new(name, ColumnKind::Text)));
    Table { name: Cow::Borrowed("explanation"), columns }
}

/// One row of that table.
pub fn explanation_cells(share: &AttemptShare) -> Vec<Cell<'static>> {
    let measured = &share.measured;
    let mut cells = vec![
        Cell::Integer(share.attempt_id.0),
        time(share.started_at),
        value(measured.value, measured.unit),
        known_number(measured.numerator),
        known_number(measured.denominator),
    ];
    cells.extend(measured.parts.iter().map(|part| value(part.value, measured.unit)));
    cells.push(text(share.left_out.map(Omission::code)));
    cells.push(share.left_out.map_or(Cell::Null, |why| Cell::Text(Cow::Owned(why.sentence()))));
    cells
}

const fn value_kind(unit: Unit) -> ColumnKind {
    match unit {
        Unit::Count => ColumnKind::Integer,
        Unit::Milliseconds | Unit::Rate | Unit::Ratio => ColumnKind::Real,
    }
}

/// A value in a column of its metric's unit.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are far below 2^53")]
fn value(value: Option<Number>, unit: Unit) -> Cell<'static> {
    match (value, value_kind(unit)) {
        (Some(Number::Whole(whole)), ColumnKind::Integer) => Cell::Integer(whole),
        (Some(Number::Whole(whole)), _) => Cell::Real(whole as f64),
        (Some(Number::Real(real)), ColumnKind::Real) => Cell::Real(real),
        (Some(Number::Real(_)) | None, _) => Cell::Null,
    }
}
