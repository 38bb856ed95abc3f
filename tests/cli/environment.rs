//! Which ledger is meant: what is typed goes before the environment.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::cli::harness::{Ledger, printed, refused, stderr, stdout, text};
use crate::support::processes::output;
use crate::support::program::{program, run_with};

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
    refused(&["verify", "--url", NOBODY], 2, &["--url"]);
}

/// The address that a service tries, by what it says when the address is taken.
fn tried(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = run_with(environment, &[&["serve", "--ephemeral"], arguments].concat());
    let said = stderr(&output);
    let (_, rest) = said.split_once("cannot listen on ").unwrap_or_else(|| panic!("{said}"));
    rest.split_once(": ").unwrap().0.to_owned()
}

#[test]
fn a_flag_goes_before_a_variable_and_a_variable_before_the_configuration_file() {
    let taken: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let [file, variable, flag] = &taken[..] else { panic!("three") };
    let text_of = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("attempt-ledger.toml");
    std::fs::write(&config, format!("listen = \"{}\"\nmemory_bytes_max = 400000000\n", text_of(file)))
        .unwrap();
    let config = ["--config", text(&config)];
    let listen = ("ATTEMPT_LEDGER_LISTEN", &*text_of(variable));
    assert_eq!(tried(&config, &[]), text_of(file));
    assert_eq!(tried(&[], &[("ATTEMPT_LEDGER_CONFIG", config[1])]), text_of(file));
    assert_eq!(tried(&config, &[listen]), text_of(variable));
    let flags = ["--config", config[1], "--listen", &text_of(flag)];
    assert_eq!(tried(&flags, &[listen]), text_of(flag));
}

#[test]
fn a_configuration_file_that_makes_no_sense_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("attempt-ledger.toml");
    let config = ["serve", "--ephemeral", "--config", text(&path)];
    refused(&config, 1, &[text(&path), "hint: "]);
    for (content, words) in [
        ("lisen = \"127.0.0.1:0\"", &["there is no option `lisen`", "listen"][..]),
        ("ephemeral = true", &["there is no option `ephemeral`"]),
        ("listen = [1]", &["`listen` must be"]),
        ("listen", &["is not TOML"]),
    ] {
        std::fs::write(&path, content).unwrap();
        refused(&config, 2, &[words, &[text(&path)]].concat());
    }
    std::fs::write(&path, "listen = \"nowhere\"").unwrap();
    refused(&config, 2, &["nowhere", "--listen"]);
}

#[test]
fn the_configuration_file_of_the_unit_is_read_and_the_unit_is_one() {
    let deploy = |name: &str| format!("{}/deploy/systemd/{name}", env!("CARGO_MANIFEST_DIR"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let flags = ["--config", &*deploy("attempt-ledger.toml"), "--listen", &address];
    assert_eq!(tried(&flags, &[]), address);
    // What the unit starts lies where the machine that checks it need not have it.
    let directory = tempfile::tempdir().unwrap();
    let binary = program().get_program().to_str().unwrap().to_owned();
    for name in ["attempt-ledger.service", "attempt-ledger.socket"] {
        let unit = std::fs::read_to_string(deploy(name)).unwrap();
        let unit = unit.replace("/usr/local/bin/attempt-ledger", &binary);
        std::fs::write(directory.path().join(name), unit).unwrap();
    }
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["verify", "--man=no"]).arg(directory.path().join("attempt-ledger.service"));
    let judged = output(&mut analyze);
    assert!(judged.status.success() && stderr(&judged).is_empty(), "{judged:?}");
}

#[test]
fn completions_and_pages_of_the_manual_know_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let commands = ["serve", "ingest", "timeline", "refusals", "export", "verify"];
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    printed(&["manual", text(directory.path())]);
    for command in commands {
        let page = directory.path().join(format!("attempt-ledger-{command}.1"));
        let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(page.contains(".SH OPTIONS"), "{page}");
    }
    let page = std::fs::read_to_string(directory.path().join("attempt-ledger.1")).unwrap();
    assert!(page.contains("Exit codes"), "{page}");
    refused(&["manual", "/nowhere/at/all"], 1, &["/nowhere/at/all"]);
}

/// What bash offers for the last of these words.
fn offered(script: &Path, words: &[&str]) -> String {
    let ask = r#"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _attempt__ledger "$1" "${@: -1}" "${@: -2:1}"; echo " ${COMPREPLY[*]} ""#;
    let mut bash = Command::new("bash");
    stdout(&output(bash.args(["-c", ask]).arg(script).args(words)))
}

#[test]
fn bash_completes_what_follows_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("attempt-ledger");
    std::fs::write(&script, printed(&["completions", "bash"])).unwrap();
    for (words, word) in [
        (&["att"][..], "attempts"),
        (&["attempts", "--d"], "--data"),
        (&["refusals", ""], "replay"),
        (&["refusals", "replay", "--d"], "--data"),
        (&["export", "--what", ""], "attempts"),
    ] {
        let offered = offered(&script, &[&["attempt-ledger"], words].concat());
        assert!(offered.contains(&format!(" {word} ")), "{words:?}: {offered}");
    }
}
