//! The image: what it is built from is what the manifests name, and it runs as nobody in particular.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::compose::file::{services, words};
use crate::support::processes::printed;
use crate::support::repository;

fn text(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap()
}

/// The lines of the Dockerfile, continued ones joined.
fn instructions() -> Vec<String> {
    text("Dockerfile").replace("\\\n", " ").lines().map(str::to_owned).collect()
}

/// What is copied from this repository.
fn copied() -> BTreeSet<String> {
    let mut copied = BTreeSet::new();
    for line in instructions() {
        let Some(rest) = line.strip_prefix("COPY ") else { continue };
        let words: Vec<&str> = rest.split_whitespace().collect();
        if words[0].starts_with("--from=") {
            continue;
        }
        copied.extend(words[..words.len() - 1].iter().map(|source| (*source).to_owned()));
    }
    copied
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn cargo_finds_every_target_among_what_is_copied() {
    let directory = tempfile::tempdir().unwrap();
    for path in copied() {
        assert!(repository(&path).exists(), "{path} is copied and does not exist");
        symlink(repository(&path), directory.path().join(path)).unwrap();
    }
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let printed = printed(command.current_dir(directory.path()));
    let found: Value = serde_json::from_str(&printed).unwrap();
    let build = instructions().into_iter().find(|line| line.contains("cargo build")).unwrap();
    let named = |option: &str| {
        let rest = build.split(option).nth(1).unwrap_or_else(|| panic!("{option} is missing: {build}"));
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let (package, binary) = (named("--package"), named("--bin"));
    let package = found["packages"].as_array().unwrap().iter().find(|it| it["name"] == package.as_str());
    let targets = package.expect("the package is found")["targets"].as_array().unwrap();
    assert!(targets.iter().any(|target| target["kind"][0] == "bin" && target["name"] == binary.as_str()));
}

#[test]
fn everything_that_the_sources_include_is_copied() {
    let copied = copied();
    let mut found = Vec::new();
    for directory in ["src", "crates", "domain/src", "projections/src"] {
        sources(&repository(directory), &mut found);
    }
    let mut included = 0;
    for file in found {
        let source = fs::read_to_string(&file).unwrap();
        let live = source.split("#[cfg(test)]").next().unwrap();
        for rest in live.split("include_str!(\"").chain(live.split("include_bytes!(\"").skip(1)).skip(1) {
            let path = file.parent().unwrap().join(rest.split('"').next().unwrap()).canonicalize().unwrap();
            let inside = path.strip_prefix(repository(".").canonicalize().unwrap()).unwrap().to_owned();
            let first = inside.iter().next().unwrap().to_str().unwrap().to_owned();
            assert!(copied.contains(&first), "{} includes {}", file.display(), inside.display());
            included += 1;
        }
    }
    assert!(included > 0);
}

#[test]
fn what_is_sent_to_be_built_is_what_is_copied() {
    let ignore = text(".dockerignore");
    let lines: Vec<&str> = ignore.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*");
    let sent: BTreeSet<String> =
        lines[1..].iter().map(|line| line.strip_prefix('!').unwrap().to_owned()).collect();
    assert_eq!(sent, copied());
}

#[test]
fn it_is_built_by_a_compiler_that_is_new_enough_for_the_release_that_it_runs_on() {
    let instructions = instructions();
    let from: Vec<&str> = instructions.iter().filter_map(|line| line.strip_prefix("FROM ")).collect();
    let [build, run] = from.as_slice() else { panic!("two stages: {from:?}") };
    let version = |text: &str| -> (u32, u32) {
        let mut numbers = text.split(['.', '-', '"', ' ']).filter_map(|part| part.parse().ok());
        (numbers.next().unwrap(), numbers.next().unwrap())
    };
    let manifest = text("Cargo.toml");
    let wanted = manifest.split("rust-version = \"").nth(1).unwrap();
    assert!(version(build.strip_prefix("rust:").unwrap()) >= version(wanted), "{build}");
    assert!(build.contains("-slim-bookworm") && run.starts_with("debian:12."), "another libc: {from:?}");
}

#[test]
fn it_runs_without_rights_and_as_its_services_do() {
    let instructions = instructions();
    let user = instructions.iter().rev().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(!["root", "0"].contains(&user));
    let health = instructions.iter().find(|line| line.starts_with("HEALTHCHECK")).unwrap();
    let command: Vec<String> = serde_json::from_str(health.split("CMD ").nth(1).unwrap()).unwrap();
    for service in services(&[]).iter().filter(|service| service.is_ledger()) {
        assert_eq!(words(&service.json["healthcheck"]["test"])[1..], command, "{}", service.name);
    }
    let command = instructions.iter().rev().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let command: Vec<String> = serde_json::from_str(command).unwrap();
    let directory = instructions.iter().find_map(|line| line.strip_prefix("VOLUME ")).unwrap();
    assert!(command.iter().any(|word| word == directory));
    for service in services(&[]).iter().filter(|service| service.is_ledger()) {
        assert_eq!(words(&service.json["command"]), command, "{}", service.name);
        assert!(service.mounts().iter().any(|(_, place)| place == directory), "{}", service.name);
    }
}
