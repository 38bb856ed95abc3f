//! The binary over a recorded day, asked for everything that it knows.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running server; it is killed when it is dropped.
pub struct Server {
    child: Child,
    base: String,
    /// Kept open: a closed pipe would fail the server's own prints.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    pub fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn", "--data"]).arg(data);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output is text");
        let base = line.split(' ').find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("the server does not listen: {line:?}")).trim().to_owned();
        Self { child, base, _stdout: stdout }
    }

    fn get(&self, path: &str, accept: &str) -> (Option<String>, String) {
        let mut response =
            ureq::get(format!("{}{path}", self.base)).header("accept", accept).call().expect(path);
        let next = response.headers().get("ledger-next-after");
        let next = next.map(|value| value.to_str().expect("a number").to_owned());
        (next, response.body_mut().with_config().limit(1 << 30).read_to_string().expect(path))
    }

    /// Writes the whole log to a file, as `GET /v1/events` gives it; returns the attempts that it names.
    pub fn export_events(&self, path: &Path) -> BTreeSet<i64> {
        let mut file = File::create(path).expect("the directory can be written");
        let mut after = "0".to_owned();
        let mut attempts = BTreeSet::new();
        loop {
            let path = format!("/v1/events?limit=1000&after={after}");
            let (next, page) = self.get(&path, "application/x-ndjson");
            if page.is_empty() {
                return attempts;
            }
            for line in page.lines() {
                let record: Value = serde_json::from_str(line).expect("records are JSON");
                attempts.extend(record["attempt_id"].as_i64());
            }
            file.write_all(page.as_bytes()).expect("the disk is not full");
            after = next.expect("a page names its successor");
        }
    }

    /// Writes the timelines of attempts to a file, one a line.
    pub fn export_timelines(&self, attempts: &BTreeSet<i64>, path: &Path) {
        let mut file = File::create(path).expect("the directory can be written");
        for attempt in attempts {
            let (_, timeline) = self.get(&format!("/v1/attempts/{attempt}/timeline"), "application/json");
            writeln!(file, "{timeline}").expect("the disk is not full");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
