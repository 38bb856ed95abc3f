//! What an export of a ledger gives back.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::harness::{Ledger, json, json_lines, lines_of, printed, text};
use crate::support::http::request;

/// Everything that a restored ledger has to give back: queues, times of every spelling, times of receipt, an
/// envelope, a form, half a character, observations, and what was refused.
fn with_every_kind_of_delivery() -> Ledger {
    let ledger = Ledger::of("60");
    let server = ledger.serve();
    server.define(17, &json!({ "type": "inbound_queue", "name": "Sales" }));
    server.define(17, &json!({ "type": "inbound_queue", "name": "Продажі" }));
    let post = |path: &str, media_type: &str, body: &str| {
        request(server.address, &format!("POST {path}"), &[("content-type", media_type)], body.as_bytes())
    };
    let json = "application/json";
    for (path, media_type, body) in [
        ("/v1/hooks/inbound_queue/joined", json, r#"{"attempt_id":"901"}"#),
        ("/v1/events?event=offering", json, r#"{"attempt_id":"901","agent_id":"301","queue_id":"17"}"#),
        (
            "/v1/events?event=missed",
            json,
            r#"{"attempt_id":"901","agent_id":"301","result":"agent_timeout"}"#,
        ),
        ("/v1/events?event=joined", json, r#"{"attempt_id":"902","queue_id":"17","timestamp":"1784700000"}"#),
        ("/v1/events?event=leaving", json, "{\"attempt_id\":\"902\",\n\"timestamp\":\"1784700060\"}"),
        ("/v1/events?event=joined", json, r#"{"attempt_id":"903","queue_id":"17","timestamp":"1"}"#),
        ("/v1/hooks/2/joined", json, r#"{"attempt_id":"904","member_name":"cut off \ud83d"}"#),
        ("/v1/hooks/2/joined", "application/x-www-form-urlencoded", "attempt_id=905&member_name=%D0%9E"),
        (
            "/v1/events",
            "application/cloudevents+json",
            r#"{"specversion":"1.0","id":"1","source":"/d","type":"joined","queuetype":"2",
                "time":"2026-07-22T10:00:00.250Z","data":{"attempt_id":"906"}}"#,
        ),
        ("/v1/hooks/5/wait_agent", json, r#"{"attempt_id":"906","member_name":"Олена"}"#),
        ("/v1/events?event=agent_status", json, r#"{"agent_id":"301","status":"pause"}"#),
    ] {
        let answer = post(path, media_type, body);
        assert_eq!(answer.status, 201, "{path} {body}: {answer:?}");
    }
    let [pause, online] =
        ["pause", "online"].map(|status| json!({ "event": "agent_status", "status": status }));
    // They are received within one millisecond.
    post("/v1/events", json, &json!([pause, online, pause]).to_string()).expect(200);
    post("/v1/hooks/2/missed", json, r#"{"attempt_id":"907"}"#)
        .problem(422, "missed_needs_agent_participation");
    ledger
}

fn exported(ledger: &Ledger, what: &str) -> PathBuf {
    let file = ledger.room(&format!("{what}.ndjson"));
    printed(&ledger.with(&["export", "--what", what, "--format", "ndjson", "--out", text(&file)]));
    file
}

/// The records, without what another ledger gives them.
fn records(ledger: &Ledger) -> Vec<Value> {
    let file = exported(ledger, "events");
    let mut records = lines_of(&std::fs::read_to_string(file).unwrap());
    for record in &mut records {
        let members = record.as_object_mut().unwrap();
        for name in ["id", "leaf_hash", "recorded_at", "source"] {
            members.remove(name).expect(name);
        }
    }
    records
}

/// The digest of each read model, those of attempts, refusals and hooks apart: they hold when each was
/// recorded.
fn digests(ledger: &Ledger) -> Vec<(String, String)> {
    printed(&ledger.with(&["rebuild"]));
    let verified = json(&ledger.with(&["verify", "--json"]));
    let models = verified["read_models"].as_array().expect("read models").iter();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{verified}")).to_owned();
    let all = models.map(|model| (text(&model["projection"]), text(&model["digest"])));
    all.filter(|(name, _)| !["attempts", "refusals", "hooks"].contains(&name.as_str())).collect()
}

/// Lists and timelines, without what another ledger gives its records.
fn restored_answers(ledger: &Ledger) -> Vec<Value> {
    let mut answers = json_lines(&ledger.with(&["attempts", "--format", "ndjson"]));
    for attempt in &mut answers {
        let members = attempt.as_object_mut().unwrap();
        for name in ["last_recorded_at", "last_event_id"] {
            members.remove(name);
        }
    }
    answers.extend(json_lines(&ledger.with(&["queues", "--format", "ndjson"])));
    for attempt_id in ["901", "902", "903", "904", "905", "906", "907"] {
        let mut timeline = json(&ledger.with(&["timeline", attempt_id, "--json"]));
        let lists = timeline.as_object_mut().unwrap().iter_mut();
        let lists = lists.filter(|(name, _)| ["entries", "observations"].contains(&name.as_str()));
        for event in lists.flat_map(|(_, list)| list.as_array_mut().unwrap()) {
            let members = event.as_object_mut().unwrap();
            for name in ["id", "event_id", "refusal_id", "recorded_at", "source"] {
                members.remove(name);
            }
        }
        answers.push(timeline);
    }
    answers
}

#[test]
fn an_export_restores_every_time_agent_and_result() {
    let ledger = with_every_kind_of_delivery();
    let export = exported(&ledger, "events");
    let lines = std::fs::read_to_string(&export).unwrap().lines().count() as u64;
    let restored = Ledger::empty();
    let ingest = restored.with(&["ingest", text(&export), "--json"]);
    let counts = json(&ingest);
    assert_eq!((&counts["recorded"], &counts["refused"]), (&json!(lines - 2), &json!(2)), "{counts}");
    let served = Ledger::empty();
    let server = served.serve();
    let counts = json(&["ingest", text(&export), "--url", &server.url, "--json", "--batch", "50"]);
    assert_eq!((&counts["recorded"], &counts["refused"]), (&json!(lines - 2), &json!(2)), "{counts}");
    // A page of the log as it is answered is a batch, too.
    let page = server.get("/v1/events?limit=1000").expect(200)["events"].to_string();
    let answer = server.post("/v1/events", page).expect(200);
    assert_eq!((&answer["duplicates"], &answer["refused"]), (&json!(lines - 2), &json!(2)), "{answer}");
    drop(server);
    for other in [&restored, &served] {
        for (ours, theirs) in records(&ledger).iter().zip(&records(other)) {
            assert_eq!(ours, theirs);
        }
        for (ours, theirs) in restored_answers(&ledger).iter().zip(&restored_answers(other)) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(digests(&ledger), digests(other));
    }
    let counts = json(&ingest);
    assert_eq!((&counts["recorded"], &counts["duplicates"]), (&json!(0), &json!(lines - 2)), "{counts}");
    assert_eq!(json(&restored.with(&["status", "--json"]))["head"], lines, "nothing was added");
}

#[test]
fn exported_refusals_are_judged_again_and_decisions_about_them_are_not_taken() {
    let ledger = Ledger::empty();
    let place = ledger.data();
    for line in ["this is no JSON", r#"{"attempt_id":7,"queue_id":17,"event":"joined"}"#] {
        crate::cli::harness::ingest(&ledger.path(), line);
    }
    let server = ledger.serve();
    server.define(17, &json!({ "type": "inbound_queue" }));
    drop(server);
    let (events, refusals) = (exported(&ledger, "events"), exported(&ledger, "refusals"));
    let restored = Ledger::empty();
    let counts = json(&restored.with(&["ingest", text(&events), "--json"]));
    let rules = json!({ "malformed_json": 1, "unknown_queue_type": 1 });
    let expected =
        json!({ "lines": 5, "recorded": 1, "duplicates": 1, "refused": 2, "rules": rules, "skipped": 1 });
    assert_eq!(counts, expected, "{place}");
    let occurred = |ledger: &Ledger| {
        json(&ledger.with(&["timeline", "7", "--json"]))["entries"][0]["occurred_at"].clone()
    };
    assert_eq!(occurred(&ledger), occurred(&restored));
    let other = Ledger::empty();
    let counts = json(&other.with(&["ingest", text(&refusals), "--json"]));
    let rules = json!({ "malformed_json": 1 });
    let expected =
        json!({ "lines": 2, "recorded": 0, "duplicates": 0, "refused": 1, "rules": rules, "skipped": 1 });
    assert_eq!(counts, expected, "what was let in is no refusal any more");
}
