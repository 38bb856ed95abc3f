//! A directory and a server that has it open give the same answers.

mod restoring;

use serde_json::{Value, json};

use crate::cli::harness::{DAY, Ledger, json, json_lines, printed};

/// Questions whose answers are equal to the byte.
const TO_THE_BYTE: [&[&str]; 16] = [
    &["attempts", "--limit", "7", "--order", "oldest", "--timezone", "Europe/Kyiv"],
    &["attempts", "--format", "ndjson"],
    &["attempts", "--format", "csv", "--queue-id", "17", "--state", "left"],
    &["attempts", "--format", "ndjson", "--queue-id", "17", "--as-of", "300"],
    &["agents"],
    &["agents", "--format", "csv"],
    &["agents", "--format", "ndjson"],
    &["agents", "305"],
    &["agents", "305", "--interval", "P1D", "--format", "ndjson"],
    &["agents", "305", "--queue-id", "17", "--format", "csv"],
    &["agents", "305", "--intervals"],
    &["agents", "305", "--intervals", "--format", "csv"],
    &["queues", "--format", "csv"],
    &["queues", "17", "--interval", "PT15M", "--format", "ndjson"],
    &["queues", "17", "--explain", "n_answered"],
    &["queues", "17", "--explain", "n_offered", "--changed-since", "200"],
];

/// Questions whose answers hold a clock beside the same rows.
const BUT_FOR_THE_CLOCK: [&[&str]; 6] = [
    &["attempts", "--limit", "20"],
    &["agents"],
    &["agents", "305"],
    &["agents", "305", "--intervals"],
    &["queues"],
    &["queues", "17", "--explain", "n_abandoned", "--limit", "3"],
];

/// The range of the seeded day goes to all but lists, whose rows it would only thin out.
fn asked<'a>(question: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let is_list =
        matches!(question, ["attempts", ..]) || matches!(question, ["agents"] | ["agents", "--format", _]);
    let day: &[&str] = if is_list { &[] } else { &DAY };
    [question, day, more].concat()
}

/// Without what shows the time of the question.
fn timeless(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        for name in ["next_cursor", "now"] {
            members.remove(name);
        }
    }
    answer
}

fn answers(place: [&str; 2]) -> (Vec<String>, Vec<Value>) {
    let texts = TO_THE_BYTE.iter().map(|question| printed(&asked(question, &place)));
    let formatted = [place[0], place[1], "--format", "json"];
    let values = BUT_FOR_THE_CLOCK.iter().map(|question| timeless(json(&asked(question, &formatted))));
    (texts.collect(), values.collect())
}

#[test]
fn every_listing_gives_the_same_rows_from_the_directory_and_from_the_server() {
    let ledger = Ledger::of("100");
    let server = ledger.serve();
    server.define(17, &json!({ "type": "inbound_queue", "name": "Продажі" }));
    server.catch_up();
    let (served_texts, served_values) = answers(["--url", &server.url]);
    drop(server);
    let (texts, values) = answers(["--data", ledger.data()]);
    for ((question, served), read) in TO_THE_BYTE.iter().zip(&served_texts).zip(&texts) {
        assert_eq!(served, read, "{question:?}");
        assert!(read.lines().count() > 1, "{question:?} is answered by nothing");
    }
    for ((question, served), read) in BUT_FOR_THE_CLOCK.iter().zip(&served_values).zip(&values) {
        assert_eq!(served, read, "{question:?}");
    }
    assert!(texts[12].contains("Продажі") || values[4]["queues"].to_string().contains("Продажі"));
}

#[test]
fn a_table_has_a_column_for_each_wait_within_which_abandons_are_counted() {
    let ledger = Ledger::of("60");
    let waits = ["--metrics", "n_abandoned,n_abandoned_in_x", "--abandoned-in-ms", "5000"];
    let waits = [&waits[..], &["--abandoned-in-ms", "600000"], &DAY].concat();
    for question in [&["queues"][..], &["queues", "17"]] {
        let table = printed(&ledger.with(&[question, &waits].concat()));
        let header: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
        let columns = ["n_abandoned", "n_abandoned_in_x_5000_ms", "n_abandoned_in_x_600000_ms"];
        assert_eq!(header[header.len() - 3..], columns, "{table}");
        let last = table.lines().last().unwrap();
        let cells: Vec<&str> = last.split_whitespace().rev().take(3).collect();
        let count =
            |cell: &str| cell.parse::<u64>().unwrap_or_else(|_| panic!("{cell} is no count: {table}"));
        assert!(count(cells[1]) <= count(cells[0]) && count(cells[0]) <= count(cells[2]), "{table}");
    }
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["attempt_id"].as_i64().unwrap()).collect()
}

#[test]
fn every_format_and_every_way_of_paging_holds_the_same_attempts() {
    let ledger = Ledger::of("60");
    let rows = json_lines(&ledger.with(&["attempts", "--format", "ndjson"]));
    let whole = ids(&rows);
    assert_eq!(whole.len(), 60);

    let mut paged = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut question = ledger.with(&["attempts", "--format", "json", "--limit", "25"]);
        question.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
        let page = json(&question);
        paged.extend(ids(page["attempts"].as_array().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(paged, whole);

    let table = printed(&ledger.with(&["attempts", "--limit", "60"]));
    let drawn: Vec<i64> =
        table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert_eq!(drawn, whole);

    let csv = printed(&ledger.with(&["attempts", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    for (record, row) in reader.records().map(Result::unwrap).zip(&rows) {
        assert_eq!(record.len(), row.as_object().unwrap().len());
        for name in ["attempt_id", "queue_id", "wait_ms", "offers"] {
            let cell = &record[header.iter().position(|it| it == name).unwrap()];
            let expected = if row[name].is_null() { String::new() } else { row[name].to_string() };
            assert_eq!(cell, expected, "{name} of {row}");
        }
    }
    assert_eq!(csv.lines().count(), 61);
}

#[test]
fn a_listing_sees_what_was_recorded_a_moment_ago() {
    let ledger = Ledger::of("10");
    let count = || json_lines(&ledger.with(&["attempts", "--format", "ndjson"])).len();
    assert_eq!(count(), 10);
    crate::cli::harness::ingest(
        &ledger.path(),
        r#"{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":7}"#,
    );
    assert_eq!(count(), 11);
    assert_eq!(
        json(&ledger.with(&["attempts", "--format", "json", "--limit", "1"]))["freshness"]["lag_records"],
        0
    );
}
