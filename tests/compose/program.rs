//! What the program itself says that it takes.

use std::collections::BTreeSet;

use crate::compose::file::{services, words};
use crate::support::program::run;

/// What a command of the program takes.
pub struct Taken {
    pub options: BTreeSet<String>,
    variables: BTreeSet<String>,
}

/// Asks the program what a command takes, with the words of its own before its options; `None` when there is
/// no such command.
pub fn taken_by(command: &[&str]) -> Option<Taken> {
    let output = run(&[command, &["--help"]].concat());
    if !output.status.success() {
        return None;
    }
    let help = String::from_utf8(output.stdout).unwrap();
    // A description may be wrapped within `[env: NAME=]`.
    let text = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let variables =
        text.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap().to_owned());
    let is_option = |word: &&str| word.starts_with("--");
    let options = help.lines().filter_map(|line| line.split([' ', ',']).find(is_option));
    Some(Taken { options: options.map(str::to_owned).collect(), variables: variables.collect() })
}

/// Fails unless the program takes a command line, given without the program's name.
pub fn assert_taken(line: &[&str], place: &str) {
    let is_option = |word: &&str| word.starts_with('-');
    let (command, rest) = line.split_at(line.iter().position(is_option).unwrap_or(line.len()));
    assert!(!command.is_empty(), "{place}: a command is missing");
    let taken = taken_by(command).unwrap_or_else(|| panic!("{place}: there is no command {command:?}"));
    for word in rest.iter().filter(|word| word.starts_with("--")) {
        let option = word.split('=').next().unwrap();
        assert!(taken.options.contains(option), "{place}: {command:?} takes no {option}");
    }
}

#[test]
fn the_program_takes_every_option_and_every_variable_that_its_services_have() {
    let taken = taken_by(&["serve"]).unwrap();
    let mut given = 0;
    for service in services(&[]).iter().filter(|service| service.is_ledger()) {
        assert_taken(&words(&service.json["command"]), &service.name);
        for variable in service.environment().keys() {
            assert!(taken.variables.contains(*variable), "{}: `serve` reads no {variable}", service.name);
            given += 1;
        }
    }
    assert!(given >= 4);
}
