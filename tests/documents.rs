//! Rules, exit codes and limits stand in the documents as they are in the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attempt_ledger::cli::EXIT_CODES;
use attempt_ledger::limits::{self, Limits};
use attempt_ledger_domain::Rule;

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"))
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
    assert_eq!(table.len(), EXIT_CODES.len());
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
    let fixed = [
        ("abandoned_in_max", limits::ABANDONED_IN_MAX),
        ("connections_waiting_max", limits::CONNECTIONS_WAITING_MAX),
        ("differences_kept_max", limits::DIFFERENCES_KEPT_MAX),
        ("headers_max", limits::HEADERS_MAX),
        ("large_question_wait_ms", usize::try_from(limits::LARGE_QUESTION_WAIT_MS).unwrap()),
        ("large_questions_max", limits::LARGE_QUESTIONS_MAX),
        ("memory_bytes_min", limits::MEMORY_BYTES_MIN),
        ("older_readers_max", limits::OLDER_READERS_MAX),
        ("history_queues_max", limits::HISTORY_QUEUES_MAX),
        ("numbered_page_max", limits::NUMBERED_PAGE_MAX),
        ("ordinary_records_max", limits::ORDINARY_RECORDS_MAX),
        ("overlay_attempts_max", limits::OVERLAY_ATTEMPTS_MAX),
        ("page_bytes_max", limits::PAGE_BYTES_MAX),
        ("probes_max", limits::PROBES_MAX),
        ("refusals_read_max", limits::REFUSALS_READ_MAX),
        ("request_id_bytes_max", limits::REQUEST_ID_BYTES_MAX),
        ("unfolded_max", limits::UNFOLDED_MAX),
        ("write_progress_bytes_min", limits::WRITE_PROGRESS_BYTES_MIN),
    ];
    existing.extend(fixed.map(|(name, value)| (name.to_owned(), value as u64)));
    assert_eq!(listed, existing);
}
