//! Refusals listed, shown and settled by commands, at a server and in a directory.

use serde_json::{Value, json};

use crate::cli::harness::{Ledger, json, printed, refused, stderr, stdout};
use crate::support::program::{run, run_on};

/// Two refusals that cannot be let in as they are, and one that the attempt's Joined lets in.
fn ledger() -> Ledger {
    let ledger = Ledger::empty();
    for (line, more) in [
        (r#"{"attempt_id":7,"timestamp":1795694401000}"#, &["--event", "offering"][..]),
        (r#"{"attempt_id":8,"queue_id":40}"#, &["--event", "missed", "--queue-type", "2"]),
        ("this is no JSON", &["--event", "joined"]),
        (
            r#"{"attempt_id":7,"queue_id":17,"timestamp":1795694400000}"#,
            &["--event", "joined", "--queue-type", "1"],
        ),
    ] {
        let output = run_on(line.as_bytes(), &ledger.with(&[&["ingest", "-"], more].concat()));
        assert!(output.status.success(), "{}", stderr(&output));
    }
    ledger
}

/// The refusals that a filter lists, newest first: each id under its rule.
fn listed(place: &[&str; 2], filter: &[&str]) -> Vec<(String, String)> {
    let answer = json(&[&["refusals", "list", "--json"], filter, place].concat());
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let refusals = answer["refusals"].as_array().unwrap();
    refusals.iter().map(|one| (text(one, "code"), text(one, "refusal_id"))).collect()
}

/// Everything that can be done, in this place.
fn everything(place: &[&str; 2]) {
    let all = listed(place, &[]);
    let codes: Vec<&str> = all.iter().map(|(code, _)| &**code).collect();
    assert_eq!(codes, ["malformed_json", "missed_needs_agent_participation", "unknown_queue_type"]);
    let [malformed, missed, waiting] = &all[..] else { panic!("{all:?}") };
    for (filter, expected) in [
        (&["--rule", "malformed_json"][..], &[malformed][..]),
        (&["--queue-id", "40"], &[missed]),
        (&["--attempt-id", "7"], &[waiting]),
        (&["--status", "dismissed"], &[]),
        (&["--from", "yesterday", "--to", "now"], &[malformed, missed, waiting]),
        (&["--to", "yesterday"], &[]),
        (&["--from", "now-1m", "--rule", "unknown_queue_type"], &[waiting]),
    ] {
        assert_eq!(listed(place, filter).iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let table = printed(&[&["refusals", "list", "--limit", "2"], &place[..]].concat());
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains(&*malformed.1) && !table.contains(&*waiting.1), "the newest come first: {table}");

    let shown = printed(&[&["refusals", "show", &malformed.1], &place[..]].concat());
    for word in ["malformed_json: ", "status    open", "body      this is no JSON", "hint "] {
        assert!(shown.contains(word), "{word} is missing in\n{shown}");
    }
    let replayed =
        printed(&[&["refusals", "replay", &waiting.1, "--note", "joined by now"], &place[..]].concat());
    assert_eq!(replayed.split_once(' ').unwrap().0, waiting.1);
    assert!(replayed.contains("replayed: attempt 7, revision 2, position "), "{replayed}");
    // One that stays refused is named with its rule, and the other one has its turn.
    let output = run(&[&["refusals", "replay", &missed.1, &waiting.1], &place[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("{}: ", missed.1)), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 of 2 refusals stay as they were"), "{}", stderr(&output));
    assert!(stdout(&output).starts_with(&format!("{} replayed", waiting.1)), "{}", stdout(&output));
    let dismissed =
        json(&[&["refusals", "dismiss", &missed.1, "--note", "not ours", "--json"], &place[..]].concat());
    assert_eq!(dismissed, json!({ "refusal_id": missed.1, "status": "dismissed" }));
    let kept = json(&[&["refusals", "show", &missed.1, "--json"], &place[..]].concat());
    assert_eq!((&kept["status"], &kept["note"]), (&json!("dismissed"), &json!("not ours")));
    assert_eq!(listed(place, &["--status", "open"]).len(), 1);
    send(place, &malformed.1);
    assert_eq!(listed(place, &["--status", "open"]).len(), 0);
}

/// A correction that is refused still, one that says nothing, and one that is let in.
fn send(place: &[&str; 2], refusal_id: &str) {
    let send = |body: &str, more: &[&str]| {
        run_on(body.as_bytes(), &[&["refusals", "send", refusal_id][..], more, place].concat())
    };
    let output = send("{}", &["--body", "-", "--event", "hold"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("\"hold\" is none of the eight events"), "{}", stderr(&output));
    assert_eq!(send("", &[]).status.code(), Some(2), "there is nothing to correct");
    let more = ["--body", "-", "--queue-type", "1", "--note", "cut off by a proxy"];
    let output = send("{\"attempt_id\":9}\n", &more);
    assert!(output.status.success(), "{}", stderr(&output));
    let words = format!("{refusal_id} replayed: attempt 9, revision 1, position ");
    assert!(stdout(&output).starts_with(&words), "{}", stdout(&output));
    let output = send("", &["--event", "missed"]);
    assert_eq!(output.status.code(), Some(1), "it is settled: there is nothing to correct any more");
    assert!(stderr(&output).contains("It is replayed"), "{}", stderr(&output));
    let shown = printed(&[&["refusals", "show", refusal_id], &place[..]].concat());
    assert!(shown.contains(": cut off by a proxy\n"), "{shown}");
}

#[test]
fn refusals_are_listed_shown_and_settled_in_a_directory() {
    let ledger = ledger();
    everything(&["--data", ledger.data()]);
}

#[test]
fn refusals_are_listed_shown_and_settled_at_a_server() {
    let ledger = ledger();
    let server = ledger.serve();
    everything(&["--url", &server.url]);
}

#[test]
fn a_refusal_that_is_not_there_or_no_id_is_told() {
    let ledger = ledger();
    let nobody = "01a207b7-2df6-7584-ba91-79b8b269cca9";
    refused(&ledger.with(&["refusals", "show", nobody]), 1, &["There is no such refusal", "hint: "]);
    let shown = run(&ledger.with(&["refusals", "show", nobody]));
    assert_eq!(stderr(&shown).matches("There is no such refusal").count(), 1, "{}", stderr(&shown));
    refused(&ledger.with(&["refusals", "dismiss", nobody]), 1, &["There is no such refusal"]);
    refused(&ledger.with(&["refusals", "show", "7"]), 2, &["REFUSAL_ID"]);
    refused(&ledger.with(&["refusals", "list", "--rule", "nonsense"]), 2, &["`rule`"]);
    refused(&ledger.with(&["refusals", "list", "--from", "tomorrow"]), 2, &["`from`"]);
}

#[test]
fn refusals_are_counted_by_rule_and_settled_by_a_filter() {
    let ledger = ledger();
    let counts = json(&ledger.with(&["refusals", "count", "--json"]));
    assert_eq!(counts["malformed_json"], json!({ "open": 1, "replayed": 0, "dismissed": 0 }));
    let said = printed(&ledger.with(&["refusals", "dismiss", "--rule", "malformed_json", "--note", "cut"]));
    assert!(said.ends_with(" dismissed\n") && said.lines().count() == 1, "{said}");
    let counts = printed(&ledger.with(&["refusals", "count", "--rule", "malformed_json"]));
    let last = counts.lines().last().unwrap();
    assert_eq!(last.split_whitespace().collect::<Vec<_>>(), ["all", "0", "0", "1"], "{counts}");
    let all = printed(&ledger.with(&["refusals", "count"]));
    assert_eq!(all.lines().last().unwrap().split_whitespace().collect::<Vec<_>>(), ["all", "2", "0", "1"]);
    let nothing_left = printed(&ledger.with(&["refusals", "dismiss", "--rule", "malformed_json"]));
    assert_eq!(nothing_left, "", "what is settled is not settled again");
    refused(&ledger.with(&["refusals", "dismiss"]), 2, &["--rule", "refusals list"]);
}

#[test]
fn what_was_replayed_is_not_dismissed() {
    let ledger = ledger();
    let place = ["--data", ledger.data()];
    let (_, waiting) = listed(&place, &["--rule", "unknown_queue_type"]).remove(0);
    printed(&ledger.with(&["refusals", "replay", &waiting]));
    let output = run(&ledger.with(&["refusals", "dismiss", &waiting]));
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stderr(&output).contains("it is replayed already"), "{}", stderr(&output));
}

#[test]
fn a_service_tells_what_it_runs_over_and_each_refusal_once() {
    let ledger = ledger();
    let server = ledger.serve();
    let version = env!("CARGO_PKG_VERSION");
    let told = format!(" · attempt-ledger {version} · 4 records in {} · ", ledger.data());
    assert!(server.announcement.contains(&told), "{}", server.announcement);
    let refuse = || server.post("/v1/hooks/2/missed", r#"{"attempt_id":"99","destination":"380501234567"}"#);
    let answer = refuse().problem(422, "missed_needs_agent_participation");
    refuse().problem(422, "missed_needs_agent_participation");
    let ended = server.stop();
    let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("refused and kept")).collect();
    let [line] = &lines[..] else { panic!("{}", ended.stderr) };
    assert!(line.contains("missed_needs_agent_participation"), "{line}");
    assert!(line.contains(answer["refusal_id"].as_str().unwrap()), "{line}");
    assert!(!ended.stderr.contains("380501234567"), "{}", ended.stderr);
}

#[test]
fn a_refusal_that_was_settled_without_a_word_has_no_empty_note() {
    let ledger = ledger();
    let place = ["--data", ledger.data()];
    let (_, id) = listed(&place, &["--rule", "malformed_json"]).remove(0);
    printed(&[&["refusals", "dismiss", &id], &place[..]].concat());
    let shown = printed(&[&["refusals", "show", &id], &place[..]].concat());
    let status = shown.lines().find(|line| line.starts_with("status")).unwrap();
    assert!(status.starts_with("status    dismissed at ") && !status.trim_end().ends_with(':'), "{status}");
}
