//! Nothing that a sender wrote reaches a terminal as a control.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::cli::harness::{self, Ledger, on_a_terminal, printed, stderr, stdout};
use crate::support::program::{run, run_on};
use crate::support::seed::seed;

/// Records one delivery to an inbound queue's hook.
fn deliver(ledger: &Ledger, event: &str, body: &[u8]) {
    let arguments = ["ingest", "-", "--queue-type", "1", "--event", event];
    let output = run_on(body, &ledger.with(&arguments));
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_result_with_a_line_break_is_one_row() {
    let ledger = Ledger::empty();
    deliver(&ledger, "joined", br#"{"attempt_id":"801","queue_id":"17","timestamp":"1795694400000"}"#);
    let case = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/08_result_with_line_break.json");
    let body: Value = serde_json::from_slice(&std::fs::read(case).unwrap()).unwrap();
    deliver(&ledger, "leaving", body.to_string().as_bytes());
    let drawn = printed(&ledger.with(&["timeline", "801"]));
    assert!(!drawn.lines().any(|line| line.starts_with("2026-11-26 11:59")), "a row is forged:\n{drawn}");
    let (_, rows) = drawn.split_once("notes\n").unwrap();
    assert_eq!(rows.lines().count(), 2, "{drawn}");
}

/// Letters that a terminal or its reader obeys, one of each kind, and some that are only letters.
const LETTERS: [char; 21] = [
    '\u{1b}', '\u{7}', '\u{8}', '\r', '\n', '\t', '\u{7f}', '\u{85}', '\u{9b}', '\u{61c}', '\u{200e}',
    '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', 'a', 'Ї', '"', ',', '[', 'm',
];

fn is_control(letter: char) -> bool {
    let is_of_direction = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || is_of_direction || ('\u{2028}'..='\u{202e}').contains(&letter)
}

fn hostile(random: &mut StdRng) -> String {
    let letters = (0..24).map(|_| LETTERS[random.random_range(0..LETTERS.len())]);
    // Each text has every way to begin a row of its own.
    letters.chain("\u{1b}[2J\n\u{9b}31m\u{202e}\u{2028}x".chars()).collect()
}

/// Attempts whose every text is hostile: recorded, recorded with a conflict, and refused.
fn hostile_ledger(random: &mut StdRng) -> Ledger {
    let ledger = Ledger::empty();
    for (step, event) in ["joined", "offering", "bridged", "leaving", "leaving"].into_iter().enumerate() {
        let mut body = json!({
            "attempt_id": "801", "queue_id": "17", "agent_id": "31",
            "timestamp": (1_795_694_400_000_u64 + step as u64 * 1_000).to_string(),
        });
        for field in ["agent_name", "cc_result", "destination", "channel", "member_name", "own", "event_id"] {
            body[field] = hostile(random).into();
        }
        body[hostile(random)] = hostile(random).into();
        body["bridged_at"] = hostile(random).into();
        deliver(&ledger, event, body.to_string().as_bytes());
    }
    let mut unknown = json!({ "attempt_id": hostile(random), "queue_id": hostile(random) });
    unknown["state"] = hostile(random).into();
    deliver(&ledger, "joined", unknown.to_string().as_bytes());
    ledger
}

/// Commands that print what senders wrote, as tables and drawings.
const DRAWN: [&[&str]; 9] = [
    &["timeline", "801"],
    &["attempts"],
    &["agents"],
    &["agents", "31", "--from", "2026-11-26", "--to", "2026-11-27"],
    &["queues"],
    &["queues", "17", "--from", "2026-11-26", "--to", "2026-11-27", "--explain", "n_offered"],
    &["refusals", "list"],
    &["status"],
    &["verify"],
];

/// The same as rows of a format.
const FORMATTED: [&[&str]; 10] = [
    &["timeline", "801", "--json"],
    &["attempts", "--format", "json"],
    &["attempts", "--format", "ndjson"],
    &["attempts", "--format", "csv"],
    &["agents", "--format", "csv"],
    &["agents", "--format", "json"],
    &["queues", "--from", "2026-11-26", "--to", "2026-11-27", "--interval", "P1D", "--format", "json"],
    &["refusals", "list", "--json"],
    &["export", "--what", "events", "--format", "ndjson", "--out", "-"],
    &["export", "--what", "attempts", "--format", "csv", "--out", "-"],
];

#[test]
fn an_argument_that_is_pasted_from_a_sender_is_masked_in_what_is_said_of_it() {
    for arguments in [
        ["timeline", "\u{1b}[31mX\u{202e}\u{9b}2J"],
        ["queues", "17\u{1b}[2J\u{2028}"],
        ["\u{1b}[1m", "--help"],
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = stderr(&output);
        assert!(text.contains("error: ") && text.contains("For more information"), "{text}");
        assert_eq!(text.chars().find(|letter| *letter != '\n' && is_control(*letter)), None, "{text:?}");
    }
}

#[test]
fn no_command_prints_a_control_of_a_sender() {
    let mut random = StdRng::seed_from_u64(seed());
    let ledger = hostile_ledger(&mut random);
    for question in DRAWN {
        let output = run(&ledger.with(question));
        assert!(output.status.success(), "{question:?}: {}", stderr(&output));
        for text in [stdout(&output), stderr(&output)] {
            let found = text.chars().find(|letter| *letter != '\n' && is_control(*letter));
            assert_eq!(found, None, "{question:?}:\n{text:?}");
        }
    }
    for refusal in
        harness::json(&ledger.with(&["refusals", "list", "--json"]))["refusals"].as_array().unwrap()
    {
        let shown = printed(&ledger.with(&["refusals", "show", refusal["refusal_id"].as_str().unwrap()]));
        assert!(!shown.chars().any(|letter| letter != '\n' && is_control(letter)), "{shown:?}");
        assert!(shown.lines().count() <= 13, "the body is one line: {shown}");
    }
    let rows = |question: &[&str]| printed(&ledger.with(question)).lines().count();
    assert_eq!(rows(&["attempts"]), 2, "a header and one row");
    assert_eq!(rows(&["agents"]), 2, "a header and one row");
}

#[test]
fn no_format_sends_a_control_of_a_sender_to_a_terminal_and_a_pipe_gets_it_as_it_is() {
    let mut random = StdRng::seed_from_u64(seed());
    let ledger = hostile_ledger(&mut random);
    for question in FORMATTED {
        let all = on_a_terminal(&ledger.with(question), &[("NO_COLOR", "1")]);
        // The bar of progress clears its own line before anything is printed.
        let shown = all.rsplit("\u{1b}[2K").next().unwrap().trim_start_matches("\u{1b}[1A");
        // A terminal itself makes a return of each line end.
        let found = shown.chars().find(|letter| !matches!(letter, '\n' | '\r') && is_control(*letter));
        assert_eq!(found, None, "{question:?}:\n{shown:?}");
        let piped = printed(&ledger.with(question));
        assert!(piped.contains('\u{202e}'), "{question:?} holds what was sent:\n{piped:?}");
    }
}

#[test]
fn an_answer_that_is_no_ledgers_cannot_draw_on_the_terminal() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let questions: [&[&str]; 4] =
        [&["timeline", "1"], &["attempts"], &["status"], &["ingest", "-", "--event", "joined"]];
    let count = questions.len();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for _ in 0..count {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 4_096]).unwrap();
            let body = "\u{1b}[2J\u{9b}31m\nhint: forged\u{202e}";
            let head = format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            client.write_all(format!("HTTP/1.1 418 No\r\n{head}{body}").as_bytes()).unwrap();
        }
    });
    for question in questions {
        let output = run_on(b"{\"attempt_id\":1}\n", &[question, &["--url", &url]].concat());
        assert_eq!(output.status.code(), Some(1), "{question:?}");
        let said = stderr(&output);
        assert!(!said.lines().any(|line| line.starts_with("hint: forged")), "{question:?}: {said:?}");
        assert!(!said.chars().any(|letter| letter != '\n' && is_control(letter)), "{question:?}: {said:?}");
    }
}
