//! One node: the binary with its log in a cluster and its read models in a database.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here can take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A node's directory and addresses, whether it runs or not.
pub struct Node {
    directory: TempDir,
    log: String,
    read_store: String,
    running: Option<Running>,
}

struct Running {
    child: Child,
    base: String,
    /// Kept open: a closed pipe would fail the server's own prints.
    _stdout: BufReader<ChildStdout>,
}

impl Node {
    pub fn start(log: &str, read_store: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut node =
            Self { directory, log: log.to_owned(), read_store: read_store.to_owned(), running: None };
        node.start_again();
        node
    }

    pub fn start_again(&mut self) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn"]);
        command.env("ATTEMPT_LEDGER_LOG", &self.log);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let base = line.split(' ').find(|word| word.starts_with("http://")).expect("it listens").to_owned();
        self.running = Some(Running { child, base, _stdout: stdout });
    }

    /// A command about the node's directory and the read models.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
        command.args(words).arg("--data").arg(self.directory.path());
        command.env("ATTEMPT_LEDGER_READ_STORE", &self.read_store).env("NO_COLOR", "1");
        command
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    pub fn base(&self) -> String {
        self.running().base.clone()
    }

    /// As a power cut would end it.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// As its user would end it.
    pub fn stop(&mut self) {
        let mut running = self.running.take().expect("it runs");
        kill_process(Pid::from_child(&running.child), Signal::TERM).unwrap();
        assert!(running.child.wait().unwrap().success());
    }

    /// Status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.get(format!("{}{path}", self.base())).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// The position of the last record that this node knows.
    pub fn head(&self) -> u64 {
        let (status, body) = self.get("/v1/events?limit=1");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["head"].as_u64().unwrap()
    }

    /// Whether it brings the read models forward.
    pub fn leads(&self) -> bool {
        let (_, body) = self.get("/v1/projections");
        serde_json::from_str::<Value>(&body).unwrap()["leads"] == true
    }

    /// Status and body of the answer to a request for a rebuild.
    pub fn rebuild(&self) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response =
            agent.post(format!("{}/v1/projections/all/rebuild", self.base())).send_empty().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Waits until every read model contains a position; how long that took.
    pub fn wait_for_models(&self, position: u64) -> Duration {
        let began = Instant::now();
        loop {
            let (status, body) = self.get("/v1/projections");
            let told: Value = serde_json::from_str(&body).unwrap();
            let behind = told["projections"].as_array().is_none_or(|all| {
                all.iter().any(|one| one["position"].as_u64().is_none_or(|at| at < position))
            });
            if status == 200 && !behind {
                return began.elapsed();
            }
            assert!(began.elapsed() < PATIENCE, "the read models stay before {position}: {body}");
            std::thread::yield_now();
        }
    }

    /// Recomputes everything from this node's copy of the log and compares it with the shared read models.
    pub fn verify(&self) {
        assert!(self.running.is_none(), "verify needs the directory for itself");
        let output = self.command(&["verify"]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("7 of 7 equal a fresh fold"), "{told}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}
