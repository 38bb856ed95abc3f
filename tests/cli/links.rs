//! The timeline shows which other attempts name the same ids, from a server and from its directory.

use crate::cli::harness::{Ledger, ingest, json, printed};

const LINES: &str = concat!(
    r#"{"event":"joined","queue_type":"inbound_queue","attempt_id":7,"event_id":"e","member_channel_id":"leg"}"#,
    "\n",
    r#"{"event":"joined","queue_type":"inbound_queue","attempt_id":8,"event_id":"e","member_channel_id":"leg"}"#,
    "\n",
    r#"{"event":"joined","queue_type":"inbound_queue","attempt_id":9,"member_channel_id":"leg\u001b[31m"}"#,
    "\n",
    r#"{"event":"joined","queue_type":"inbound_queue","attempt_id":10,"member_channel_id":"leg\u001b[31m"}"#,
    "\n",
);

#[test]
fn a_timeline_says_which_other_attempts_name_its_ids() {
    let ledger = Ledger::empty();
    ingest(&ledger.path(), LINES);
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
