//! The cluster of the benchmarks: the double in a process of its own, or a real one.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// The word that makes this program the double.
pub const SERVE: &str = "--serve-double";

/// A cluster that can be connected to.
pub struct Double {
    address: String,
    /// Gone when it is dropped; `None` for a real cluster.
    child: Option<Child>,
}

impl Double {
    /// Starts one, unless `ATTEMPT_LEDGER_TEST_ESDB` names a cluster.
    pub fn start() -> Self {
        if let Ok(address) = std::env::var("ATTEMPT_LEDGER_TEST_ESDB") {
            eprintln!("cluster: {}", address.rsplit('@').next().unwrap_or_default());
            return Self { address, child: None };
        }
        eprintln!("cluster: the double in a process of its own");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut address = String::new();
        let told = child.stdout.take().expect("it is piped");
        BufReader::new(told).read_line(&mut address).expect("an address");
        Self { address: address.trim().to_owned(), child: Some(child) }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether it began empty, and nobody else writes to it.
    pub const fn is_ours(&self) -> bool {
        self.child.is_some()
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }
}

/// Serves the double until the process that started this one is gone.
pub fn serve() {
    let options = attempt_ledger_streams_double::Options::default();
    let double = attempt_ledger_streams_double::Double::start(options).expect("a port is free");
    println!("{}", double.connection_string());
    std::io::stdin().read_to_end(&mut Vec::new()).expect("a pipe");
}
