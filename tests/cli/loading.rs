//! What `ingest` says about what it was given: times that are not as they should be, text that is none, and
//! flags that make no sense.

use serde_json::{Value, json};

use crate::cli::harness::{Ledger, refused, stderr, stdout, text};
use crate::support::program::{run, run_on};

/// Two deliveries with times that cannot be true, two in seconds, one that is as it should be, and one
/// refused.
const LINES: &str = r#"{"attempt_id":1,"event":"joined","queue_type":1,"timestamp":1}
{"attempt_id":2,"event":"joined","queue_type":1,"timestamp":2}
{"attempt_id":3,"event":"joined","queue_type":1,"timestamp":1784711640}
{"attempt_id":4,"event":"joined","queue_type":1,"timestamp":"1784711640"}
{"attempt_id":5,"event":"joined","queue_type":1,"timestamp":1784711640000}
this is no JSON
"#;

fn load(target: &[&str], more: &[&str]) -> String {
    let output = run_on(LINES.as_bytes(), &[&["ingest", "-"], target, more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn tell(target: &[&str]) {
    let said = load(target, &[]);
    assert!(said.starts_with("6 lines: 5 recorded"), "{said}");
    let flags = said.lines().find(|line| line.starts_with("flagged: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(flags.contains("2 clock_implausible") && flags.contains("2 converted:timestamp"), "{flags}");
    // The same again: they are duplicates, and as odd as before.
    let counts: Value = serde_json::from_str(&load(target, &["--json"])).unwrap();
    assert_eq!(counts["duplicates"], 5, "{counts}");
    assert_eq!(counts["flags"]["clock_implausible"], 2, "{counts}");
    assert_eq!(counts["flags"]["converted:timestamp"], 2, "{counts}");
}

#[test]
fn what_was_refused_before_is_told_apart_and_is_no_fault_under_strict() {
    let ledger = Ledger::empty();
    let data = ["--data", ledger.data()];
    let said = load(&data, &[]);
    assert!(said.contains("1 refused and kept\nrefused by 1 malformed_json\n"), "{said}");
    // Loaded again, nothing is new.
    let again = load(&data, &["--strict"]);
    assert!(
        again.starts_with("6 lines: 0 recorded, 5 duplicates, 0 refused and kept, 1 refused before\n"),
        "{again}"
    );
    let server = ledger.serve();
    let counts: Value =
        serde_json::from_str(&load(&["--url", &server.url], &["--json", "--strict"])).unwrap();
    assert_eq!((&counts["refused"], &counts["refused_before"]), (&json!(1), &json!(1)), "{counts}");
}

#[test]
fn strict_says_how_to_list_what_it_refused() {
    let ledger = Ledger::empty();
    let output = run_on(LINES.as_bytes(), &ledger.with(&["ingest", "-", "--strict"]));
    assert_eq!(output.status.code(), Some(4));
    let command = format!("`attempt-ledger refusals list --data {}`", ledger.data());
    assert!(stderr(&output).contains(&command), "{}", stderr(&output));
}

#[test]
fn flags_are_counted_into_a_directory() {
    let ledger = Ledger::empty();
    tell(&["--data", ledger.data()]);
}

#[test]
fn flags_are_counted_at_a_server() {
    let ledger = Ledger::empty();
    let server = ledger.serve();
    tell(&["--url", &server.url]);
}

#[test]
fn nothing_odd_is_not_counted() {
    let ledger = Ledger::empty();
    let line = LINES.lines().nth(4).unwrap();
    let output = run_on(line.as_bytes(), &ledger.with(&["ingest", "-", "--json"]));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(counts.get("flags").is_none() || counts["flags"].get("clock_implausible").is_none(), "{counts}");
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn text_in_utf_16_is_named_and_not_cut_up() {
    let ledger = Ledger::empty();
    let server = Ledger::empty();
    let server = server.serve();
    // PowerShell's `>` writes a byte order mark before it; many programs do not.
    for (lines, name) in [(format!("\u{feff}{LINES}"), "UTF-16"), (LINES.to_owned(), "UTF-16LE")] {
        let file = ledger.room("lines.ndjson");
        std::fs::write(&file, utf_16(&lines)).unwrap();
        let (said, converted) = (format!("is in {name},"), format!("iconv -f {name} -t UTF-8"));
        let words = [&*said, "hint: ", &*converted];
        refused(&ledger.with(&["ingest", text(&file)]), 1, &words);
        refused(&["ingest", text(&file), "--url", &server.url], 1, &words);
    }
    assert_eq!(server.head(), 0);
}

#[test]
fn lines_in_utf_16_after_others_are_refused_lines_both_ways() {
    let good = LINES.lines().nth(4).unwrap();
    let input = [format!("{good}\n").as_bytes(), &utf_16("{\"a\":1}\n{\"b\":2}\n")].concat();
    told_both_ways(&input, [1, 0, 3]);
}

#[test]
fn flags_that_make_no_sense_are_wrong_usage() {
    let ledger = Ledger::empty();
    for (flags, word) in [
        (["--queue-type", "12"], "--queue-type"),
        (["--event", "nope"], "--event"),
        (["--source", "Київ"], "--source"),
    ] {
        refused(&ledger.with(&[&["ingest", "/dev/null"][..], &flags].concat()), 2, &[word]);
    }
}

#[test]
fn an_observation_is_named_by_a_flag_as_by_a_url() {
    let ledger = Ledger::empty();
    let body = json!({ "attempt_id": "9", "queue_id": "75" }).to_string();
    let output = run_on(body.as_bytes(), &ledger.with(&["ingest", "-", "--event", "wait_agent"]));
    assert!(stdout(&output).starts_with("1 lines: 1 recorded"), "{}", stderr(&output));
}

#[test]
fn json_through_a_pipe_is_as_it_was_sent() {
    let ledger = Ledger::empty();
    let odd = "a\u{7f}b\u{9b}31mc\u{202e}d";
    let body = json!({ "attempt_id": 7, "event": "joined", "queue_type": 1, "own": odd }).to_string();
    let output = run_on(body.as_bytes(), &ledger.with(&["ingest", "-"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let shown = run(&ledger.with(&["timeline", "7", "--json"]));
    assert!(shown.status.success());
    let exported = run(&ledger.with(&["export", "--what", "events", "--format", "ndjson", "--out", "-"]));
    let event: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(event["payload"]["own"], odd);
    let refused = r#"{"own":"OWN"}"#.replace("OWN", odd);
    run_on(refused.as_bytes(), &ledger.with(&["ingest", "-", "--event", "joined"]));
    let listed = run(&ledger.with(&["refusals", "list", "--json"]));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let id = listed["refusals"][0]["refusal_id"].as_str().unwrap();
    let shown = run(&ledger.with(&["refusals", "show", id, "--json"]));
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["body"], refused);
}

#[test]
fn a_command_about_one_directory_twice_or_one_in_use_says_what_is_so() {
    let ledger = Ledger::empty();
    load(&["--data", ledger.data()], &[]);
    refused(&["copy", "--from", ledger.data(), "--to", ledger.data()], 2, &["the same", "hint: "]);
    let output = run_on(b"", &ledger.with(&["backup", "-"]));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("hint: "), "{}", stderr(&output));
    let _server = ledger.serve();
    let locked = run(&ledger.with(&["status"]));
    assert_eq!(locked.status.code(), Some(11));
    assert_eq!(stderr(&locked).matches("hint:").count(), 1, "{}", stderr(&locked));
}

#[test]
fn a_line_that_begins_like_another_encoding_is_one_refused_line_both_ways() {
    let good = LINES.lines().nth(4).unwrap();
    let input = [good.as_bytes(), b"\xff\xfe junk", b"\x1f\x8b junk", good.as_bytes()].join(&b'\n');
    told_both_ways(&input, [1, 1, 2]);
}

/// Loads lines one by one into a directory and into a server, which are to say how many were recorded, known
/// and refused.
fn told_both_ways(input: &[u8], expected: [u64; 3]) {
    let ledgers = [Ledger::empty(), Ledger::empty()];
    let server = ledgers[1].serve();
    for target in [["--data", ledgers[0].data()], ["--url", &server.url]] {
        let words = [&["ingest", "-", "--json", "--batch", "1"][..], &target].concat();
        let output = run_on(input, &words);
        assert!(output.status.success(), "{}", stderr(&output));
        let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = ["recorded", "duplicates", "refused"].map(|name| counts[name].as_u64());
        assert_eq!(told, expected.map(Some), "{counts}");
    }
}
