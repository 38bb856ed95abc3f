//! Files: the same rows as the pages, all of them, in the format that was asked for.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use attempt_ledger::limits::Limits;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::api::harness::{Service, at};
use crate::api::world::world;
use crate::support::http::Answer;
use crate::support::patience::{PATIENCE, until};

fn file(service: &Service, path: &str, name: &str, media_type: &str) -> Answer {
    let answer = service.ask(path);
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.headers["content-disposition"], format!("attachment; filename=\"{name}\""));
    assert!(answer.headers["content-type"].starts_with(media_type), "{:?}", answer.headers);
    answer
}

/// A row of a file as a row of a page: without what is not known, and with lists of words as lists.
fn as_in_a_page(mut row: BTreeMap<String, Value>) -> Value {
    row.retain(|_, value| !value.is_null());
    for name in ["gaps", "untimed_states"] {
        if let Some(words) = row.get_mut(name) {
            *words = words.as_str().unwrap().split_whitespace().collect();
        }
    }
    json!(row)
}

fn ndjson(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| as_in_a_page(serde_json::from_str(line).unwrap())).collect()
}

#[test]
fn a_file_holds_the_same_rows_as_the_pages() {
    let service = world();
    for (path, rows, query) in [
        ("/v1/attempts", "attempts", "order=oldest"),
        ("/v1/attempts", "attempts", "queue_id=18"),
        ("/v1/attempts", "attempts", "as_of=8"),
        ("/v1/offers", "offers", "agent_id=4"),
        ("/v1/agents/4/intervals", "intervals", "from=now-1d&to=now"),
    ] {
        let page = service.read(&format!("{path}?{query}"));
        let name = format!("{rows}.ndjson");
        let told = file(&service, &format!("{path}?{query}&format=ndjson"), &name, "application/x-ndjson");
        assert_eq!(json!(ndjson(&told)), page[rows], "{path} {query}");
    }
}

#[test]
fn a_file_holds_every_row_unless_a_limit_is_given() {
    let limits = Limits { page_limit_max: 3, page_limit_default: 2, ..Limits::default() };
    let service = Service::start_with(limits);
    for attempt_id in 1..=8 {
        service.inbound("joined", at(attempt_id, attempt_id)).expect(201);
    }
    let rows = |query: &str| ndjson(&service.ask(&format!("/v1/attempts?format=ndjson{query}"))).len();
    assert_eq!(
        (rows(""), rows("&limit=7"), rows("&limit=8"), rows("&limit=9"), rows("&limit=1")),
        (8, 7, 8, 8, 1)
    );
}

#[test]
fn csv_keeps_to_its_options() {
    let service = world();
    let text = |query: &str| {
        file(&service, &format!("/v1/attempts?format=csv{query}"), "attempts.csv", "text/csv").text()
    };
    let plain = text("");
    let mut reader = csv::Reader::from_reader(plain.as_bytes());
    let ids: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(ids, ["10", "9", "8", "7"]);
    assert!(plain.starts_with("attempt_id,queue_id,"), "{plain}");
    assert!(text("&separator=%3B").starts_with("attempt_id;queue_id;"));
    assert!(text("&separator=;").starts_with("attempt_id;queue_id;"));
    assert!(text("&separator=%09").starts_with("attempt_id\tqueue_id\t"));
    assert!(text("&separator=%7C&byte_order_mark=true").starts_with("\u{FEFF}attempt_id|queue_id|"));
    assert!(text("&byte_order_mark=false").starts_with("attempt_id,"));
    assert_eq!(text("&queue_id=99").lines().count(), 1, "the header alone");
    assert!(text("&decimal=comma").starts_with("attempt_id;queue_id;"), "a semicolon goes with a comma");
    assert!(text("&decimal=comma&separator=%7C").starts_with("attempt_id|queue_id|"));
}

#[test]
fn parquet_and_excel_files_hold_every_row() {
    let service = world();
    let parquet =
        file(&service, "/v1/attempts?format=parquet", "attempts.parquet", "application/vnd.apache.parquet");
    let reader = SerializedFileReader::new(bytes::Bytes::from(parquet.body)).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 4);
    let xlsx = file(
        &service,
        "/v1/offers?format=xlsx",
        "offers.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    );
    assert!(xlsx.body.starts_with(b"PK"), "an Excel file is a zip archive");
}

#[test]
fn a_file_that_cannot_be_begun_is_a_problem_and_no_file() {
    let service = world();
    service.get("/v1/attempts?format=csv&as_of=12").problem(400, "position_beyond_head");
    service.get("/v1/attempts?format=parquet&cursor=x").problem(400, "invalid_cursor");
}

#[test]
fn a_file_too_many_is_answered_503_and_a_client_that_goes_away_gives_its_place_back() {
    let service = Service::start_with(Limits { files_max: 1, ..Limits::default() });
    let batch: Vec<String> = (1..=6_000).map(|attempt_id| at(attempt_id, attempt_id)).collect();
    for lines in batch.chunks(1_000) {
        service.inbound("joined", format!("[{}]", lines.join(","))).expect(200);
    }
    service.read("/v1/attempts?limit=1");
    // The file is longer than what the socket and the channel hold, so it waits for its reader.
    let mut reader = TcpStream::connect(service.address).unwrap();
    reader.set_read_timeout(Some(PATIENCE)).unwrap();
    reader.write_all(b"GET /v1/attempts?format=ndjson HTTP/1.1\r\nhost: ledger\r\n\r\n").unwrap();
    let mut first = [0; 64];
    reader.read_exact(&mut first).unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200 OK"));
    let refused = service.get("/v1/attempts?format=csv");
    refused.problem(503, "too_many_files");
    assert_eq!(refused.headers["retry-after"], "5");
    service.show("/v1/attempts?limit=1");
    drop(reader);
    let file = || service.get("/v1/attempts?format=csv&limit=1").status;
    until(|| "the place was not given back", || (file() == 200).then_some(()));
}
