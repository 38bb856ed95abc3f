//! One style of modules, and no file that nothing includes.

use std::collections::BTreeSet;

use crate::circles::circles;
use crate::sources::{Source, absolute, report, rust};

/// Files that are read from another folder than their own, and why.
const FROM_ELSEWHERE: [(&str, &str); 5] = [
    ("benches/ledger/main.rs", "the benchmarks start PostgreSQL as the tests do"),
    ("crates/ledger/tests/forgotten.rs", "time is set in one way"),
    ("crates/ledger/tests/unreadable_history.rs", "time is set, and a log watched and damaged, in one way"),
    ("crates/ledger/tests/write_path.rs", "what is read of a log is counted in one way"),
    ("tests/postgres.rs", "what the read store promises is claimed of each database"),
];

#[test]
fn a_module_is_a_file_and_its_parts_are_in_the_folder_of_its_name() {
    let mut wrong = Vec::new();
    for source in rust() {
        if source.path.ends_with("/mod.rs") {
            let module = source.path.trim_end_matches("/mod.rs");
            wrong.push(format!("{}:1: call it {module}.rs", source.path));
        }
        let is_from_elsewhere = FROM_ELSEWHERE.iter().any(|(path, _)| *path == source.path);
        for (number, line) in source.lines() {
            if line.trim_start().starts_with("#[path") && !is_from_elsewhere {
                wrong.push(format!("{}:{number}: put the file where its module is", source.path));
            }
        }
    }
    report("a module is `name.rs`, and its parts are in `name/`", &wrong);
}

#[test]
fn every_file_is_included() {
    let sources = rust();
    let mut reached = BTreeSet::new();
    for root in sources.iter().filter(|source| is_root(&source.path)) {
        include(root, true, &sources, &mut reached);
    }
    let nobodys = sources.iter().filter(|source| !reached.contains(&source.path));
    let wrong: Vec<String> =
        nobodys.map(|source| format!("{}:1: include it or remove it", source.path)).collect();
    report("every file is a part of a program", &wrong);
}

/// Whether cargo compiles the file by itself.
fn is_root(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let is_program = ["lib.rs", "main.rs"].contains(&name) || name == "build.rs" && !folder.contains("/src");
    is_program || path == "tests/suite.rs" || folder.ends_with("/tests") && folder != "tests"
}

/// Notes a file and, one after the other, those that its `mod name;` name.
fn include(source: &Source, is_root: bool, all: &[Source], reached: &mut BTreeSet<String>) {
    if !reached.insert(source.path.clone()) {
        return;
    }
    let (folder, name) = source.path.rsplit_once('/').expect("code is in a folder");
    let below =
        if is_root { folder.to_owned() } else { format!("{folder}/{}", name.trim_end_matches(".rs")) };
    let mut given = None;
    for (_, line) in source.lines() {
        let line = line.trim();
        if let Some(path) = line.strip_prefix("#[path = \"") {
            given = path.split('"').next().map(|path| normal(&format!("{folder}/{path}")));
        }
        let words: Vec<&str> = line.trim_end_matches(';').split(' ').collect();
        if let ([.., "mod", module], true) = (words.as_slice(), line.ends_with(';')) {
            let path = given.take().unwrap_or_else(|| format!("{below}/{module}.rs"));
            let other_style = format!("{below}/{module}/mod.rs");
            if let Some(child) = all.iter().find(|source| [&path, &other_style].contains(&&source.path)) {
                include(child, child.path == other_style, all, reached);
            }
        }
    }
}

/// A path without `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[test]
fn files_of_a_crate_need_each_other_one_way_only() {
    let mut wrong = Vec::new();
    for root in rust().iter().filter_map(|source| source.path.strip_suffix("/lib.rs")) {
        for circle in circles(&absolute(root)) {
            let files: Vec<String> = circle.iter().map(|file| file.display().to_string()).collect();
            wrong.push(format!("{root}/{}:1: one of {} has to go elsewhere", files[0], files.join(", ")));
        }
    }
    report("files need each other one way only", &wrong);
}
