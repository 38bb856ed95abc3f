//! `status` shows where the log and every read model stand, and moves none of them.

use std::fs;

use attempt_ledger::read_store::Projection;
use serde_json::{Value, json};

use crate::cli::harness::{Ledger, ingest, json, lines_of, printed, refused, stderr, stdout};
use crate::support::http::request;
use crate::support::program::run;
use crate::support::read_models::NAMES;

const JOINED: &str = r#"{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":7}"#;

/// The read models that it shows, by name and in order.
fn projections(status: &Value) -> Vec<Value> {
    let projections = status["projections"].as_array().unwrap_or_else(|| panic!("none in {status}"));
    let names: Vec<&Value> = projections.iter().map(|one| &one["name"]).collect();
    assert_eq!(json!(names), json!(NAMES));
    projections.clone()
}

fn row<'a>(told: &'a str, name: &str) -> Vec<&'a str> {
    let mut table = told.lines().skip_while(|line| !line.starts_with("read model  ")).skip(1);
    let line = table.find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{name} is not in\n{told}")).split_whitespace().collect()
}

#[test]
fn read_models_are_shown_as_they_lie_and_stay_there() {
    let ledger = Ledger::of("5");
    assert_eq!(json(&ledger.with(&["status", "--json"]))["projections"], json!([]));
    assert!(printed(&ledger.with(&["status"])).contains("read models  none yet"));
    assert!(!ledger.path().join("read-models").exists(), "a look makes nothing");

    printed(&ledger.with(&["attempts"]));
    let status = json(&ledger.with(&["status", "--json"]));
    let head = status["head"].as_u64().unwrap();
    for one in projections(&status) {
        assert_eq!(
            (&one["position"], &one["lag_records"], &one["lag_ms"]),
            (&head.into(), &0.into(), &0.into())
        );
        let version = Projection::parse(one["name"].as_str().unwrap()).unwrap().version();
        assert_eq!((&one["state"], &one["version"]), (&"moving".into(), &version.into()));
    }
    ingest(&ledger.path(), JOINED);
    for _ in 0..2 {
        let status = json(&ledger.with(&["status", "--json"]));
        assert_eq!(status["head"].as_u64(), Some(head + 1));
        for one in projections(&status) {
            assert_eq!((&one["position"], &one["lag_records"]), (&head.into(), &1.into()), "{one}");
            assert!(one["lag_ms"].as_u64().is_some_and(|lag_ms| lag_ms > 0), "{one}");
        }
    }
    let told = printed(&ledger.with(&["status"]));
    let cells = row(&told, "offers");
    assert_eq!((cells[1], cells[2], cells.last()), (&*head.to_string(), "1", Some(&"moving")), "{told}");
}

#[test]
fn a_server_and_its_directory_show_the_same_read_models() {
    let ledger = Ledger::of("20");
    let server = ledger.serve();
    server.catch_up();
    let served = json(&["status", "--url", &server.url, "--json"]);
    let told = printed(&["status", "--url", &server.url]);
    drop(server);
    let read = json(&ledger.with(&["status", "--json"]));
    assert_eq!((&served["head"], projections(&served)), (&read["head"], projections(&read)));
    let tables = |text: &str| text[text.find("read model").unwrap()..].to_owned();
    assert_eq!(tables(&told), tables(&printed(&ledger.with(&["status"]))));
}

/// Stops a read model at the record that it contains.
fn stop(ledger: &Ledger, name: &str) {
    let id = "01a207b7-2df6-7584-ba91-79b8b269cca9";
    let failure = format!("failed_position = position, failed_record_id = '{id}', failure = 'planted'");
    let changed = ledger.tamper(&format!("UPDATE projections SET {failure} WHERE name = '{name}'"));
    assert_eq!(changed, 1);
}

#[test]
fn a_read_model_that_stopped_is_shown_with_the_reason() {
    let ledger = Ledger::of("5");
    printed(&ledger.with(&["attempts"]));
    stop(&ledger, "offers");
    let told = printed(&ledger.with(&["status"]));
    assert_eq!(row(&told, "offers").last(), Some(&"stopped"), "{told}");
    assert_eq!(row(&told, "attempts").last(), Some(&"moving"), "{told}");
    assert!(told.contains("offers stopped at position ") && told.contains(": planted"), "{told}");
    let read = json(&ledger.with(&["status", "--json"]));
    assert_eq!(read["projections"][1]["failure"]["reason"], "planted");
    let server = ledger.serve();
    let served = json(&["status", "--url", &server.url, "--json"]);
    assert_eq!(served["projections"][1]["failure"], read["projections"][1]["failure"]);
    assert!(printed(&["status", "--url", &server.url]).contains(": planted"));
}

#[test]
fn read_models_of_another_version_are_shown_as_such() {
    let ledger = Ledger::of("5");
    printed(&ledger.with(&["attempts"]));
    ledger.tamper("UPDATE projections SET version = 0 WHERE name = 'agents'");
    let told = printed(&ledger.with(&["status"]));
    assert_eq!(row(&told, "agents").last(), Some(&"outdated"), "{told}");
    assert!(told.contains("rebuild"), "what to do is told: {told}");
    let status = json(&ledger.with(&["status", "--json"]));
    assert_eq!(
        (&status["projections"][4]["state"], &status["projections"][4]["version"]),
        (&json!("outdated"), &json!(0))
    );
}

#[test]
fn a_log_that_the_read_models_contradict_is_damage() {
    let ledger = Ledger::of("5");
    printed(&ledger.with(&["attempts"]));
    for (change, words) in [
        ("recorded_at = recorded_at + 9", "have seen another record at position "),
        ("position = position + 9", " contain position "),
    ] {
        ledger.tamper(&format!("UPDATE projections SET {change} WHERE name = 'queues'"));
        let ended = run(&ledger.with(&["status"]));
        let (told, said) = (stdout(&ended), stderr(&ended));
        assert_eq!(ended.status.code(), Some(3), "{said}");
        assert_eq!(row(&told, "queues").last(), Some(&"foreign"), "{told}");
        assert!(told.contains("not the one that the read models have seen"), "{told}");
        for word in [words, "hint: restore", "--keep-old-models-aside"] {
            assert!(said.contains(word), "{word} is missing in {said}");
        }
        let ended = run(&ledger.with(&["status", "--json"]));
        assert_eq!(ended.status.code(), Some(3));
        let status = &lines_of(&stdout(&ended))[0];
        assert_eq!(status["projections"][5]["state"], "foreign");
        assert!(status["evidence"].as_str().unwrap().contains(words), "{status}");
    }
}

#[test]
fn read_models_that_cannot_be_read_do_not_hide_where_the_log_stands() {
    let ledger = Ledger::of("5");
    printed(&ledger.with(&["attempts"]));
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", ledger.models().display()));
    }
    fs::write(ledger.models(), "not a database, and longer than its header is".repeat(100)).unwrap();
    let told = printed(&ledger.with(&["status"]));
    assert!(told.starts_with("head ") && told.contains("read models  cannot be read: "), "{told}");
    let status = json(&ledger.with(&["status", "--json"]));
    assert!(status["head"].as_u64().is_some() && status["projections"].is_null(), "{status}");
    assert!(status["read_models_fault"].as_str().is_some_and(|fault| !fault.is_empty()), "{status}");
}

#[test]
fn what_does_not_answer_as_a_ledger_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut client, _) = listener.accept().unwrap();
        let _ = client.read(&mut [0; 1_024]).unwrap();
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
        client.write_all(answer.as_bytes()).unwrap();
    });
    refused(&["status", "--url", &url], 1, &["attempt-ledger"]);
}

#[test]
fn a_queue_whose_hooks_are_not_those_of_its_definition_is_shown() {
    let ledger = Ledger::empty();
    let server = ledger.serve();
    let send = |line: &str, body: &str| request(server.address, line, &[], body.as_bytes()).expect(201);
    send("PUT /v1/queues/17", r#"{"type":"inbound_queue","hooks":["joined","leaving"]}"#);
    send("PUT /v1/queues/18", r#"{"type":"inbound_queue"}"#);
    send("POST /v1/hooks/preview_dialer/joined", r#"{"attempt_id":7,"queue_id":17}"#);
    send("POST /v1/hooks/inbound_queue/missed", r#"{"attempt_id":8,"queue_id":17}"#);
    send("POST /v1/hooks/inbound_queue/missed", r#"{"attempt_id":9,"queue_id":18}"#);
    server.catch_up();
    let told = printed(&["status", "--url", &server.url]);
    let line =
        "hooks        queue 17: never came: leaving; not declared: missed; not of its type: preview_dialer\n";
    assert!(told.contains(line), "{told}");
    assert!(!told.contains("queue 18"), "{told}");
    let served = json(&["status", "--url", &server.url, "--json"])["hooks"].clone();
    assert_eq!(served.as_array().unwrap().len(), 1);
    assert_eq!((&served[0]["queue_id"], &served[0]["hooks_silent"]), (&json!(17), &json!(["leaving"])));
    drop(server);
    assert_eq!(json(&ledger.with(&["status", "--json"]))["hooks"], served);
    assert!(printed(&ledger.with(&["status"])).contains(line));
}
