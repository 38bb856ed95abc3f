//! The binary under test as a child process.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use super::tools::{output, spawn};

const BINARY: &str = env!("CARGO_BIN_EXE_attempt-ledger");

/// A handful of events fill a segment, so that rotating and sealing happen all the time.
pub const SEGMENT_BYTES_MAX: u64 = 6_000;

/// A running `attempt-ledger serve`, perhaps with strace around it.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    stderr: PathBuf,
    /// Kept open: a closed pipe would fail the server's own prints.
    _stdout: BufReader<ChildStdout>,
}

/// The server ended before it listened.
#[derive(Debug)]
pub struct DidNotStart {
    pub status: ExitStatus,
    pub stderr: String,
}

/// A process that is starting, and may be killed while it does.
pub struct Starting {
    pub child: Child,
    stderr: PathBuf,
}

/// Runs any command of the binary to its end.
pub fn run(arguments: &[&str]) -> Output {
    output(Command::new(BINARY).args(arguments))
}

impl Starting {
    /// `before` are the words in front of the command, such as strace and its options.
    pub fn new(before: &[String], data: &Path, stderr: &Path) -> Self {
        let mut words: Vec<String> = before.to_vec();
        words.extend(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--log-filter", "warn", "--data"].map(String::from),
        );
        words.push(data.to_str().unwrap().to_owned());
        words.extend(["--segment-bytes-max".to_owned(), SEGMENT_BYTES_MAX.to_string()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped());
        let child = spawn(command.stderr(File::create(stderr).unwrap()));
        Self { child, stderr: stderr.to_owned() }
    }

    pub fn wait_until_listening(mut self) -> Result<Server, DidNotStart> {
        let mut stdout = BufReader::new(self.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(rest) = line.strip_prefix("listening on http://") else {
            let status = self.child.wait().unwrap();
            let stderr = std::fs::read_to_string(&self.stderr).unwrap();
            return Err(DidNotStart { status, stderr });
        };
        let address = rest.split(' ').next().unwrap().parse().unwrap();
        Ok(Server { child: self.child, address, stderr: self.stderr, _stdout: stdout })
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Server {
    pub fn start(data: &Path) -> Self {
        Self::start_behind(&[], data).unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    pub fn start_behind(before: &[String], data: &Path) -> Result<Self, DidNotStart> {
        // Added, not replaced: what follows the last dot is part of the directory's name.
        let mut stderr = data.as_os_str().to_owned();
        stderr.push(".stderr");
        Starting::new(before, data, Path::new(&stderr)).wait_until_listening()
    }

    /// SIGKILL, and the wait for its effect.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// SIGTERM. Behind strace it goes to the server, not to strace.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id();
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let pid = children.split_whitespace().next().map_or(pid.to_string(), str::to_owned);
        // The process may have ended by itself: then there is nobody to ask.
        let _ = output(Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]));
    }

    /// Waits for the end, which somebody else brings about.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }
}
