//! The README is short, the index is complete, and the map and the promises name what exists.

use std::fs;

use crate::sources::{absolute, report, rust};

const README_LINES_MAX: usize = 120;
/// In pages that name tests, a word between backquotes with low lines and this many letters is one.
const TEST_NAME_LETTERS_MIN: usize = 22;

fn page(path: &str) -> String {
    fs::read_to_string(absolute(path)).expect("the page can be read")
}

#[test]
fn the_readme_is_short() {
    let lines = page("README.md").lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines; docs/ has a page for each reader");
}

#[test]
fn every_page_is_in_the_index() {
    let index = page("docs/README.md");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(absolute("docs")).expect("docs/ can be read") {
        let name = entry.expect("docs/ can be read").file_name().to_string_lossy().into_owned();
        if name != "README.md" && !index.contains(&format!("({name})")) {
            wrong.push(name);
        }
    }
    report("docs/README.md lists every page", &wrong);
}

#[test]
fn every_test_that_a_page_names_exists() {
    let sources = rust();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for path in ["docs/promises.md", "ARCHITECTURE.md"] {
        let text = page(path);
        let rows = text.lines().filter(|line| line.starts_with('|'));
        for name in rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|text| is_test(text)) {
            checked += 1;
            let function = format!("fn {name}(");
            if !sources.iter().any(|source| source.text.contains(&function)) {
                wrong.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(checked >= 30, "only {checked} tests are named");
    report("tests that hold a promise exist", &wrong);
}

fn is_test(text: &str) -> bool {
    let is_name = text.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_');
    is_name && text.contains('_') && text.len() >= TEST_NAME_LETTERS_MIN
}

#[test]
fn the_map_says_which_crates_each_crate_uses() {
    let map = page("ARCHITECTURE.md");
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for row in map.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let manifest = absolute(cells[0].trim_matches('`')).join("Cargo.toml");
        let Ok(manifest) = fs::read_to_string(manifest) else { continue };
        checked += 1;
        let used = used_crates(&manifest).join(", ");
        let used = if used.is_empty() { "nothing of ours" } else { &used };
        if cells[2] != used {
            wrong.push(format!("{} uses {used}", cells[0]));
        }
    }
    let crates = fs::read_dir(absolute("crates")).expect("crates/ can be read").count();
    assert_eq!(checked, crates + 2, "beside those in crates/ there are domain and projections");
    report("ARCHITECTURE.md says which crates a crate uses", &wrong);
}

/// The crates of ours that a manifest lists, in its order.
fn used_crates(manifest: &str) -> Vec<&str> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let ours = lines.filter_map(|line| line.strip_prefix("attempt-ledger-"));
    ours.filter_map(|line| line.split(['.', ' ']).next()).collect()
}
