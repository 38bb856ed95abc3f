//! Nodes behind the proxy: real ones, and ones that misbehave as told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::compose::haproxy::{Answer, PATIENCE, ask};

const STARTS_MAX: usize = 50;
const PAUSE_MS: u64 = 100;

/// A real node with a log of its own. It is killed when it is dropped.
pub struct Node {
    child: Child,
    pub address: SocketAddr,
    /// Kept open: a closed pipe would fail the server's own prints.
    _stdout: BufReader<ChildStdout>,
}

impl Node {
    /// Starts at any port that is free.
    pub fn start(data: &Path) -> Self {
        Self::try_start(data, 0, None).unwrap_or_else(|| panic!("the node does not listen"))
    }

    /// Starts at any port that is free, with its log in a cluster.
    pub fn start_over(cluster: &str, data: &Path) -> Self {
        Self::try_start(data, 0, Some(cluster)).unwrap_or_else(|| panic!("the node does not listen"))
    }

    /// Starts at the port that another one has left. A connection to somewhere else may have it for a moment.
    pub fn start_again(data: &Path, port: u16) -> Self {
        for _ in 0..STARTS_MAX {
            if let Some(node) = Self::try_start(data, port, None) {
                return node;
            }
            thread::sleep(Duration::from_millis(PAUSE_MS));
        }
        panic!("port {port} is not to be had again")
    }

    fn try_start(data: &Path, port: u16, cluster: Option<&str>) -> Option<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attempt-ledger"));
        for variable in ["ATTEMPT_LEDGER_URL", "ATTEMPT_LEDGER_LOG", "ATTEMPT_LEDGER_READ_STORE"] {
            command.env_remove(variable);
        }
        command.envs(cluster.map(|address| ("ATTEMPT_LEDGER_LOG", address)));
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(rest) = line.split("http://").nth(1) else {
            child.wait().unwrap();
            return None;
        };
        let address = rest.split(' ').next().unwrap().trim().parse().unwrap();
        Some(Self { child, address, _stdout: stdout })
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn wait(&mut self) {
        self.child.wait().unwrap();
    }

    /// How many records it has.
    pub fn records(&self) -> u64 {
        let page: Value = serde_json::from_str(&self.get("/v1/events?limit=1").body).unwrap();
        page["head"].as_u64().unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, "")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a node that is not one does.
#[derive(Clone, Copy)]
pub struct Manners {
    /// The answer to /readyz.
    pub ready: u16,
    /// The answer to what is no question; `None` closes the connection without one.
    pub answer: Option<u16>,
}

/// A listener that lives, and behaves as told.
pub struct Pretender {
    pub address: SocketAddr,
    counts: Arc<Counts>,
}

/// What it was asked.
#[derive(Default)]
struct Counts {
    probes: AtomicUsize,
    questions: AtomicUsize,
    others: AtomicUsize,
}

impl Pretender {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        let of_threads = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let counts = of_threads.clone();
                // A client that is gone is none of its concern.
                thread::spawn(move || serve(stream.ok()?, manners, &counts));
            }
        });
        Self { address, counts }
    }

    /// Questions that it was asked, health apart.
    pub fn questions(&self) -> usize {
        self.counts.questions.load(Ordering::Relaxed)
    }

    /// Waits until the proxy has asked for its health so many times more.
    pub fn wait_for_probes(&self, count: usize) {
        let wanted = self.counts.probes.load(Ordering::Relaxed) + count;
        let began = Instant::now();
        while self.counts.probes.load(Ordering::Relaxed) < wanted {
            assert!(began.elapsed() < PATIENCE, "the proxy does not ask for its health");
            thread::sleep(Duration::from_millis(PAUSE_MS));
        }
    }

    /// Requests that were no questions.
    pub fn others(&self) -> usize {
        self.counts.others.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, manners: Manners, counts: &Counts) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut bytes = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                bytes = length.trim().parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; bytes]).ok()?;
        let path = first.split(' ').nth(1)?;
        if ["/readyz", "/livez"].contains(&path) {
            counts.probes.fetch_add(1, Ordering::Relaxed);
        }
        let status = match path {
            "/readyz" => manners.ready,
            "/livez" => 200,
            _ if first.starts_with("GET ") => {
                counts.questions.fetch_add(1, Ordering::Relaxed);
                200
            }
            _ => {
                counts.others.fetch_add(1, Ordering::Relaxed);
                manners.answer?
            }
        };
        write!(writer, "HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}
