//! What makes no sense is refused by name, and what is not there has an exit code of its own.

use crate::cli::harness::{Ledger, printed, refused, stderr, text};
use crate::support::program::run;

#[test]
fn wrong_usage_names_the_parameter() {
    let ledger = Ledger::of("5");
    for (question, words) in [
        (&["attempts", "--state", "gone"][..], &["`state`", "waiting"][..]),
        (&["attempts", "--class", "gone"], &["`class`"]),
        (&["attempts", "--queue-id", "x"], &["`queue_id`", "the number of a queue, or none"]),
        (&["attempts", "--queue-type", "x"], &["`queue_type`"]),
        (&["attempts", "--limit", "0"], &["`limit`"]),
        (&["attempts", "--limit", "-1"], &["`limit`"]),
        (&["attempts", "--as-of", "-1"], &["`as_of`"]),
        (&["attempts", "--as-of", "99999"], &["`as_of`", "the log ends at position"]),
        (&["timeline", "48000001", "--as-of", "99999"], &["`as_of`", "the log ends at position"]),
        (&["attempts", "--min-position", "-1"], &["`min_position`"]),
        (&["queues", "--threshold-ms", "-1"], &["`threshold_ms`"]),
        (&["queues", "--short-abandon-ms", "-1"], &["`short_abandon_ms`"]),
        (&["queues", "--abandoned-in-ms", "-1"], &["`abandoned_in_ms`"]),
        (&["queues", "17", "--explain", "aht", "--limit", "-1"], &["`limit`"]),
        (&["queues", "17", "--explain", "aht", "--changed-since", "-1"], &["`changed_since`"]),
        (&["attempts", "--order", "random"], &["`order`"]),
        (&["attempts", "--cursor", "x"], &["`cursor`"]),
        (&["attempts", "--conflict", "perhaps"], &["`conflict`"]),
        (&["attempts", "--from", "tomorrow"], &["`from`", "yesterday"]),
        (&["timeline", "48000001", "--timezone", "Mars/Olympus"], &["`timezone`", "Mars/Olympus"]),
        (&["attempts", "--timezone", "Mars/Olympus"], &["`timezone`", "Mars/Olympus"]),
        (&["attempts", "--as-of", "999999"], &["`as_of`"]),
        (&["attempts", "--format", "xml"], &["--format", "ndjson"]),
        (&["attempts", "--format", "csv", "--json"], &["--format", "--json"]),
        (&["attempts", "--stat", "left"], &["--stat", "--state"]),
        (&["queues", "--interval", "PT7M"], &["`interval`", "PT15M"]),
        (&["queues", "17", "--metrics", "luck"], &["`metrics`"]),
        (&["queues", "17", "--explain", "luck"], &["`explain`"]),
        (&["queues", "17", "--changed-since", "3"], &["--explain"]),
        (&["queues", "x"], &["QUEUE_ID"]),
        (&["agents", "x"], &["AGENT_ID"]),
        (&["agents", "--intervals"], &["AGENT_ID"]),
        (&["agents", "--queue-id", "17"], &["AGENT_ID"]),
        (&["agents", "--interval", "PT1H"], &["`interval`"]),
        (&["agents", "305", "--intervals", "--interval", "PT1H"], &["`interval`"]),
        (&["agents", "305", "--to", "now"], &["`from`"]),
        (&["rebuild", "bets"], &["bets", "queue_history"]),
    ] {
        refused(&ledger.with(question), 2, words);
    }
}

#[test]
fn a_server_refuses_by_the_same_names() {
    let ledger = Ledger::of("5");
    let server = ledger.serve();
    for (question, word) in [
        (&["attempts", "--state", "gone"][..], "`state`"),
        (&["queues", "--interval", "PT7M"], "`interval`"),
        (&["agents", "--interval", "PT1H"], "`interval`"),
        (&["timeline", "48000001", "--as-of", "99999"], "`as_of`"),
    ] {
        refused(&[question, &["--url", &server.url]].concat(), 2, &[word]);
    }
    for question in [&["attempts"][..], &["queues"], &["agents"], &["rebuild"], &["status"], &["ingest", "-"]]
    {
        refused(&ledger.with(question), 11, &["in use", "--url"]);
    }
}

#[test]
fn a_ledger_in_use_is_answered_with_what_the_command_can_do() {
    let ledger = Ledger::of("5");
    let _server = ledger.serve();
    let other = ledger.room("other");
    let copy = ["copy", "--from", ledger.data(), "--to", text(&other)];
    let serve = ledger.with(&["serve", "--listen", "127.0.0.1:0"]);
    for command in [&ledger.with(&["verify"])[..], &copy, &serve] {
        let output = run(command);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(11), "{command:?}: {said}");
        assert!(said.contains("hint: stop the process") && !said.contains("--url"), "{command:?}: {said}");
    }
}

#[test]
fn an_address_that_is_taken_is_answered_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--ephemeral", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    for word in [&*address, "hint: another process listens there", "--listen"] {
        assert!(stderr(&output).contains(word), "{word} is missing in {}", stderr(&output));
    }
}

#[test]
fn a_command_takes_the_options_that_it_uses_and_no_others() {
    let (segments, models) = ("--segment-bytes-max", "--read-store");
    for (command, its_own) in [
        ("serve", &[segments, models][..]),
        ("demo", &[segments]),
        ("ingest", &[segments]),
        ("copy", &[segments]),
        ("attempts", &[models]),
        ("queues", &[models]),
        ("agents", &[models]),
        ("export", &[models]),
        ("rebuild", &[models]),
        ("verify", &[models]),
        ("status", &[models]),
        ("timeline", &[models]),
        ("seed", &[]),
    ] {
        let help = printed(&[command, "--help"]);
        for option in [segments, models] {
            assert_eq!(help.contains(option), its_own.contains(&option), "{command} and {option}");
        }
    }
}

#[test]
fn what_is_not_there_has_an_exit_code_of_its_own() {
    let ledger = Ledger::empty();
    for question in [
        &["attempts"][..],
        &["queues"],
        &["agents"],
        &["rebuild"],
        &["verify"],
        &["status"],
        &["export", "--what", "agents", "--format", "csv", "--out", "-"],
    ] {
        refused(&ledger.with(question), 10, &["no ledger", "--data DIR", "--url URL"]);
        assert!(!ledger.path().exists(), "{question:?} only looks");
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for question in [&["attempts"][..], &["queues"], &["agents"], &["rebuild"], &["status"]] {
        refused(&[question, &["--url", &url]].concat(), 1, &[&url]);
    }
}

#[test]
fn a_position_that_is_not_reached_is_a_failure_and_an_unknown_filter_value_an_empty_list() {
    let ledger = Ledger::of("5");
    refused(&ledger.with(&["attempts", "--min-position", "999999"]), 1, &["999999"]);
    let nobody = run(&ledger.with(&["attempts", "--agent-id", "-5", "--format", "ndjson"]));
    assert!(nobody.status.success() && nobody.stdout.is_empty(), "{}", stderr(&nobody));
}

#[test]
fn read_models_of_a_newer_release_are_left_alone() {
    let ledger = Ledger::of("5");
    run(&ledger.with(&["attempts"]));
    ledger.tamper("PRAGMA user_version = 99");
    let before = std::fs::read(ledger.models()).unwrap();
    for question in [&["attempts"][..], &["rebuild"], &["verify"]] {
        refused(&ledger.with(question), 12, &["99"]);
    }
    assert!(std::fs::read(ledger.models()).unwrap() == before);
}

#[test]
fn what_the_ledger_has_never_heard_of_is_a_failure() {
    let ledger = Ledger::of("5");
    let questions = [
        (&["timeline", "7"][..], "never heard of attempt 7"),
        (&["queues", "99999"], "never heard of queue 99999"),
        (&["queues", "-3", "--format", "csv"], "never heard of queue -3"),
        (&["queues", "99999", "--explain", "n_offered"], "never heard of queue 99999"),
        (&["agents", "99999"], "never heard of agent 99999"),
        (&["agents", "99999", "--intervals", "--format", "ndjson"], "never heard of agent 99999"),
    ];
    for (question, words) in questions {
        refused(&ledger.with(question), 1, &[words, "hint: "]);
    }
    let server = ledger.serve();
    for (question, words) in questions {
        refused(&[question, &["--url", &server.url]].concat(), 1, &[words]);
    }
    // A queue that is defined is known before its first attempt.
    server.define(99_999, &serde_json::json!({ "type": "inbound_queue" }));
    printed(&["queues", "99999", "--url", &server.url]);
}

#[test]
fn a_read_model_that_is_not_fresh_cannot_say_that_it_never_heard_of_somebody() {
    let ledger = Ledger::of("5");
    printed(&ledger.with(&["agents"]));
    let at = "failed_position = position, failed_record_id = '01a207b7-2df6-7584-ba91-79b8b269cca9'";
    ledger.tamper(&format!("UPDATE projections SET {at}, failure = 'planted' WHERE name = 'agents'"));
    printed(&ledger.with(&["agents", "99999"]));
}
