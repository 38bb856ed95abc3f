//! Exported files hold the rows of the listings.

use std::fs;
use std::path::Path;

use chrono::DateTime;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value, json};

use crate::cli::harness::{DAY, Ledger, ingest, json_lines, lines_of, printed, refused, stderr, text};
use crate::support::program::run;
use crate::support::sheets::sheet_rows;

/// Columns of attempts that every format has to give back, one of each kind.
const COLUMNS: [&str; 7] =
    ["attempt_id", "queue_id", "destination", "result", "started_at", "wait_ms", "is_late"];

fn export(ledger: &Ledger, what: &str, format: &str, more: &[&str]) -> Vec<u8> {
    let out = ledger.room(&format!("{what}.{format}"));
    let question = ["export", "--what", what, "--format", format, "--out", text(&out)];
    let output = run(&ledger.with(&[&question[..], more].concat()));
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    fs::read(out).unwrap()
}

fn chosen(row: &Value) -> Value {
    COLUMNS.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect::<Map<_, _>>().into()
}

fn milliseconds(text: &str) -> Value {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis().into()
}

fn csv_rows(file: &[u8]) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = header.iter().zip(&record).map(|(name, cell)| {
            let value = match (name, cell) {
                (_, "") => Value::Null,
                ("destination" | "result", text) => text.into(),
                ("started_at", time) => milliseconds(time),
                _ => serde_json::from_str(cell).unwrap_or_else(|_| cell.into()),
            };
            (name.to_owned(), value)
        });
        Value::from(cells.collect::<Map<_, _>>())
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn parquet_rows(path: &Path) -> Vec<Value> {
    let value = |field: &Field| match field {
        Field::Null => Value::Null,
        Field::Str(text) => text.as_str().into(),
        Field::Long(number) | Field::TimestampMillis(number) => (*number).into(),
        Field::Double(number) => (*number).into(),
        Field::Bool(truth) => (*truth).into(),
        other => panic!("no column is of the type of {other:?}"),
    };
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect())
        .collect()
}

fn sqlite_rows(path: &Path) -> Vec<Value> {
    let file =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql =
        format!("SELECT {} FROM attempts ORDER BY started_at DESC, attempt_id DESC", COLUMNS.join(", "));
    let mut statement = file.prepare(&sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = COLUMNS.iter().enumerate().map(|(index, name)| {
            let value = match row.get_ref(index).unwrap() {
                rusqlite::types::ValueRef::Null => Value::Null,
                rusqlite::types::ValueRef::Integer(number) if *name == "is_late" => (number == 1).into(),
                rusqlite::types::ValueRef::Integer(number) => number.into(),
                text => text.as_str().unwrap().into(),
            };
            ((*name).to_owned(), value)
        });
        Ok(Value::from(cells.collect::<Map<_, _>>()))
    };
    let rows = statement.query_map([], row).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn every_format_holds_the_rows_of_the_listing() {
    let ledger = Ledger::of("60");
    let listed = json_lines(&ledger.with(&["attempts", "--format", "ndjson"]));
    let rows: Vec<Value> = listed.iter().map(chosen).collect();
    assert_eq!(rows.len(), 60);

    assert_eq!(lines_of(&String::from_utf8(export(&ledger, "attempts", "ndjson", &[])).unwrap()), listed);
    let csv = csv_rows(&export(&ledger, "attempts", "csv", &[]));
    assert_eq!(csv.iter().map(chosen).collect::<Vec<_>>(), rows);
    export(&ledger, "attempts", "parquet", &[]);
    let parquet = parquet_rows(&ledger.room("attempts.parquet"));
    assert_eq!(parquet.iter().map(chosen).collect::<Vec<_>>(), rows);
    export(&ledger, "attempts", "xlsx", &[]);
    let xlsx = sheet_rows(&ledger.room("attempts.xlsx"));
    assert_eq!(xlsx.iter().map(chosen).collect::<Vec<_>>(), rows);

    let file = ledger.room("models.sqlite");
    printed(&ledger.with(&["export", "--format", "sqlite", "--out", text(&file)]));
    assert_eq!(sqlite_rows(&file), rows);
    assert!(!ledger.room("models.sqlite-wal").exists(), "it is one file");
}

#[test]
fn a_list_on_standard_output_is_counted_in_bytes() {
    let ledger = Ledger::of("5");
    let output = run(&ledger.with(&["export", "--what", "agents", "--format", "csv", "--out", "-"]));
    let said = stderr(&output);
    assert!(said.contains(&format!(" rows, {} B in stdout", output.stdout.len())), "{said}");
}

#[test]
fn an_export_from_a_server_is_the_same_file() {
    let ledger = Ledger::of("30");
    let server = ledger.serve();
    server.define(
        17,
        &json!({ "type": "inbound_queue", "name": "=1+1", "service_level_threshold_ms": 15_000 }),
    );
    server.catch_up();
    let kinds = [
        ("attempts", "csv", &[][..]),
        ("attempts", "parquet", &["--queue-id", "17"]),
        ("offers", "ndjson", &["--agent-id", "305"]),
        ("agents", "csv", &[]),
        ("queues", "csv", &["--separator", ";", "--byte-order-mark"]),
        ("queue-history", "csv", &DAY),
        ("agent-history", "csv", &DAY),
        ("events", "ndjson", &[]),
        ("refusals", "ndjson", &[]),
    ];
    let served: Vec<Vec<u8>> = kinds
        .iter()
        .map(|(what, format, more)| {
            let question = ["export", "--what", what, "--format", format, "--out", "-", "--url", &server.url];
            let output = run(&[&question[..], more].concat());
            assert!(output.status.success(), "{what}: {}", stderr(&output));
            output.stdout
        })
        .collect();
    let [here, there] = ["here.sqlite", "there.sqlite"].map(|name| ledger.room(name));
    printed(&["export", "--format", "sqlite", "--out", text(&there), "--url", &server.url]);
    drop(server);
    printed(&ledger.with(&["export", "--format", "sqlite", "--out", text(&here)]));
    assert_eq!(sqlite_rows(&there), sqlite_rows(&here));
    for ((what, format, more), served) in kinds.iter().zip(served) {
        assert!(export(&ledger, what, format, more) == served, "{what} as {format}");
        assert!(!served.is_empty(), "{what}");
    }
    let queues = String::from_utf8(fs::read(ledger.room("queues.csv")).unwrap()).unwrap();
    assert!(queues.starts_with("\u{feff}queue_id;defined;"), "{queues}");
    assert!(queues.contains(";'=1+1;"), "{queues}");
}

#[test]
fn a_history_of_every_agent_has_one_header_and_the_log_every_record() {
    let ledger = Ledger::of("30");
    let history = String::from_utf8(export(&ledger, "agent-history", "csv", &DAY)).unwrap();
    assert_eq!(history.lines().filter(|line| line.starts_with("agent_id,")).count(), 1);
    let agents = json_lines(&ledger.with(&["agents", "--format", "ndjson"])).len();
    assert_eq!(history.lines().count(), 1 + agents * 48, "two days of hours for each agent");
    export(&ledger, "agent-history", "parquet", &DAY);
    let parquet = parquet_rows(&ledger.room("agent-history.parquet"));
    assert_eq!(parquet.len(), agents * 48);
    let ids = |rows: &[Value]| rows.iter().map(|row| row["agent_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&parquet), ids(&csv_rows(history.as_bytes())), "the same rows in the same order");
    let events = lines_of(&String::from_utf8(export(&ledger, "events", "ndjson", &[])).unwrap());
    let positions: Vec<u64> = events.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    let head = crate::cli::harness::json(&ledger.with(&["status", "--json"]))["head"].as_u64().unwrap();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>());
}

#[test]
fn a_text_that_looks_like_a_formula_is_none_in_any_format() {
    let ledger = Ledger::empty();
    let delivery = |event: &str, more: Value| {
        let mut body = json!({
            "event": event, "queue_type": "inbound_queue", "queue_id": 17, "attempt_id": 7,
            "destination": "=1+1",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{body}\n")
    };
    let name = "=HYPERLINK(\"http://example.org\")";
    let lines = [
        delivery("joined", json!({})),
        delivery("bridged", json!({ "agent_id": 3, "agent_name": name })),
        delivery("leaving", json!({ "cc_result": "@SUM(A1)" })),
    ];
    ingest(&ledger.path(), &lines.concat());

    for csv in [
        export(&ledger, "attempts", "csv", &[]),
        printed(&ledger.with(&["attempts", "--format", "csv"])).into_bytes(),
    ] {
        let row = &csv_rows(&csv)[0];
        assert_eq!((&row["destination"], &row["result"]), (&json!("'=1+1"), &json!("'@SUM(A1)")));
    }
    for csv in [
        export(&ledger, "agents", "csv", &[]),
        printed(&ledger.with(&["agents", "--format", "csv"])).into_bytes(),
    ] {
        assert_eq!(csv_rows(&csv)[0]["agent_name"], format!("'{name}"));
    }
    for format in ["ndjson", "parquet", "xlsx"] {
        let file = export(&ledger, "attempts", format, &[]);
        let path = ledger.room(&format!("attempts.{format}"));
        let rows = match format {
            "ndjson" => lines_of(&String::from_utf8(file).unwrap()),
            "parquet" => parquet_rows(&path),
            _ => sheet_rows(&path),
        };
        assert_eq!((&rows[0]["destination"], &rows[0]["result"]), (&json!("=1+1"), &json!("@SUM(A1)")));
    }
}

#[test]
fn what_cannot_be_exported_is_refused_by_name_and_leaves_no_file() {
    let ledger = Ledger::of("5");
    let out = ledger.room("out");
    let out = text(&out);
    for (flags, words) in [
        (&["--what", "events", "--format", "csv"][..], &["events", "ndjson"][..]),
        (&["--what", "refusals", "--format", "xlsx"], &["refusals", "ndjson"]),
        (&["--what", "events", "--format", "ndjson", "--limit", "3"], &["--limit"]),
        (&["--what", "agents", "--format", "csv", "--state", "left"], &["`state`"]),
        (&["--what", "attempts", "--format", "csv", "--outcome", "missed"], &["`outcome`"]),
        (&["--what", "attempts", "--format", "csv", "--separator", "x"], &["`separator`"]),
        (&["--what", "attempts", "--format", "ndjson", "--separator", ";"], &["`separator`"]),
        (&["--what", "agents", "--format", "csv", "--byte-order-mark", "no"], &["--byte-order-mark"]),
        (&["--what", "queue-history", "--format", "csv"], &["`from`"]),
        (&["--what", "calls", "--format", "csv"], &["--what", "attempts"]),
        (&["--format", "csv"], &["--what"]),
        (&["--format", "sqlite", "--what", "attempts"], &["--what"]),
        (&["--format", "sqlite", "--queue-id", "17"], &["filters"]),
    ] {
        refused(&ledger.with(&[&["export"][..], flags, &["--out", out]].concat()), 2, words);
        assert!(!ledger.room("out").exists(), "{flags:?}");
    }
    refused(&ledger.with(&["export", "--format", "sqlite", "--out", "-"]), 2, &["--out"]);
    refused(&ledger.with(&["export", "--what", "agents", "--format", "csv"]), 2, &["--out"]);
}
