//! The real program with a day of traffic, and somebody waiting.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The queue whose history is asked for, and where somebody waits.
pub const QUEUE: i64 = 17;
/// Requests for a position that the read models do not contain yet; each waits two seconds.
const PATIENCE: usize = 30;

/// A running ledger; it stops when it is dropped.
pub struct Server {
    child: Child,
    pub url: String,
    /// The day of the traffic up to now, in milliseconds.
    pub from: i64,
    pub to: i64,
    _directory: TempDir,
}

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
    command.env_remove("ATTEMPT_LEDGER_DATA").env_remove("ATTEMPT_LEDGER_URL").stderr(Stdio::null());
    command
}

fn succeed(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?} failed");
}

impl Server {
    /// Starts on an empty directory, takes yesterday's traffic and what goes on now, and rebuilds once.
    pub fn with_a_day() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (file, to) = (directory.path().join("day.ndjson"), now_ms());
        let from = to - DAY_MS - DAY_MS / 12;
        let mut serve = program();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(directory.path().join("data"));
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect(&line).to_owned();
        let server = Self { child, url, from, to, _directory: directory };
        let start = from.to_string();
        succeed(program().args(["seed", "--attempts", "1200", "--start-ms", &start, "--out"]).arg(&file));
        succeed(
            program().arg("ingest").arg(&file).args(["--json", "--url", &server.url]).stdout(Stdio::null()),
        );
        server.keep_busy();
        server.define_a_queue();
        server.rebuild();
        server.catch_up();
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
        let put = ureq::put(format!("{}/v1/queues/{QUEUE}", self.url)).send(definition.to_string());
        assert!(put.unwrap().status().is_success());
    }

    /// Rebuilds every read model and reads the stream of its progress to the end.
    fn rebuild(&self) {
        assert_eq!(self.post("/v1/projections/all/rebuild", &Value::Null), 202);
        let progress =
            ureq::get(format!("{}/v1/projections/rebuild", self.url)).header("Accept", "text/event-stream");
        let stream = progress.call().unwrap().body_mut().read_to_string().unwrap();
        assert!(stream.contains("\"phase\":\"done\""), "the rebuild did not end well: {stream}");
    }

    /// Waits until the read models contain everything.
    fn catch_up(&self) {
        let head = self.show("/v1/events?limit=1")["head"].as_u64().unwrap();
        let path = format!("/v1/attempts?limit=1&min_position={head}");
        assert!((0..PATIENCE).any(|_| self.get(&path).0 == 200), "the read models never contain {head}");
    }

    fn post(&self, path: &str, body: &Value) -> u16 {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        agent.post(format!("{}{path}", self.url)).send(body).unwrap().status().as_u16()
    }

    /// The status and the body of a page below the ledger's address, or of a whole address.
    pub fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(&address).call().unwrap_or_else(|error| panic!("{address}: {error}"));
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
        (answer.status().as_u16(), body)
    }

    /// The JSON of a page that must be there.
    pub fn show(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "GET {path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
