//! Cells of tables for people: clocks, durations, metrics, and JSON as rows.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::Zone;
use attempt_ledger_projections::metrics::{Unit, find};
use serde_json::Value;

use super::clock::{clock, duration, local};
use super::text_table::{Align, TextTable};
use super::visible::visible;

/// The metric whose values are its parts alone, one for each wait that was asked for.
const ABANDONED_IN: &str = "n_abandoned_in_x";

/// Stands for what is not known.
const NOTHING: &str = "–";

/// How a member of a row is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    Text,
    Number,
    Clock,
    Duration,
}

/// A column: its header, the member that it shows, and how.
pub(super) type CellColumn = (&'static str, &'static str, CellKind);

/// The members of a list in an answer; none when it has no such list.
pub(super) fn members<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Rows of an answer as a table.
pub(super) fn rows(columns: &[CellColumn], rows: &[Value], zone: Zone) -> String {
    let align = |kind: CellKind| match kind {
        CellKind::Number | CellKind::Duration => Align::Right,
        CellKind::Text | CellKind::Clock => Align::Left,
    };
    let mut table = TextTable::new(columns.iter().map(|(name, _, kind)| (*name, align(*kind))));
    for row in rows {
        table.row(columns.iter().map(|(_, member, kind)| cell(&row[*member], *kind, zone)).collect());
    }
    table.draw()
}

/// One value.
pub(super) fn cell(value: &Value, kind: CellKind, zone: Zone) -> String {
    let number = value.as_i64();
    match (kind, value) {
        (_, Value::Null) => NOTHING.to_owned(),
        (CellKind::Clock, _) => number.map_or_else(|| value.to_string(), |at| clock(UnixMillis(at), zone)),
        (CellKind::Duration, _) => value.as_u64().map_or_else(|| value.to_string(), duration),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(many)) => {
            let many = many.iter().map(|one| cell(one, kind, zone)).collect::<Vec<_>>();
            many.join(" ")
        }
        _ => value.to_string(),
    }
}

/// A measured metric: counts as they are, durations as minutes and seconds, rates in percent.
pub(super) fn metric(key: &str, measured: &Value) -> String {
    let value = &measured["value"];
    let Some(number) = value.as_f64() else { return NOTHING.to_owned() };
    match find(key).map(|metric| metric.unit) {
        Some(Unit::Milliseconds) => duration(whole(number)),
        Some(Unit::Rate) => format!("{:.1} %", number * 100.0),
        Some(Unit::Ratio) => format!("{number:.2}"),
        _ => value.to_string(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "durations are small and positive"
)]
fn whole(number: f64) -> u64 {
    number.max(0.0).round() as u64
}

/// The buckets of a history as a table, and all of them together in the last line.
pub(super) fn history(answer: &Value) -> String {
    let columns = metric_columns(&answer["total"]);
    let mut table = TextTable::new([("from", Align::Left)]);
    for column in &columns {
        table.column(&column.name(), Align::Right);
    }
    for bucket in members(answer, "buckets") {
        let open = if bucket["is_open"] == true { " (open)" } else { "" };
        let start = local(bucket["local_start"].as_str().unwrap_or_default()) + open;
        let values = columns.iter().map(|column| column.cell(&bucket["metrics"]));
        table.row(std::iter::once(start).chain(values).collect());
    }
    let total = columns.iter().map(|column| column.cell(&answer["total"]));
    table.row(std::iter::once("all".to_owned()).chain(total).collect());
    table.draw()
}

/// A column of a table of metrics: a metric, or one part of it, such as the abandons within one wait.
pub(super) struct MetricColumn {
    key: &'static str,
    part: Option<String>,
}

impl MetricColumn {
    pub(super) const fn is_part(&self) -> bool {
        self.part.is_some()
    }

    pub(super) fn name(&self) -> String {
        match &self.part {
            Some(part) => format!("{}_{part}", self.key),
            None => self.key.to_owned(),
        }
    }

    /// The cell of a series or a bucket.
    pub(super) fn cell(&self, metrics: &Value) -> String {
        let measured = &metrics[self.key];
        match &self.part {
            None => metric(self.key, measured),
            Some(part) => {
                let same = members(measured, "parts").iter().find(|one| one["name"] == part.as_str());
                metric(self.key, same.unwrap_or(&Value::Null))
            }
        }
    }
}

/// The columns of a series: each metric, in the catalogue's order. Of one that nothing but its parts has
/// values for, these are the columns.
pub(super) fn metric_columns(metrics: &Value) -> Vec<MetricColumn> {
    let columns = keys_of(metrics).into_iter().flat_map(|key| {
        let parts = members(&metrics[key], "parts");
        let names = parts.iter().filter_map(|part| part["name"].as_str().map(str::to_owned));
        let of_parts: Vec<Option<String>> = names.map(Some).collect();
        let own = if key == ABANDONED_IN && !of_parts.is_empty() { of_parts } else { vec![None] };
        own.into_iter().map(move |part| MetricColumn { key, part })
    });
    columns.collect()
}

/// The metrics of a series, in the catalogue's order.
fn keys_of(metrics: &Value) -> Vec<&'static str> {
    let catalogue = attempt_ledger_projections::metrics::catalogue();
    catalogue.map(|metric| metric.key).filter(|key| !metrics[*key].is_null()).collect()
}

/// Says on stderr that an answer is a page, and how to go on: a table that ends looks whole.
pub(super) fn say_if_there_are_more(answer: &Value) {
    if let Some(cursor) = answer["next_cursor"].as_str() {
        anstream::eprintln!("there are more: --cursor {}, or --limit", visible(cursor));
    }
    let shown = members(answer, "changed").len() as u64;
    if let Some(all) = answer["changed_count"].as_u64().filter(|all| *all > shown) {
        anstream::eprintln!(
            "there are more: {all} attempts changed, and {shown} are shown; --limit shows more"
        );
    }
}

/// Reports on stderr what the answer does not contain.
pub(super) fn warn_if_not_fresh(answer: &Value) {
    let freshness = &answer["freshness"];
    if let Some(reason) = freshness["stopped"]["reason"].as_str() {
        let position = &freshness["stopped"]["position"];
        anstream::eprintln!(
            "warning: a read model stopped at position {position}: {}\n\
             hint: `attempt-ledger status` tells which",
            visible(reason)
        );
    } else if freshness["lag_records"].as_u64().is_some_and(|records| records > 0) {
        anstream::eprintln!(
            "the answer contains position {}, the log ends at {}",
            freshness["position"],
            freshness["head"]
        );
    }
}
