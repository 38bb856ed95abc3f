//! What the documents list is what exists, and every link in them leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use attempt_ledger::cli::EXIT_CODES;
use attempt_ledger::limits::{HEADERS_MAX, Limits};
use attempt_ledger_domain::Rule;

const README_LINES_MAX: usize = 120;
/// In pages that name tests, a word between backticks with low lines and this many characters is one.
const TEST_NAME_CHARS_MIN: usize = 22;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file with this extension in a folder and below it.
fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| files_below(folder, extension));
    files.into_iter().filter(|path| path.extension().is_some_and(|it| it == extension)).chain(below).collect()
}

fn documents() -> Vec<PathBuf> {
    let roots = fs::read_dir(repository(".")).unwrap().map(|entry| entry.unwrap().path());
    let roots = roots.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    roots.chain(files_below(&repository("docs"), "md")).collect()
}

/// The cells of the table below a heading, without its head.
fn table<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let section =
        text.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("{heading} is missing"));
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect())
        .collect()
}

/// Text without its fenced blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The anchors of a page's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words.chars().filter(kept).collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines; hint: docs/ has a page for each reader");
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut followed = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in prose(&text).split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if target.starts_with("http") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = format!("{}: {target}", document.display());
            let page = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            assert!(page.exists(), "{place} is missing");
            if !anchor.is_empty() {
                let page = fs::read_to_string(page).unwrap();
                assert!(anchors(&page).contains(anchor), "{place} has no such heading");
            }
            followed += 1;
        }
    }
    assert!(followed >= 50, "{followed} links");
}

#[test]
fn every_page_is_in_the_index() {
    let index = read("docs/README.md");
    for page in fs::read_dir(repository("docs")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "the index lacks {name}");
    }
}

#[test]
fn every_rule_is_on_the_page_about_deliveries() {
    let page = read("docs/delivery.md");
    let listed: Vec<&str> = table(&page, "## Rules").into_iter().map(|row| row[0]).collect();
    assert_eq!(listed, Rule::ALL.iter().map(|rule| rule.code()).collect::<Vec<_>>());
}

#[test]
fn every_exit_code_is_on_the_page_about_commands() {
    let page = read("docs/cli.md");
    let table = table(&page, "## Exit codes");
    let listed = |code: u8, meaning: &str| table.contains(&vec![code.to_string().as_str(), meaning]);
    for (code, meaning) in EXIT_CODES {
        assert!(listed(code, meaning), "{code} {meaning} is missing");
    }
    // The shell's own code for an interrupted command is none of the program's list.
    assert_eq!(table.len(), EXIT_CODES.len() + 1);
}

#[test]
fn every_limit_is_on_the_page_about_the_api_with_its_value() {
    let page = read("docs/api.md");
    let value = |text: &str| match text.split_once(' ') {
        Some((mebibytes, "MiB")) => mebibytes.parse::<u64>().unwrap() * 1024 * 1024,
        Some((kibibytes, "KiB")) => kibibytes.parse::<u64>().unwrap() * 1024,
        _ => text.replace(',', "").parse().unwrap(),
    };
    let rows = table(&page, "## Limits");
    let listed: BTreeMap<String, u64> = rows.iter().map(|row| (row[0].to_owned(), value(row[1]))).collect();
    let debug = format!("{:?}", Limits::default());
    let fields = debug.trim_start_matches("Limits { ").trim_end_matches(" }").split(", ");
    let mut existing: BTreeMap<String, u64> = fields
        .map(|field| field.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    existing.insert("headers_max".to_owned(), HEADERS_MAX as u64);
    assert_eq!(listed, existing);
}

#[test]
fn every_test_that_a_document_names_exists() {
    let folders = ["tests", "crates", "domain", "projections"];
    let sources = folders.into_iter().flat_map(|folder| files_below(&repository(folder), "rs"));
    let sources: Vec<String> = sources.map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut named = 0;
    for page in ["docs/promises.md", "ARCHITECTURE.md"] {
        let text = read(page);
        let is_test = |word: &&str| {
            let is_name = word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            is_name && word.contains('_') && word.len() >= TEST_NAME_CHARS_MIN
        };
        for name in prose(&text).split('`').skip(1).step_by(2).filter(is_test) {
            let function = format!("fn {name}(");
            assert!(
                sources.iter().any(|source| source.contains(&function)),
                "{page}: there is no test {name}"
            );
            named += 1;
        }
    }
    assert!(named >= 30, "{named} tests");
}

#[test]
fn the_map_says_which_crates_each_crate_uses() {
    let text = read("ARCHITECTURE.md");
    let mut compared = 0;
    for row in table(&text, "## The layers") {
        let manifest = repository(row[0]).join("Cargo.toml");
        let Ok(manifest) = fs::read_to_string(manifest) else { continue };
        let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let section = section.split("\n[").next().unwrap();
        let ours = section.lines().filter_map(|line| line.strip_prefix("attempt-ledger-"));
        let used: Vec<&str> = ours.map(|line| line.split(['.', ' ']).next().unwrap()).collect();
        let listed: Vec<&str> = row[2].split(", ").filter(|name| *name != "nothing of ours").collect();
        assert_eq!(listed, used, "{}", row[0]);
        compared += 1;
    }
    let crates = fs::read_dir(repository("crates")).unwrap().count();
    assert_eq!(compared, crates + 2, "beside `crates` there are `domain` and `projections`");
}
