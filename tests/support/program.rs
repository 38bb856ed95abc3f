//! The program under test, in an environment that chooses nothing for it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::http::{self, Answer, request};
use crate::support::patience::until;
use crate::support::processes::{output, spawn};

const BINARY: &str = env!("CARGO_BIN_EXE_attempt-ledger");

/// All of the program's own variables begin so; none of the caller's reaches it.
const OWN: &str = "ATTEMPT_LEDGER_";
/// What else would change its words.
const OTHERS: [&str; 4] = ["CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE", "RUST_LOG"];

/// The program, without colours.
pub fn program() -> Command {
    behind(&[])
}

/// The program with words in front of it, such as strace and its options.
fn behind(before: &[String]) -> Command {
    let words: Vec<&str> = before.iter().map(String::as_str).chain([BINARY]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with(OWN) || OTHERS.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command of the program to its end.
pub fn run<W: AsRef<OsStr>>(arguments: &[W]) -> Output {
    run_with(&[], arguments)
}

/// The same, with these variables.
pub fn run_with<W: AsRef<OsStr>>(environment: &[(&str, &str)], arguments: &[W]) -> Output {
    output(program().args(arguments).envs(environment.iter().copied()))
}

/// The same, with words in front of it.
pub fn run_behind<W: AsRef<OsStr>>(
    before: &[String],
    environment: &[(&str, &str)],
    arguments: &[W],
) -> Output {
    output(behind(before).args(arguments).envs(environment.iter().copied()))
}

/// Runs a command with this on its standard input.
pub fn run_on<W: AsRef<OsStr>>(input: &[u8], arguments: &[W]) -> Output {
    let mut command = program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command);
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that fails before it has read everything closes the pipe: its exit code says so.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

/// Passes standard input on as systemd passes a socket, and stays the same process.
const PASS_SOCKET: &str = r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@" 3<&0 </dev/null"#;

/// How `attempt-ledger serve` is started.
pub struct Serve {
    before: Vec<String>,
    environment: Vec<(String, OsString)>,
    options: Vec<OsString>,
    port: u16,
    listener: Option<TcpListener>,
}

/// It ended before it listened.
#[derive(Debug)]
pub struct DidNotStart {
    pub status: ExitStatus,
    pub stderr: String,
}

/// What a service that has ended leaves.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A service that is starting, and is killed when it is dropped.
pub struct Starting {
    child: Child,
    stderr: File,
}

/// A service that listens. It is killed when it is dropped.
pub struct Program {
    starting: Starting,
    pub address: SocketAddr,
    pub url: String,
    /// What it says of itself when it listens.
    pub announcement: String,
    /// Kept open: a closed pipe would fail the service's own prints.
    stdout: BufReader<ChildStdout>,
    is_behind: bool,
}

impl Serve {
    /// Over a data directory, at a port that is free.
    pub fn over(data: &Path) -> Self {
        let options = vec!["--data".into(), data.into()];
        Self { before: Vec::new(), environment: Vec::new(), options, port: 0, listener: None }
    }

    /// With more options.
    pub fn with<W: AsRef<OsStr>>(mut self, options: &[W]) -> Self {
        self.options.extend(options.iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// With a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// With these words in front of the command, such as strace and its options.
    pub fn behind(mut self, before: &[String]) -> Self {
        before.clone_into(&mut self.before);
        self
    }

    /// With a socket that stays when the service ends, as systemd passes one.
    pub fn at_socket(mut self, listener: &TcpListener) -> Self {
        self.listener = Some(listener.try_clone().unwrap());
        self
    }

    pub fn at_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Does not wait for anything. What it says is kept in this file, else in one without a name.
    pub fn begin(&self, stderr: Option<&Path>) -> Starting {
        let stderr = match stderr {
            Some(path) => {
                File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap()
            }
            None => tempfile::tempfile().unwrap(),
        };
        let passing = ["sh", "-c", PASS_SOCKET].map(str::to_owned);
        let mut command = behind(if self.listener.is_some() { &passing } else { &self.before });
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]).args(&self.options);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let stdin = self.listener.as_ref().map(|listener| OwnedFd::from(listener.try_clone().unwrap()));
        command
            .stdin(stdin.map_or_else(Stdio::null, Stdio::from))
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone().unwrap());
        Starting { child: spawn(&mut command), stderr }
    }

    /// Waits until it listens, or has ended.
    pub fn try_start(&self, stderr: Option<&Path>) -> Result<Program, DidNotStart> {
        let mut starting = self.begin(stderr);
        let mut stdout = BufReader::new(starting.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(rest) = line.strip_prefix("listening on http://") else {
            let status = starting.child.wait().unwrap();
            return Err(DidNotStart { status, stderr: starting.said() });
        };
        let address: SocketAddr = rest.split_whitespace().next().unwrap().parse().unwrap();
        let url = format!("http://{address}");
        let is_behind = !self.before.is_empty();
        Ok(Program { starting, address, url, announcement: line, stdout, is_behind })
    }

    /// Waits until it listens, which it must.
    pub fn start(&self) -> Program {
        self.try_start(None).unwrap_or_else(|failure| panic!("the service does not listen: {failure:?}"))
    }
}

impl Starting {
    fn said(&self) -> String {
        let mut bytes = vec![0; usize::try_from(self.stderr.metadata().unwrap().len()).unwrap()];
        // From a place, since the process and this one share where the file is read and written.
        self.stderr.read_exact_at(&mut bytes, 0).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Over a data directory, with nothing else chosen.
    pub fn start(data: &Path) -> Self {
        Serve::over(data).start()
    }

    /// What it has said so far.
    pub fn stderr(&self) -> String {
        self.starting.said()
    }

    pub fn has_ended(&mut self) -> bool {
        self.starting.child.try_wait().unwrap().is_some()
    }

    /// The process itself, not what was put in front of it; none once that has reaped it.
    fn pid(&self) -> Option<Pid> {
        let own = Pid::from_child(&self.starting.child);
        if !self.is_behind {
            return Some(own);
        }
        let pid = own.as_raw_nonzero();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
    }

    /// What the kernel says of the process under a name, as `/proc/PID/status` has it.
    pub fn kernel_says(&self, name: &str) -> Option<String> {
        let path = format!("/proc/{}/status", self.pid()?.as_raw_nonzero());
        let status = std::fs::read_to_string(path).unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map(|value| value.trim().to_owned())
    }

    /// A service that has ended by itself gets none.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            let _ = kill_process(pid, signal);
        }
    }

    /// As a power cut would end it.
    pub fn kill(self) {
        drop(self);
    }

    /// Waits for the end, which somebody else brings about.
    pub fn wait(mut self) -> Ended {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        let status = self.starting.child.wait().unwrap();
        Ended { status, stdout, stderr: self.stderr() }
    }

    /// The same, for a caller that starts another one in its place.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        self.starting.child.wait().unwrap()
    }

    /// As its user would end it.
    pub fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.wait()
    }

    pub fn get(&self, path: &str) -> Answer {
        http::get(self.address, path)
    }

    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        http::post(self.address, path, body)
    }

    /// Defines a queue.
    pub fn define(&self, queue_id: i64, body: &Value) {
        let line = format!("PUT /v1/queues/{queue_id}");
        let answer = request(self.address, &line, &[], body.to_string().as_bytes());
        assert!([200, 201].contains(&answer.status), "{answer:?}");
    }

    /// The position of the last record.
    pub fn head(&self) -> u64 {
        self.get("/v1/events?limit=1").expect(200)["head"].as_u64().unwrap()
    }

    /// Waits until the read models contain everything.
    pub fn catch_up(&self) {
        let path = format!("/v1/attempts?limit=1&min_position={}", self.head());
        // The service itself waits for a while before it says that they do not.
        until(
            || format!("GET {path} is never answered with 200"),
            || (self.get(&path).status == 200).then_some(()),
        );
    }
}
