//! A recorded day as the service exports it: everything that it knows.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::support::http::{Answer, Connection};
use crate::support::program::Program;

fn get(connection: &mut Connection, path: &str, accept: &str) -> Answer {
    let answer = connection.request(&format!("GET {path}"), &[("accept", accept)], b"");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer
}

/// Writes the whole log to a file, as `GET /v1/events` gives it; returns the attempts that it names.
pub fn export_events(server: &Program, path: &Path) -> BTreeSet<i64> {
    let mut connection = Connection::open(server.address);
    let mut file = File::create(path).expect("the directory can be written");
    let mut after = "0".to_owned();
    let mut attempts = BTreeSet::new();
    loop {
        let path = format!("/v1/events?limit=1000&after={after}");
        let page = get(&mut connection, &path, "application/x-ndjson");
        if page.body.is_empty() {
            return attempts;
        }
        for line in page.text().lines() {
            let record: Value = serde_json::from_str(line).expect("records are JSON");
            attempts.extend(record["attempt_id"].as_i64());
        }
        file.write_all(&page.body).expect("the disk is not full");
        after = page.headers.get("ledger-next-after").expect("a page names its successor").clone();
    }
}

/// Writes the timelines of attempts to a file, one a line.
pub fn export_timelines(server: &Program, attempts: &BTreeSet<i64>, path: &Path) {
    let mut connection = Connection::open(server.address);
    let mut file = File::create(path).expect("the directory can be written");
    for attempt in attempts {
        let path = format!("/v1/attempts/{attempt}/timeline");
        let timeline = get(&mut connection, &path, "application/json").text();
        writeln!(file, "{timeline}").expect("the disk is not full");
    }
}
