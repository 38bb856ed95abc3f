//! Documented fields and variables as flags, for lists and files, from a server and from its directory.

use crate::cli::harness::{Ledger, json, printed, refused, text};
use crate::support::http::request;

#[test]
fn flags_ask_for_documented_fields_and_declared_variables() {
    let ledger = Ledger::empty();
    let server = ledger.serve();
    let send = |line: &str, body: &str| request(server.address, line, &[], body.as_bytes()).expect(201);
    send("PUT /v1/queues/17", r#"{"type":"inbound_queue","variables":["region"]}"#);
    let of = |attempt_id: i64, leg: &str, region: &str| {
        let members = format!(r#""agent_id":3,"agent_channel_id":"{leg}","region":"{region}""#);
        let body = format!(r#"{{"attempt_id":{attempt_id},"queue_id":17,{members}}}"#);
        send("POST /v1/hooks/inbound_queue/offering", &body);
    };
    of(7, "-one", "a=b");
    of(8, "two", "south");
    server.catch_up();
    let url = server.url.clone();
    check(&ledger, &["--url", &url]);
    drop(server);
    check(&ledger, &ledger.with(&[]));
}

fn check(ledger: &Ledger, place: &[&str]) {
    let asked: [&[&str]; 3] =
        [&["--agent-channel-id", "-one"], &["--variable", "region=a=b"], &["--attempt-id", "7"]];
    for flags in asked {
        let found = json(&[&["attempts", "--format", "json"], flags, place].concat());
        assert_eq!(found["attempts"].as_array().unwrap().len(), 1, "{flags:?}");
        assert_eq!(found["attempts"][0]["attempt_id"], 7, "{flags:?}");
        let out = ledger.room("rows.csv");
        let export = ["export", "--what", "attempts", "--format", "csv", "--out", text(&out)];
        printed(&[&export, flags, place].concat());
        let csv = std::fs::read_to_string(&out).unwrap();
        assert!(csv.lines().count() == 2 && csv.contains("variable.region") && csv.contains("a=b"), "{csv}");
    }
    let none = json(&[&["attempts", "--user-id", "4", "--format", "json"], place].concat());
    assert_eq!(none["attempts"].as_array().unwrap().len(), 0);
    refused(&[&["attempts", "--variable", "secret=x"], place].concat(), 2, &["`variable.secret`"]);
    for pair in ["region", "", "=a"] {
        refused(&[&["attempts", "--variable", pair], place].concat(), 2, &["NAME=TEXT"]);
    }
    refused(
        &[&["attempts", "--variable", "agent_id=3"], place].concat(),
        2,
        &["a field that the ledger knows"],
    );
    refused(&[&["attempts", "--user-id", "x"], place].concat(), 2, &["`user_id`"]);
}
