//! What the documents tell people to type names services, options and ports that exist.

use std::fs;
use std::path::PathBuf;

use crate::compose::file::{Service, services, variables};
use crate::compose::program::assert_taken;
use crate::support::repository;

/// Options of `docker compose` and of its commands whose next word is their value.
const WITH_A_VALUE: [&str; 9] =
    ["--profile", "--user", "--volume", "-v", "--env", "-e", "--tail", "--entrypoint", "--signal"];
/// Commands after which services stand, and commands of which only the first word is a service.
const ON_SERVICES: [&str; 11] =
    ["up", "stop", "start", "restart", "kill", "logs", "pull", "build", "down", "ps", "rm"];
const IN_A_SERVICE: [&str; 2] = ["exec", "run"];

fn documents() -> Vec<PathBuf> {
    let read = |path: &str| fs::read_dir(repository(path)).unwrap().map(|entry| entry.unwrap().path());
    let is_document = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    read(".").chain(read("docs")).filter(is_document).collect()
}

/// The commands in the shell blocks of a document, continued lines joined, prompts removed.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for fence in ["```sh\n", "```console\n"] {
        for rest in text.split(fence).skip(1) {
            let block = rest.split("```").next().unwrap().replace("\\\n", " ");
            let typed = |line: &str| match fence {
                "```sh\n" => Some(line.to_owned()),
                _ => line.strip_prefix("$ ").map(str::to_owned),
            };
            commands.extend(block.lines().filter_map(typed));
        }
    }
    commands
}

/// The words of a command up to a comment, a pipe or a redirection.
fn words_of(command: &str) -> Vec<&str> {
    let ends = |word: &&str| !word.starts_with(['#', '>', '<']) && !["|", "&&", ";"].contains(word);
    command.split_whitespace().take_while(ends).collect()
}

/// Holds one `docker compose …` against the file; what stands before it are variables.
fn check(words: &[&str], place: &str) {
    let all = services(&[]);
    let at = words.iter().position(|word| *word == "docker").unwrap();
    for variable in &words[..at] {
        let (name, _) = variable.split_once('=').unwrap_or_else(|| panic!("{place}: what is {variable}?"));
        assert!(variables().contains(name), "{place}: the file asks for no {name}");
    }
    let mut rest = words[at + 2..].iter();
    let (mut subcommand, mut named) = (None, Vec::new());
    while let Some(word) = rest.next() {
        match (*word, subcommand) {
            ("--profile", _) => {
                let profile = rest.next().unwrap();
                assert!(
                    all.iter().any(|it| it.profiles().contains(profile)),
                    "{place}: no profile {profile}"
                );
            }
            (option, _) if WITH_A_VALUE.contains(&option) => drop(rest.next()),
            (option, _) if option.starts_with('-') => {}
            (word, None) => subcommand = Some(word),
            (word, Some(within)) => {
                named.push(word);
                if IN_A_SERVICE.contains(&within) {
                    break;
                }
            }
        }
    }
    let subcommand = subcommand.unwrap_or_else(|| panic!("{place}: `docker compose` does nothing"));
    let is_known = ON_SERVICES.contains(&subcommand) || IN_A_SERVICE.contains(&subcommand);
    assert!(is_known, "{place}: this test does not know `docker compose {subcommand}`");
    for name in &named {
        assert!(all.iter().any(|service| service.name == *name), "{place}: there is no service {name}");
    }
    let inside: Vec<&str> = rest.copied().collect();
    let is_ledger = |name: &str| all.iter().any(|service| service.name == name && service.is_ledger());
    match (subcommand, inside.as_slice()) {
        ("run", line) if is_ledger(named[0]) => assert_taken(line, place),
        ("exec", ["attempt-ledger", line @ ..]) => assert_taken(line, place),
        _ => {}
    }
}

#[test]
fn every_compose_command_of_the_documents_names_what_exists() {
    let mut checked = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for command in commands(&text) {
            let place = format!("{}: {command}", path.display());
            let words = words_of(&command);
            if words.windows(2).any(|pair| pair == ["docker", "compose"]) {
                check(&words, &place);
                checked += 1;
            }
        }
    }
    assert!(checked >= 15, "{checked} commands");
}

#[test]
fn commands_at_the_head_of_the_file_name_what_exists() {
    let text = fs::read_to_string(repository("docker-compose.yml")).unwrap();
    let typed =
        text.lines().filter_map(|line| line.strip_prefix("#   ")).filter(|line| line.contains("docker"));
    let typed: Vec<&str> = typed.collect();
    assert_eq!(typed.len(), 4);
    for line in typed {
        // Two blanks stand before what it is for.
        check(&words_of(line.split("  ").next().unwrap()), line);
    }
}

/// The command lines of the program within a command, without the program's name.
fn lines_of_the_program(command: &str) -> Vec<Vec<&str>> {
    let parts = command.split(['|', ';']).flat_map(|part| part.split("&&"));
    let line = |part| {
        let words = words_of(part);
        let at = words.iter().position(|word| word.rsplit('/').next() == Some("attempt-ledger"))?;
        // What a container runs is held against the file.
        (!words[..at].contains(&"compose")).then(|| words[at + 1..].to_vec())
    };
    parts.filter_map(line).collect()
}

#[test]
fn every_command_of_the_program_in_the_documents_is_taken() {
    let mut taken = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for command in commands(&text) {
            for line in lines_of_the_program(&command) {
                assert_taken(&line, &format!("{}: {command}", path.display()));
                taken += 1;
            }
        }
    }
    assert!(taken >= 15, "{taken} commands");
}

#[test]
fn every_port_of_the_guide_is_published() {
    let text = fs::read_to_string(repository("docs/scale-out.md")).unwrap();
    let ports: Vec<u16> = services(&[]).iter().flat_map(Service::ports).map(|(_, port, _)| port).collect();
    for command in commands(&text) {
        for rest in command.split("127.0.0.1:").skip(1) {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(ports.contains(&port.parse().unwrap()), "{command}: nothing is published on {port}");
        }
    }
}
