//! Explanations of a number as tables: which attempts make it up, or why it is not what it was.

use attempt_ledger_projections::calendar::Zone;
use serde_json::{Value, json};

use super::cells::{CellKind, MetricColumn, cell, members, metric, metric_columns};
use super::text_table::{Align, TextTable};
use super::visible::visible;

/// An answer to `explain`, with or without `changed_since`.
pub(super) fn draw(answer: &Value, zone: Zone) -> String {
    let key = answer["metric"].as_str().unwrap_or_default();
    let formula = visible(answer["formula"].as_str().unwrap_or_default());
    let mut out = format!("{} = {formula}\n", visible(key));
    for name in ["measured", "before", "after"] {
        if let Some(measured) = answer.get(name) {
            out.push_str(&format!("{name}: {}\n", number(key, measured)));
        }
    }
    out.push('\n');
    let is_change = answer.get("changed").is_some();
    out.push_str(&if is_change { changed(key, answer, zone) } else { attempts(key, answer, zone) });
    out
}

/// The number, and what it was divided from.
fn number(key: &str, measured: &Value) -> String {
    let value = metric(key, measured);
    match (&measured["numerator"], &measured["denominator"]) {
        (Value::Number(numerator), Value::Number(denominator)) => {
            format!("{value} ({numerator} ÷ {denominator})")
        }
        _ => value,
    }
}

fn attempts(key: &str, answer: &Value, zone: Zone) -> String {
    let whole = json!({ key: answer["measured"] });
    // Of a number that nothing but its parts has, each of them has a column.
    let parts: Vec<_> = metric_columns(&whole).into_iter().filter(MetricColumn::is_part).collect();
    let mut table = TextTable::new([("attempt", Align::Right), ("started", Align::Left)]);
    parts.iter().for_each(|part| table.column(&part.name(), Align::Right));
    if parts.is_empty() {
        table.column("adds", Align::Left);
    }
    table.column("left out because", Align::Left);
    for attempt in members(answer, "attempts") {
        let left_out = attempt["left_out"]["rule"].as_str();
        let measured = json!({ key: attempt["measured"] });
        let mut added: Vec<String> = parts.iter().map(|part| part.cell(&measured)).collect();
        if parts.is_empty() {
            added.push(number(key, &attempt["measured"]));
        }
        let mut cells = vec![
            cell(&attempt["attempt_id"], CellKind::Number, zone),
            cell(&attempt["started_at"], CellKind::Clock, zone),
        ];
        cells.extend(added.into_iter().map(|one| if left_out.is_some() { String::new() } else { one }));
        cells.push(left_out.unwrap_or_default().to_owned());
        table.row(cells);
    }
    table.draw()
}

/// `Leaving at position 7`, `refused Joined at position 8`, `dismissed at position 9`.
fn in_words(cause: &Value) -> String {
    let what = ["verdict", "event", "observation", "kind"].iter().find_map(|member| cause[*member].as_str());
    let is_refused = cause["kind"] == "refusal" && cause["verdict"].is_null();
    let refused = if is_refused { "refused " } else { "" };
    format!("{refused}{} at position {}", what.unwrap_or_default(), cause["position"])
}

fn changed(key: &str, answer: &Value, zone: Zone) -> String {
    let mut table = TextTable::new([
        ("attempt", Align::Right),
        ("before", Align::Left),
        ("after", Align::Left),
        ("because of", Align::Left),
    ]);
    for attempt in members(answer, "changed") {
        let causes = members(attempt, "causes").iter().map(in_words);
        table.row(vec![
            cell(&attempt["attempt_id"], CellKind::Number, zone),
            number(key, &attempt["before"]),
            number(key, &attempt["after"]),
            causes.collect::<Vec<_>>().join(", "),
        ]);
    }
    table.draw()
}
