//! Damage to the log shows where people look, and all of it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::harness::{Ledger, ingest, printed, refused, stderr, stdout, text};
use crate::cli::small_segments::{ingest_small, pack};
use crate::support::http::request;
use crate::support::program::run;

/// A ledger of a hundred attempts in packed segments of twenty.
fn ledger() -> Ledger {
    ledger_of(20)
}

/// A ledger of attempts in five packed segments of so many.
fn ledger_of(attempts: u64) -> Ledger {
    let ledger = Ledger::empty();
    for first in (0..5).map(|segment| segment * attempts + 1) {
        let line = |id: u64| {
            format!(r#"{{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":{id}}}"#)
        };
        let lines: Vec<String> = (first..first + attempts).map(line).collect();
        ingest_small(&ledger.path(), &lines.join("\n"));
    }
    pack(&ledger.path());
    ledger
}

fn packed(ledger: &Ledger) -> Vec<PathBuf> {
    let log = fs::read_dir(ledger.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    let mut packed: Vec<PathBuf> =
        log.filter(|path| path.extension().is_some_and(|extension| extension == "zst")).collect();
    packed.sort();
    assert!(packed.len() >= 3, "{packed:?}");
    packed
}

/// Flips a bit within the first frame of a sealed segment, in place, as a disk does.
fn rot(path: &Path) {
    rot_at(path, 100);
}

fn rot_at(path: &Path, offset: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1], offset).unwrap();
}

/// Where the frames of a packed segment begin, by the first bytes of each.
fn frames(path: &Path) -> Vec<u64> {
    let bytes = fs::read(path).unwrap();
    let magic = [0x28, 0xb5, 0x2f, 0xfd];
    (0..bytes.len() as u64).filter(|at| bytes[*at as usize..].starts_with(&magic)).collect()
}

#[test]
fn a_sealed_segment_that_rots_under_a_running_server_shows_everywhere() {
    let ledger = ledger();
    let server = ledger.serve();
    server.catch_up();
    let status = ["status", "--url", &server.url];
    printed(&status);
    let victim = packed(&ledger).swap_remove(1);
    rot(&victim);
    let first: u64 = victim.file_name().unwrap().to_str().unwrap()[..20].parse().unwrap();
    server.get(&format!("/v1/events?after={}&limit=1", first - 1)).problem(500, "log_damaged");

    let name = text(&victim);
    let ready = server.get("/readyz?verbose");
    assert_eq!(ready.status, 200, "what is whole is served, and recording goes on");
    let line = ready.text().lines().find(|line| line.starts_with("segments: ")).unwrap().to_owned();
    assert!(line.contains("warning") && line.contains(name), "{line}");
    let damage = server.get("/v1/projections").expect(200)["log"]["damage"].clone();
    assert!(damage[0].as_str().is_some_and(|one| one.contains(name)), "{damage}");
    assert!(server.get("/metrics").text().contains("ledger_log_segments_damaged 1\n"));
    let output = run(&status);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(name) && stdout(&output).contains(name), "{}", stderr(&output));
    let output = run(&[&status[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(3));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["log_damage"][0].as_str().unwrap().contains(name), "{told}");
    let head = server.head();
    server.post("/v1/hooks/inbound_queue/joined", r#"{"attempt_id":"900"}"#).expect(201);
    assert_eq!(server.head(), head + 1);
}

#[test]
fn every_command_over_a_damaged_log_ends_with_3_and_names_the_file() {
    let ledger = ledger();
    printed(&ledger.with(&["attempts"]));
    let victim = packed(&ledger).swap_remove(1);
    rot(&victim);
    let (copy, out) = (ledger.room("copy"), ledger.room("events.ndjson"));
    let export = ["export", "--what", "events", "--format", "ndjson", "--out", text(&out)];
    for command in [&["rebuild"][..], &["rebuild", "--compare"], &export] {
        let output = run(&ledger.with(command));
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains(text(&victim)) && !said.contains("service's log"), "{command:?}: {said}");
    }
    refused(&["copy", "--from", text(&ledger.path()), "--to", text(&copy)], 3, &[text(&victim)]);
    assert!(!copy.exists(), "nothing that would open as an empty ledger is left");
}

/// A service that runs, and whose files go away, says so before anybody relies on what it writes.
#[test]
fn a_log_that_is_removed_under_a_running_service_takes_nothing_more_and_the_stop_does_not_deny_it() {
    let remove_log: fn(&Path) = |data| fs::remove_dir_all(data.join("log")).unwrap();
    let remove_active: fn(&Path) = |data| {
        let log = fs::read_dir(data.join("log")).unwrap().map(|entry| entry.unwrap().path());
        let active = log.filter(|path| path.extension().is_some_and(|extension| extension == "ndjson")).max();
        fs::remove_file(active.unwrap()).unwrap();
    };
    for (remove, is_asked_first) in [(remove_log, false), (remove_active, false), (remove_active, true)] {
        let ledger = Ledger::empty();
        let server = ledger.serve();
        server.post("/v1/hooks/inbound_queue/joined", r#"{"attempt_id":"1"}"#).expect(201);
        remove(&ledger.path());
        if is_asked_first {
            server.get("/readyz").problem(503, "log_poisoned");
        }
        let refused = server.post("/v1/hooks/inbound_queue/joined", r#"{"attempt_id":"2"}"#);
        refused.problem(503, "log_poisoned");
        server.get("/readyz").problem(503, "log_poisoned");
        let said = server.stop().stderr;
        assert!(said.contains("was removed while the log was open"), "{said}");
        assert!(!said.contains("everything acknowledged is on disk"), "{said}");
    }
}

/// The lines of a packed segment, as the plain file that it once was.
fn plain(packed: &Path) -> (PathBuf, Vec<u8>) {
    let lines = zstd::stream::decode_all(File::open(packed).unwrap()).unwrap();
    (packed.with_extension(""), lines)
}

#[test]
fn a_packed_segment_that_was_restored_as_plain_serves_and_is_packed_again() {
    let original = ledger();
    let count = packed(&original).len();
    for (victim, is_twin_rotten) in [(0, false), (1, false), (1, true), (count - 1, false)] {
        let ledger = ledger();
        printed(&ledger.with(&["attempts"]));
        let path = packed(&ledger).swap_remove(victim);
        let (restored, lines) = plain(&path);
        fs::write(&restored, lines).unwrap();
        if is_twin_rotten {
            fs::write(&path, "not a segment").unwrap();
        } else {
            fs::remove_file(&path).unwrap();
            printed(&ledger.with(&["verify"]));
        }
        let server = ledger.serve();
        let events = server.get("/v1/events?limit=1000").expect(200);
        assert_eq!(events["events"].as_array().unwrap().len(), 100, "{}", path.display());
        for attempt_id in 1..=100 {
            let attempt = server.get(&format!("/v1/attempts/{attempt_id}")).expect(200);
            assert_eq!(attempt["revision"], 1, "{}: {attempt}", path.display());
        }
        server.post("/v1/hooks/inbound_queue/bridged", r#"{"attempt_id":"1"}"#).expect(201);
        assert!(server.stop().status.success());
        pack(&ledger.path());
        assert_eq!(packed(&ledger).len(), count);
        assert!(path.exists() && !restored.exists());
        printed(&ledger.with(&["verify"]));
    }
}

/// Whether the past of an attempt reads or not, what is delivered of it is kept, and takes nothing along.
#[test]
fn hooks_of_attempts_that_do_not_read_are_kept_until_the_file_is_restored() {
    let ledger = ledger();
    // The read models have seen what will not read.
    printed(&ledger.with(&["attempts"]));
    let victim = packed(&ledger).swap_remove(1);
    rot(&victim);
    let server = ledger.serve();
    let first: u64 = victim.file_name().unwrap().to_str().unwrap()[..20].parse().unwrap();
    let hook = format!(r#"{{"attempt_id":"{first}","queue_id":"17"}}"#);
    let bridged = || server.post("/v1/hooks/inbound_queue/bridged", &hook);
    let refused = bridged().problem(422, "history_unreadable");
    assert!(refused["detail"].as_str().unwrap().contains(text(&victim)), "{refused}");
    let again = bridged().problem(422, "history_unreadable");
    assert_eq!(again["refusal_id"], refused["refusal_id"], "it is kept once");

    let joined = |id: u64| {
        format!(r#"{{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":{id}}}"#)
    };
    let event = |id: u64| format!(r#"{{"event":"bridged","queue_type":"inbound_queue","attempt_id":{id}}}"#);
    let head = server.head();
    let batch = format!("[{},{},{}]", joined(901), event(first + 1), joined(902));
    let answer = server.post("/v1/events", batch).expect(200);
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["recorded", "refused", "recorded"], "{answer}");
    assert_eq!(server.head(), head + 3);
    server.catch_up();

    rot(&victim);
    let replay = format!("/v1/refusals/{}/replay", refused["refusal_id"].as_str().unwrap());
    server.post(&replay, "{}").expect(200);
    let attempt = server.get(&format!("/v1/attempts/{first}")).expect(200);
    assert_eq!(attempt["revision"], 2, "{attempt}");
}

#[test]
fn a_sealed_segment_that_is_deleted_under_a_running_server_shows_until_it_is_back() {
    let ledger = ledger();
    let server = ledger.serve();
    server.catch_up();
    let victim = packed(&ledger).swap_remove(1);
    let away = victim.with_extension("away");
    std::fs::rename(&victim, &away).unwrap();
    let line = |text: &str| text.lines().find(|line| line.starts_with("segments: ")).unwrap().to_owned();
    let said = line(&server.get("/readyz?verbose").text());
    assert!(said.contains("warning") && said.contains(text(&victim)) && said.contains("missing"), "{said}");
    assert!(server.get("/metrics").text().contains("ledger_log_segments_damaged 1\n"));
    let output = run(&["status", "--url", &server.url]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    std::fs::rename(&away, &victim).unwrap();
    let said = line(&server.get("/readyz?verbose").text());
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn two_damaged_segments_are_both_named_and_the_rest_is_checked() {
    let ledger = ledger();
    printed(&ledger.with(&["verify"]));
    let packed = packed(&ledger);
    let (one, other) = (text(&packed[1]), text(&packed[2]));
    rot(&packed[1]);
    rot(&packed[2]);
    refused(&ledger.with(&["verify"]), 3, &[one, other, "in 2 places", "hint: restore"]);
    let output = run(&ledger.with(&["verify", "--json"]));
    assert_eq!(output.status.code(), Some(3));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    let damage = verdict["damage"].as_array().unwrap();
    assert_eq!(damage.len(), 2, "each place once, and nothing that follows from it: {verdict}");
    assert!(verdict["records"].as_u64().unwrap() >= 40, "the records of whole frames are read: {verdict}");
    // Without its first record the log does not open, and its files are judged one by one.
    rot(&packed[0]);
    refused(&ledger.with(&["verify"]), 3, &[text(&packed[0]), one, other, "in 3 places", "does not open"]);
}

#[test]
fn each_damaged_frame_of_one_file_is_listed_whether_the_log_opens_or_not() {
    let ledger = ledger_of(800);
    let packed = packed(&ledger);
    for (victim, opens) in [(&packed[1], true), (&packed[0], false)] {
        let frames = frames(victim);
        assert!(frames.len() >= 5, "{frames:?}");
        let rotten = [frames[0], frames[2], frames[4]];
        rotten.iter().for_each(|start| rot_at(victim, start + 60));
        let places = rotten.map(|start| format!("{} is damaged at byte {start}: ", text(victim)));
        let words: Vec<&str> = places.iter().map(String::as_str).collect();
        refused(&ledger.with(&["verify"]), 3, &words);
        let output = run(&ledger.with(&["verify", "--json"]));
        assert_eq!(output.status.code(), Some(3));
        let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON, though it is damaged");
        let damage = verdict["damage"].as_array().unwrap();
        let listed = |place: &String| damage.iter().any(|one| one.as_str().unwrap().starts_with(place));
        assert!(places.iter().all(listed), "{verdict}");
        assert_eq!(verdict.get("opens").is_none(), opens, "{verdict}");
    }
}

#[test]
fn each_damaged_line_of_a_file_that_is_not_packed_is_listed() {
    let ledger = Ledger::empty();
    let line = |id: u64| format!(r#"{{"event":"joined","queue_type":1,"attempt_id":{id}}}"#);
    ingest(&ledger.path(), &(1..=20).map(line).collect::<Vec<_>>().join("\n"));
    let log = ledger.path().join("log");
    let mut plain: Vec<PathBuf> = fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path()).collect();
    plain.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
    plain.sort();
    let victim = &plain[0];
    let bytes = fs::read(victim).unwrap();
    let lines: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).map(|end| end + 1).collect();
    let rotten = [0, lines[3], lines[7]];
    rotten.iter().for_each(|start| rot_at(victim, *start as u64 + 60));
    let places = rotten.map(|start| format!("{} is damaged at byte {start}: ", text(victim)));
    refused(&ledger.with(&["verify"]), 3, &places.each_ref().map(String::as_str));
}

#[test]
fn what_is_asked_of_a_server_over_damage_ends_as_damage() {
    let ledger = ledger();
    let server = ledger.serve();
    server.catch_up();
    rot(&packed(&ledger)[1]);
    let (events, backup) = (ledger.room("events.ndjson"), ledger.room("ledger.backup"));
    let export =
        ["export", "--what", "events", "--format", "ndjson", "--out", text(&events), "--url", &server.url];
    refused(&export, 3, &["A stored record is damaged", "hint: "]);
    refused(&["backup", text(&backup), "--url", &server.url], 3, &["damaged", "hint: "]);
    assert!(!backup.exists() && !events.exists(), "nothing half lies there");
}

#[test]
fn an_event_stream_over_damage_says_so() {
    let ledger = ledger_of(100);
    let server = ledger.serve();
    server.catch_up();
    let victim = packed(&ledger).swap_remove(1);
    rot(&victim);
    let first: u64 = victim.file_name().unwrap().to_str().unwrap()[..20].parse().unwrap();
    let headers = [("accept", "text/event-stream")];
    let damaged = format!("GET /v1/events?after={}", first - 1);
    request(server.address, &damaged, &headers, b"").problem(500, "log_damaged");
    // The pages before it are sent, and then the problem.
    let text = request(server.address, "GET /v1/events?after=0", &headers, b"").text();
    assert!(text.starts_with("id: 1\n") && text.contains("\nid: 64\n"), "{text}");
    let (_, last) = text.trim_end().rsplit_once("\n\n").unwrap();
    let last = last.strip_prefix("event: error\ndata: ").unwrap_or_else(|| panic!("{last}"));
    let problem: Value = serde_json::from_str(last).unwrap();
    assert_eq!(problem["code"], "log_damaged", "{problem}");
}
