//! The program under load, in a process of its own, behind a socket that outlives it.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// As many as systemd asks for.
const BACKLOG: u32 = 4_096;
/// How long one request of the bench itself may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the bench asks again when it is turned away, and after which pause.
const TURNED_AWAY_MAX: u32 = 60;
const TURNED_AWAY_PAUSE: Duration = Duration::from_secs(1);
/// How often a process that is to end is looked at.
const STOP_SAMPLE: Duration = Duration::from_millis(20);
/// A shell passes the socket as systemd does: as descriptor 3, with the process's own id in `LISTEN_PID`.
const PASS_THE_SOCKET: &str = r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@" 3<&0 0</dev/null"#;

/// A service over one directory, started as often as it is stopped.
pub struct Service {
    pub address: SocketAddr,
    pub agent: ureq::Agent,
    /// The most memory that one of its processes had resident, in KiB.
    pub peak_kib: u64,
    /// How often it ended by itself, or had to be started again to answer a question.
    pub failures: u32,
    program: PathBuf,
    arguments: Vec<String>,
    listener: TcpListener,
    /// None while it is stopped.
    process: Option<Child>,
}

impl Service {
    /// Starts it, and waits until it listens.
    pub fn start(program: &Path, data: &Path, options: &[&str]) -> Self {
        let listener = listen();
        let data = data.to_str().expect("a temporary path is text");
        let own = ["serve", "--data", data, "--log-filter", "error"];
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT))
            // A connection that a restart ended would fail the next request.
            .max_idle_connections(0)
            .build();
        let mut service = Self {
            address: listener.local_addr().expect("it is bound"),
            agent: config.into(),
            peak_kib: 0,
            failures: 0,
            program: program.to_owned(),
            arguments: own.iter().chain(options).map(|&word| word.to_owned()).collect(),
            listener,
            process: None,
        };
        service.begin();
        service
    }

    /// Starts the process, and waits until it listens.
    pub fn begin(&mut self) {
        assert!(self.process.is_none(), "one process has the directory");
        let socket = OwnedFd::from(self.listener.try_clone().expect("a descriptor is free"));
        let mut child = Command::new("sh")
            .args(["-c", PASS_THE_SOCKET])
            .arg(&self.program)
            .args(&self.arguments)
            .stdin(socket)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell is there");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        // What follows the first line stays in the pipe, and is short.
        BufReader::new(stdout).read_line(&mut line).expect("its output is text");
        let begin = format!("listening on http://{} ", self.address);
        assert!(line.starts_with(&begin), "the service does not take the socket that it is given: {line:?}");
        self.process = Some(child);
    }

    /// Ends the process with SIGTERM, and waits for its end.
    pub fn stop(&mut self) {
        self.keep_running();
        let mut child = self.process.take().expect("it is running");
        // It may have ended in this moment.
        let _ = kill_process(Pid::from_child(&child), Signal::TERM);
        // Its memory may grow as long as it is there.
        while child.try_wait().expect("it is a child of this process").is_none() {
            self.note_peak(child.id());
            park_timeout(STOP_SAMPLE);
        }
    }

    fn note_peak(&mut self, process_id: u32) {
        if let Some(peak_kib) = peak_kib(process_id) {
            self.peak_kib = self.peak_kib.max(peak_kib);
        }
    }

    /// Reads how much memory the process has had, and starts another one when it has ended by itself.
    pub fn keep_running(&mut self) {
        let child = self.process.as_mut().expect("it is running");
        if let Some(status) = child.try_wait().expect("it is a child of this process") {
            eprintln!("the service ended by itself: {status}");
            self.failures += 1;
            self.process = None;
            return self.begin();
        }
        let process_id = child.id();
        self.note_peak(process_id);
    }

    /// The answer to a question, which the service has to answer with 200.
    pub fn show(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path, "application/json")).expect("an answer is JSON")
    }

    /// The body of an answer with 200.
    pub fn get(&self, path: &str, accept: &str) -> Vec<u8> {
        for _ in 0..TURNED_AWAY_MAX {
            if let Some(body) = self.try_get(path, accept) {
                return body;
            }
            park_timeout(TURNED_AWAY_PAUSE);
        }
        panic!("GET {path} is turned away again and again");
    }

    /// None when the question is turned away.
    fn try_get(&self, path: &str, accept: &str) -> Option<Vec<u8>> {
        let url = format!("http://{}{path}", self.address);
        let answer = self.agent.get(&url).header("accept", accept).call();
        let mut answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}"));
        match answer.status().as_u16() {
            200 => Some(answer.body_mut().with_config().limit(u64::MAX).read_to_vec().expect("a body")),
            503 => None,
            status => panic!("GET {path} is answered {status}"),
        }
    }

    /// Waits until a question is answered. A service that goes on turning questions away although nobody else
    /// asks is started again.
    pub fn recover(&mut self) {
        self.keep_running();
        for _ in 0..TURNED_AWAY_MAX {
            if self.try_get("/v1/events?limit=1", "application/json").is_some() {
                return;
            }
            park_timeout(TURNED_AWAY_PAUSE);
        }
        eprintln!("the service turns a question away after the load has ended; it is started again");
        self.failures += 1;
        self.stop();
        self.begin();
    }

    /// Records a batch.
    pub fn record(&self, lines: &[u8]) {
        let url = format!("http://{}/v1/events", self.address);
        let request = self.agent.post(&url).content_type("application/x-ndjson");
        let answer = request.send(lines).expect("a batch is answered");
        assert_eq!(answer.status().as_u16(), 200, "a batch is recorded");
    }

    /// The position of the last record.
    pub fn head(&self) -> u64 {
        self.show("/v1/events?limit=1")["head"].as_u64().expect("a position is a number")
    }

    /// Waits until the read models contain everything.
    pub fn catch_up(&self) {
        self.show(&format!("/v1/attempts?limit=1&min_position={}", self.head()));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.process {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn listen() -> TcpListener {
    let runtime = crate::runtime();
    let _context = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port is free");
    socket.listen(BACKLOG).and_then(tokio::net::TcpListener::into_std).expect("it listens")
}

/// The most memory that a process has had resident; none of one that has ended.
fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}
