//! One node: the program with its log in a cluster and its read models in a database.

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::support::http::Answer;
use crate::support::patience::until;
use crate::support::program::{Program, Serve, run_with};

/// A node's directory and addresses, whether it runs or not.
pub struct Node {
    directory: TempDir,
    log: String,
    read_store: String,
    running: Option<Program>,
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
        let serve = Serve::over(self.directory.path()).with(&["--log-filter", "warn"]);
        let serve =
            serve.env("ATTEMPT_LEDGER_LOG", &self.log).env("ATTEMPT_LEDGER_READ_STORE", &self.read_store);
        self.running = Some(serve.start());
    }

    fn running(&self) -> &Program {
        self.running.as_ref().expect("it runs")
    }

    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// As a power cut would end it.
    pub fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
    }

    /// As its user would end it.
    pub fn stop(&mut self) {
        let ended = self.running.take().expect("it runs").stop();
        assert!(ended.status.success(), "{ended:?}");
    }

    pub fn get(&self, path: &str) -> Answer {
        self.running().get(path)
    }

    /// The position of the last record that this node knows.
    pub fn head(&self) -> u64 {
        self.running().head()
    }

    /// Whether it brings the read models forward.
    pub fn leads(&self) -> bool {
        self.get("/v1/projections").json()["leads"] == true
    }

    /// The answer to a request for a rebuild.
    pub fn rebuild(&self) -> Answer {
        self.running().post("/v1/projections/all/rebuild", "")
    }

    /// Waits until every read model contains a position.
    pub fn wait_for_models(&self, position: u64) {
        let contains_it = |answer: &Answer| {
            let told = answer.json();
            let all = told["projections"].as_array();
            answer.status == 200
                && all.is_some_and(|all| all.iter().all(|one| one["position"].as_u64() >= Some(position)))
        };
        until(
            || format!("the read models stay before {position}: {}", self.get("/v1/projections").text()),
            || contains_it(&self.get("/v1/projections")).then_some(()),
        );
    }

    /// Recomputes everything from this node's copy of the log and compares it with the shared read models.
    pub fn verify(&self) {
        assert!(self.running.is_none(), "verify needs the directory for itself");
        let data = self.directory.path().to_str().unwrap();
        let read_store = [("ATTEMPT_LEDGER_READ_STORE", self.read_store.as_str())];
        let output = run_with(&read_store, &["verify", "--data", data]);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("9 of 9 equal a fresh fold"), "{told}");
    }
}
