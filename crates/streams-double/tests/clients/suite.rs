//! Runs a client's suite, grants its wishes, and reads from it how every claim fared.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::claims::{OF_ANY_SERVER, of_doubles};
use crate::server::Server;

/// Longer than the suites give a single claim.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// How one claim fared.
#[derive(Debug)]
enum Outcome {
    Holds,
    Failed(String),
    Skipped(String),
}

/// Says something whether the test passes or not: the test harness keeps back only what is printed by macros.
pub fn announce(text: &str) {
    // A run that cannot be heard is no worse a run.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a suite against the server and fails with the name of every claim that does not hold.
pub fn check(client: &str, command: Command) {
    let server = Server::start();
    announce(&format!("{client} asks {}", server.description()));
    let begun = Instant::now();
    let outcomes = run(command, &server);
    let is_real = matches!(server, Server::Real(_));
    let mut complaints = Vec::new();
    let mut holding = 0;
    for claim in OF_ANY_SERVER.into_iter().chain(of_doubles()) {
        match outcomes.get(claim) {
            Some(Outcome::Holds) => holding += 1,
            Some(Outcome::Skipped(why)) if is_real && of_doubles().any(|of_doubles| of_doubles == claim) => {
                announce(&format!("{client} does not ask {claim}: {why}"));
            }
            Some(outcome) => complaints.push(describe(claim, outcome)),
            None => complaints.push(format!("{claim} was not asked; what the suite said last is above")),
        }
    }
    let unknown = outcomes.keys().filter(|claim| !is_known(claim));
    complaints.extend(unknown.map(|claim| format!("{claim} is not listed in claims.rs; add it")));
    let complaint = complaints.join("\n\n");
    assert!(complaints.is_empty(), "{client} finds against {}:\n\n{complaint}", server.description());
    let elapsed_ms = begun.elapsed().as_millis();
    announce(&format!("{client}: {holding} claims hold ({elapsed_ms} ms)"));
}

fn is_known(claim: &str) -> bool {
    OF_ANY_SERVER.into_iter().chain(of_doubles()).any(|known| known == claim)
}

fn describe(claim: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Holds => format!("{claim} holds"),
        Outcome::Failed(why) => format!("{claim} does not hold:\n{why}"),
        Outcome::Skipped(why) => format!("{claim} was not asked, though it could be: {why}"),
    }
}

fn run(mut command: Command, server: &Server) -> BTreeMap<String, Outcome> {
    command.args(server.addresses()).stdin(Stdio::piped()).stdout(Stdio::piped());
    // The arguments are not for people: a connection string may have a password in it.
    let program = command.get_program().to_owned();
    let mut suite = command.spawn().unwrap_or_else(|error| panic!("{program:?} does not start: {error}"));
    let mut answers = suite.stdin.take().expect("it was asked for");
    let lines = lines_of(&mut suite);
    let mut outcomes = BTreeMap::new();
    // It ends when the suite does, or when it has said nothing for too long.
    while let Ok(line) = lines.recv_timeout(SILENCE_LIMIT) {
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("the suite said {line:?}: {error}"));
        if let Some(wish) = said["ask"].as_str() {
            writeln!(answers, "{}", server.grant(wish)).expect("the suite waits for it");
            continue;
        }
        let claim = said["claim"].as_str().unwrap_or_else(|| panic!("the suite said {line:?}"));
        outcomes.insert(claim.to_owned(), outcome(&said));
    }
    // It may have ended by itself, which is as good.
    let _ = suite.kill();
    suite.wait().expect("it is our child");
    outcomes
}

fn outcome(said: &Value) -> Outcome {
    let why = said["why"].as_str().unwrap_or_default().to_owned();
    match said["outcome"].as_str() {
        Some("holds") => Outcome::Holds,
        Some("skipped") => Outcome::Skipped(why),
        _ => Outcome::Failed(why),
    }
}

/// The lines that a suite says, from a thread of their own so that waiting for one can have a limit.
fn lines_of(suite: &mut Child) -> Receiver<String> {
    let said = BufReader::new(suite.stdout.take().expect("it was asked for"));
    let (lines, heard) = channel();
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    heard
}
