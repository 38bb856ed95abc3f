//! A real HAProxy with our configuration, whose addresses alone are exchanged.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::http::{Answer, get, post, try_request};
use crate::support::patience::until;
use crate::support::processes::{output, spawn};
use crate::support::repository;

/// Ports that another process took between the choice and the start are chosen again so often.
const STARTS_MAX: usize = 5;

/// A running proxy; it is killed when it is dropped.
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    own: SocketAddr,
    directory: TempDir,
}

/// Lets HAProxy check the configuration as it lies; what it said.
pub fn check() -> String {
    let mut command = Command::new("haproxy");
    let output = output(command.args(["-c", "-f"]).arg(repository("deploy/proxy/haproxy.cfg")));
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
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(&file).stdin(Stdio::null());
        let child = spawn(command.stdout(log("requests")).stderr(log("said")));
        let mut proxy = Self { child, address: addresses[0], own: addresses[1], directory };
        // Until it listens; nothing is there when it has ended.
        let (child, own) = (&mut proxy.child, proxy.own);
        let is_running = until(
            || "haproxy neither listens nor ends",
            || match child.try_wait().unwrap() {
                Some(_) => Some(false),
                None => try_request(own, "GET /metrics", &[], b"").is_ok().then_some(true),
            },
        );
        is_running.then_some(proxy)
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
        until(
            || format!("{backend}/{server} is never {state}:\n{}", self.said()),
            || get(self.own, "/metrics").text().contains(&line).then_some(()),
        );
    }

    /// Its own health, as its container is asked for it.
    pub fn health(&self) -> u16 {
        get(self.own, "/health").status
    }

    pub fn get(&self, path: &str) -> Answer {
        get(self.address, path)
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        post(self.address, path, body)
    }

    /// What it wrote, once that has all of some texts: a request is told when it is over.
    pub fn log_with(&self, texts: &[&str]) -> String {
        until(
            || format!("the log never has {texts:?}:\n{}", self.said()),
            || Some(self.said()).filter(|said| texts.iter().all(|text| said.contains(text))),
        )
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
