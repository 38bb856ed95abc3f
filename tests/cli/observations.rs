//! Observations on the command line: ingested once, and apart from the events in the timeline.

use serde_json::{Value, json};

use crate::cli::harness::{Ledger, ingest, json, printed, text};

const LINES: &str = r#"
{"event":"wait_agent","queue_type":"5","attempt_id":7,"timestamp":1784700000,"member_name":"Ann\u001b[31m"}
{"event":"offering","queue_type":"5","attempt_id":7,"timestamp":1784700001000,"agent_id":3}
{"event":"leaving","queue_type":"5","attempt_id":7,"timestamp":1784700009000}
{"event":"wait_agent","queue_type":"5","attempt_id":7,"timestamp":1784700000,"member_name":"Ann\u001b[31m"}
{"event":"agent_status","agent_id":3,"status":"pause","timestamp":1784700000000}
"#;

#[test]
fn a_timeline_lists_observations_after_the_events() {
    let ledger = Ledger::empty();
    ingest(&ledger.path(), LINES.trim_start());
    assert_eq!(json(&ledger.with(&["status", "--json"]))["head"], 4, "both kinds are recorded, each once");
    let told = printed(&ledger.with(&["timeline", "7"]));
    let (events, observations) = told.split_once("observation ").expect("a table of its own");
    assert!(!events.contains("wait_agent") && events.contains("rev 2"), "{told}");
    let row = observations.lines().nth(1).expect("a row");
    assert!(row.contains("wait_agent") && row.contains("pos 3"), "{told}");
    assert!(row.contains("member_name Ann?[31m, late"), "{told}");
    let read = json(&ledger.with(&["timeline", "7", "--json"]));
    let server = ledger.serve();
    server.catch_up();
    let served = json(&["timeline", "7", "--url", &server.url, "--json"]);
    assert_eq!(read["observations"].as_array().unwrap().len(), 1);
    assert_eq!(read["observations"], served["observations"]);
    drop(server);
    let verified = json(&ledger.with(&["verify", "--json"]));
    assert_eq!((&verified["records"], &verified["events"]), (&json!(4), &json!(2)), "{verified}");
}

#[test]
fn a_backup_and_an_export_have_the_observations() {
    let ledger = Ledger::empty();
    ingest(&ledger.path(), LINES.trim_start());
    let server = ledger.serve();
    let file = ledger.room("backup");
    printed(&["backup", "--url", &server.url, text(&file)]);
    drop(server);
    let restored = ledger.room("restored");
    printed(&["restore", text(&file), "--data", text(&restored)]);
    let out = ledger.room("events.ndjson");
    let export = |data: &str| {
        printed(&["export", "--what", "events", "--format", "ndjson", "--out", text(&out), "--data", data]);
        std::fs::read_to_string(&out).unwrap()
    };
    let exported = export(ledger.data());
    assert_eq!(exported, export(text(&restored)));
    let kinds: Vec<Value> =
        exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].clone()).collect();
    assert_eq!(kinds, ["event", "event", "observation", "observation"]);
}

#[test]
fn a_number_that_changed_names_the_observation_that_changed_it() {
    let ledger = Ledger::empty();
    for (event, says) in [("leaving", r#","cc_result":"abandoned""#), ("wait_agent", "")] {
        let hook = r#""queue_type":"5","queue_id":50,"attempt_id":7,"timestamp":1784700000000"#;
        ingest(&ledger.path(), &format!("{{\"event\":\"{event}\",{hook}{says}}}\n"));
    }
    let day = ["--from", "2026-07-22", "--to", "2026-07-23"];
    let asked = [&["queues", "50", "--explain", "n_dropped", "--changed-since", "1"], &day[..]].concat();
    let told = printed(&ledger.with(&asked));
    assert!(told.contains("wait_agent at position 2"), "{told}");
}
