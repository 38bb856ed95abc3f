//! Which ledger is meant: what is typed goes before the environment.

use crate::cli::harness::{Ledger, refused, stderr, stdout};
use crate::support::program::run_with;

const NOBODY: &str = "http://127.0.0.1:1";

fn shows_a_ledger(arguments: &[&str], environment: &[(&str, &str)]) {
    let output = run_with(environment, arguments);
    assert!(output.status.success(), "{arguments:?} with {environment:?}: {}", stderr(&output));
    assert!(!stdout(&output).is_empty());
}

const COMMANDS: [&[&str]; 4] = [&["attempts"], &["status"], &["timeline", "48000001"], &["rebuild"]];

#[test]
fn the_environment_names_a_ledger_where_nothing_is_typed() {
    let ledger = Ledger::of("5");
    for command in COMMANDS {
        shows_a_ledger(command, &[("ATTEMPT_LEDGER_DATA", ledger.data())]);
        shows_a_ledger(command, &[("ATTEMPT_LEDGER_DATA", ledger.data()), ("ATTEMPT_LEDGER_URL", "")]);
    }
    let server = ledger.serve();
    for command in COMMANDS {
        shows_a_ledger(command, &[("ATTEMPT_LEDGER_URL", &server.url)]);
    }
}

#[test]
fn what_is_typed_goes_before_the_environment() {
    let ledger = Ledger::of("5");
    for command in COMMANDS {
        shows_a_ledger(&ledger.with(command), &[("ATTEMPT_LEDGER_DATA", "/nowhere")]);
        shows_a_ledger(&ledger.with(command), &[("ATTEMPT_LEDGER_URL", NOBODY)]);
    }
    let output = run_with(&[("ATTEMPT_LEDGER_URL", NOBODY)], &ledger.with(&["verify"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let server = ledger.serve();
    for command in COMMANDS {
        let question = [command, &["--url", &server.url]].concat();
        shows_a_ledger(&question, &[("ATTEMPT_LEDGER_DATA", "/nowhere")]);
    }
}

#[test]
fn two_ledgers_at_once_are_refused_by_name() {
    let ledger = Ledger::of("5");
    refused(&ledger.with(&["status", "--url", NOBODY]), 2, &["--data", "--url"]);
    let both = [("ATTEMPT_LEDGER_DATA", ledger.data()), ("ATTEMPT_LEDGER_URL", NOBODY)];
    let output = run_with(&both, &["status"]);
    assert_eq!(output.status.code(), Some(2));
    for word in ["ATTEMPT_LEDGER_DATA", "ATTEMPT_LEDGER_URL", "--data", "--url"] {
        assert!(stderr(&output).contains(word), "{}", stderr(&output));
    }
}

#[test]
fn files_cannot_be_verified_through_a_server() {
    refused(&["verify", "--url", NOBODY], 2, &["--url", "--data DIR"]);
}
