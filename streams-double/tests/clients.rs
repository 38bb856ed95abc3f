//! The double against clients that none of us wrote: two for Python, one for Node, each with every claim of its suite.
//!
//! They ask the server that ATTEMPT_LEDGER_TEST_ESDB names, else a double in this process. The clients come from PyPI
//! and from npm, in the versions named here, and stay under `target/tmp`.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use attempt_ledger_streams_double::{Double, Options};

#[path = "../../tests/support/python.rs"]
mod python;

const SUITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// A server, and how to connect to it.
struct Server {
    address: String,
    _double: Option<Double>,
}

impl Server {
    fn start() -> Self {
        if let Ok(address) = std::env::var("ATTEMPT_LEDGER_TEST_ESDB") {
            say(address.rsplit('@').next().unwrap_or_default());
            return Self { address, _double: None };
        }
        say("the double in this process");
        let double = Double::start(Options::default()).expect("a port is free");
        Self { address: double.connection_string(), _double: Some(double) }
    }
}

/// Past the harness, which keeps what passing tests print to itself: every run says which server it used.
fn say(server: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "server: {server}");
}

/// Runs a suite to its end. What it says last is the claim that does not hold, or how many there are.
fn hold(suite: &mut Command) {
    let output = suite.output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("claims hold"), "{told}\n{complaint}");
}

fn suite_of_python(package: &str, version: &str) {
    let server = Server::start();
    let python = python::python_with(&[&format!("{package}=={version}")]);
    hold(Command::new(python).arg(format!("{SUITES}/suite.py")).args([package, &server.address]));
}

/// The installed packages, made once for each lock file.
fn node_modules() -> PathBuf {
    let lock =
        std::fs::read_to_string(format!("{SUITES}/package-lock.json")).expect("it is in the repository");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node-clients");
    std::fs::create_dir_all(&root).expect("the target directory can be written");
    let alone = File::create(root.join("LOCK")).expect("the target directory can be written");
    alone.lock().expect("the lock is to be had");
    let ready = root.join("ready");
    if std::fs::read_to_string(&ready).is_ok_and(|made_of| made_of == lock) {
        return root.join("node_modules");
    }
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(format!("{SUITES}/{file}"), root.join(file))
            .expect("the target directory can be written");
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts"]).current_dir(&root);
    let hint = "the tests need Node with npm: apt-get install --no-install-recommends nodejs npm";
    let output = install.output().unwrap_or_else(|error| panic!("npm: {error}; {hint}"));
    assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(ready, lock).expect("the target directory can be written");
    root.join("node_modules")
}

#[test]
fn the_client_of_kurrent_for_python_finds_what_it_expects() {
    suite_of_python("kurrentdbclient", "1.3.5");
}

#[test]
fn the_older_client_for_python_finds_what_it_expects() {
    suite_of_python("esdbclient", "1.1.7");
}

#[test]
fn the_official_client_for_node_finds_what_it_expects() {
    let server = Server::start();
    let client = node_modules().join("@eventstore/db-client");
    hold(Command::new("node").arg(format!("{SUITES}/suite.mjs")).arg(client).arg(&server.address));
}
