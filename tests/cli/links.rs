//! The timeline shows which other attempts name the same ids, from a server and from its directory.

use crate::cli::harness::{Ledger, ingest, json, printed};

/// Joined, with these members.
fn joined(attempt_id: i64, members: &str) -> String {
    format!(r#"{{"event":"joined","queue_type":"inbound_queue","attempt_id":{attempt_id},{members}}}"#) + "\n"
}

#[test]
fn a_timeline_says_which_other_attempts_name_its_ids() {
    let ledger = Ledger::empty();
    let (plain, coloured) =
        (r#""event_id":"e","member_channel_id":"leg""#, r#""member_channel_id":"leg\u001b[31m""#);
    let lines = [(7, plain), (8, plain), (9, coloured), (10, coloured)];
    let lines: String = lines.iter().map(|(attempt_id, members)| joined(*attempt_id, members)).collect();
    ingest(&ledger.path(), &lines);
    let told = printed(&ledger.with(&["timeline", "7"]));
    assert!(told.contains("\nmember leg leg is also of attempt 8\n"), "{told}");
    assert!(told.contains(" is also of attempt 8\n\n") && told.contains("\nsender id "), "{told}");
    assert!(told.contains("sender_id_elsewhere"), "{told}");
    let told = printed(&ledger.with(&["timeline", "9"]));
    assert!(told.contains("\nmember leg leg?[31m is also of attempt 10\n"), "{told}");
    let read = json(&ledger.with(&["timeline", "7", "--json"]));
    let server = ledger.serve();
    server.catch_up();
    let served = json(&["timeline", "7", "--url", &server.url, "--json"]);
    assert_eq!(read["links"].as_array().unwrap().len(), 2);
    assert_eq!((&read["links"], &read["flags"]), (&served["links"], &served["flags"]));
}
