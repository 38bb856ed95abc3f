//! The real program with a day of traffic, and somebody waiting.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::request;
use crate::support::program::{Program, run};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The queue whose history is asked for, and where somebody waits.
pub const QUEUE: i64 = 17;
/// A queue that dials members ahead of its agents.
pub const DIALLING_QUEUE: i64 = 75;

/// A running ledger; it stops when it is dropped.
pub struct Server {
    program: Program,
    /// The day of the traffic up to now, in milliseconds.
    pub from: i64,
    pub to: i64,
    _directory: TempDir,
}

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn succeed(arguments: &[&str]) {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    /// Starts on an empty directory, takes yesterday's traffic and what goes on now, and rebuilds once.
    pub fn with_a_day() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (file, to) = (directory.path().join("day.ndjson"), now_ms());
        let (from, file) = (to - DAY_MS - DAY_MS / 12, file.to_str().unwrap());
        let program = Program::start(&directory.path().join("data"));
        succeed(&["seed", "--attempts", "1200", "--start-ms", &from.to_string(), "--out", file]);
        succeed(&["ingest", file, "--json", "--url", &program.url]);
        let server = Self { program, from, to, _directory: directory };
        server.keep_busy();
        server.define_a_queue();
        server.rebuild();
        server.program.catch_up();
        server
    }

    /// Somebody waits, for somebody it rings, and something is refused.
    fn keep_busy(&self) {
        let at = (now_ms() - 60_000).to_string();
        let body = |attempt_id: i64| json!({ "attempt_id": attempt_id, "queue_id": QUEUE, "timestamp": at });
        assert_eq!(self.post("/v1/hooks/inbound_queue/joined", &body(91_000_001)), 201);
        assert_eq!(self.post("/v1/hooks/inbound_queue/joined", &body(91_000_002)), 201);
        assert_eq!(self.post("/v1/hooks/inbound_queue/offering", &body(91_000_002)), 201);
        assert_eq!(self.post("/v1/hooks/outbound_ivr/missed", &body(91_000_003)), 422);
    }

    fn define_a_queue(&self) {
        let hooks = ["joined", "offering", "missed", "bridged", "processing", "leaving"];
        let definition = json!({
            "type": "inbound_queue", "name": "Support", "hooks": hooks, "short_abandon_threshold_ms": 5_000,
        });
        self.program.define(QUEUE, &definition);
    }

    /// Rebuilds every read model and reads the stream of its progress to the end.
    fn rebuild(&self) {
        assert_eq!(self.program.post("/v1/projections/all/rebuild", "").status, 202);
        let line = "GET /v1/projections/rebuild";
        let progress = request(self.program.address, line, &[("accept", "text/event-stream")], b"");
        let stream = progress.text();
        assert!(stream.contains("\"phase\":\"done\""), "the rebuild did not end well: {stream}");
    }

    fn post(&self, path: &str, body: &Value) -> u16 {
        self.program.post(path, body.to_string()).status
    }

    pub fn url(&self) -> &str {
        &self.program.url
    }

    /// The status and the body of a page below the ledger's address, or of a whole address.
    pub fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let (address, path) = match path.strip_prefix("http://") {
            Some(rest) => {
                let (authority, path) = rest.split_once('/').expect("an address has a path");
                (authority.parse::<SocketAddr>().expect("a socket"), format!("/{path}"))
            }
            None => (self.program.address, path.to_owned()),
        };
        let answer = request(address, &format!("GET {path}"), &[], b"");
        (answer.status, answer.body)
    }

    /// The JSON of a page that must be there.
    pub fn show(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "GET {path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }
}
