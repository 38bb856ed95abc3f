//! A real HAProxy with our configuration, whose addresses alone are exchanged.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::compose::file::repository;

/// No test waits longer than this for anything; reaching it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_MS: u64 = 20;
/// Ports that another process took between the choice and the start are chosen anew so often.
const STARTS_MAX: usize = 5;

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<String>,
    pub body: String,
}

/// A client that keeps its connections and takes error answers as answers.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(PATIENCE)).build().into()
}

/// One request on a connection of its own.
pub fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    ask_with(&agent(), address, method, path, body)
}

/// One request.
pub fn ask_with(agent: &ureq::Agent, address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let url = format!("http://{address}{path}");
    let answer = match method {
        "GET" => agent.get(&url).call(),
        "DELETE" => agent.delete(&url).call(),
        _ => agent.post(&url).header("content-type", "application/json").send(body),
    };
    let mut answer = answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (content_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
    let status = answer.status().as_u16();
    Answer { status, content_type, retry_after, body: answer.body_mut().read_to_string().unwrap() }
}

/// A running proxy; it is killed when it is dropped.
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    own: SocketAddr,
    directory: TempDir,
}

fn program() -> Command {
    Command::new("haproxy")
}

fn missing(error: &std::io::Error) -> ! {
    panic!("haproxy cannot start: {error}; install it: apt-get install haproxy")
}

/// Lets HAProxy check the configuration as it lies; what it said.
pub fn check() -> String {
    let mut command = program();
    command.args(["-c", "-f"]).arg(repository("deploy/proxy/haproxy.cfg"));
    let output = command.output().unwrap_or_else(|error| missing(&error));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

impl Proxy {
    /// Starts in front of two nodes.
    pub fn start(nodes: [SocketAddr; 2]) -> Self {
        for _ in 0..STARTS_MAX {
            if let Some(proxy) = Self::try_start(nodes) {
                return proxy;
            }
        }
        panic!("haproxy did not listen in {STARTS_MAX} starts");
    }

    fn try_start(nodes: [SocketAddr; 2]) -> Option<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [free(), free()].map(|listener| listener.local_addr().unwrap());
        let exchanged = [
            ("bind :7878", format!("bind {}", addresses[0])),
            ("bind :8404", format!("bind {}", addresses[1])),
            ("ledger-1:7878", nodes[0].to_string()),
            ("ledger-2:7878", nodes[1].to_string()),
        ];
        let mut text = fs::read_to_string(repository("deploy/proxy/haproxy.cfg")).unwrap();
        for (ours, here) in exchanged {
            assert!(text.contains(ours), "the configuration has no {ours:?}");
            text = text.replace(ours, &here);
        }
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("haproxy.cfg");
        fs::write(&file, text).unwrap();
        let log = |name: &str| File::create(directory.path().join(name)).unwrap();
        let mut command = program();
        command.arg("-db").arg("-f").arg(&file).stdin(Stdio::null());
        let child = command.stdout(log("requests")).stderr(log("said")).spawn();
        let child = child.unwrap_or_else(|error| missing(&error));
        let mut proxy = Self { child, address: addresses[0], own: addresses[1], directory };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if proxy.child.try_wait().unwrap().is_some() {
                return None;
            }
            if agent().get(format!("http://{}/metrics", proxy.own)).call().is_ok() {
                return Some(proxy);
            }
            thread::sleep(Duration::from_millis(LOOK_MS));
        }
        panic!("haproxy neither listens nor ends:\n{}", proxy.said());
    }

    fn said(&self) -> String {
        ["requests", "said"]
            .map(|name| fs::read_to_string(self.directory.path().join(name)).unwrap())
            .concat()
    }

    /// Waits until the proxy holds a server for `UP` or `DOWN`.
    pub fn wait_until(&self, backend: &str, server: &str, state: &str) {
        let line =
            format!("haproxy_server_status{{proxy=\"{backend}\",server=\"{server}\",state=\"{state}\"}} 1");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if ask(self.own, "GET", "/metrics", "").body.contains(&line) {
                return;
            }
            thread::sleep(Duration::from_millis(LOOK_MS));
        }
        panic!("{backend}/{server} is never {state}:\n{}", self.said());
    }

    /// Its own health, as its container is asked for it.
    pub fn health(&self) -> u16 {
        ask(self.own, "GET", "/health", "").status
    }

    pub fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, "")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        ask(self.address, "POST", path, body)
    }

    /// What it wrote, once that has all of some texts: a request is told when it is over.
    pub fn log_with(&self, texts: &[&str]) -> String {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let said = self.said();
            if texts.iter().all(|text| said.contains(text)) {
                return said;
            }
            thread::sleep(Duration::from_millis(LOOK_MS));
        }
        panic!("the log never has {texts:?}:\n{}", self.said());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
