//! A backup of a ledger that goes on, and the ledger that is made of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::cli::harness::{Ledger, json, printed, refused, stderr, text};
use crate::support::http;
use crate::support::patience::until;
use crate::support::program::{Program, run};

/// Every record, as a server shows it.
fn records(server: &Program, up_to: u64) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    while (all.len() as u64) < up_to {
        let limit = (up_to - all.len() as u64).min(500);
        let page = server.get(&format!("/v1/events?after={}&limit={limit}", all.len())).expect(200);
        all.extend(page["events"].as_array().unwrap().iter().cloned());
    }
    all
}

fn backup(place: &[&str], file: &Path) -> Value {
    json(&[&["backup", text(file), "--json"], place].concat())
}

fn restore(file: &Path) -> (Ledger, Value) {
    let ledger = Ledger::empty();
    let restored = json(&["restore", text(file), "--data", ledger.data(), "--json"]);
    (ledger, restored)
}

/// The digest of each read model, rebuilt.
fn digests(ledger: &Ledger) -> Vec<(Value, Value)> {
    printed(&ledger.with(&["rebuild"]));
    let verified = json(&ledger.with(&["verify", "--json"]));
    let models = verified["read_models"].as_array().expect("read models").iter();
    models.map(|model| (model["projection"].clone(), model["digest"].clone())).collect()
}

#[test]
fn a_backup_of_a_server_under_load_restores_the_ledger_as_it_was() {
    let ledger = Ledger::of("80");
    let server = ledger.serve();
    let (first, second) = (ledger.room("first"), ledger.room("second"));
    let is_over = AtomicBool::new(false);
    let held = thread::scope(|scope| {
        scope.spawn(|| {
            for attempt_id in 1_000_000.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let body = format!(r#"{{"attempt_id":"{attempt_id}","queue_id":"17"}}"#);
                assert_eq!(http::post(server.address, "/v1/hooks/1/joined", body).status, 201);
            }
        });
        let before = server.head();
        until(|| "no hook is recorded".to_owned(), || (server.head() > before + 20).then_some(()));
        let held = backup(&["--url", &server.url], &first);
        let after = server.head();
        until(|| "hooks are recorded no more".to_owned(), || (server.head() > after).then_some(()));
        is_over.store(true, Ordering::Relaxed);
        assert!((before..=after).contains(&held["records"].as_u64().unwrap()), "{held}");
        held
    });
    let (part, restored) = restore(&first);
    assert_eq!((&restored["records"], &restored["digest"]), (&held["records"], &held["digest"]));
    let up_to = held["records"].as_u64().unwrap();
    let other = part.serve();
    assert_eq!((other.head(), records(&other, up_to)), (up_to, records(&server, up_to)), "the same history");
    http::post(other.address, "/v1/hooks/1/joined", r#"{"attempt_id":"5"}"#).expect(201);
    drop(other);
    assert_eq!(json(&part.with(&["verify", "--json"]))["records"], up_to + 1);

    backup(&["--url", &server.url], &second);
    let head = server.head();
    drop(server);
    let (whole, restored) = restore(&second);
    assert_eq!(restored["records"], head);
    assert_eq!(json(&whole.with(&["status", "--json"]))["head"], head);
    assert_eq!(digests(&whole), digests(&ledger));
    let id = |ledger: &Ledger| fs::read_to_string(ledger.path().join("FORMAT")).unwrap();
    assert_eq!(id(&whole), id(&ledger), "the same ledger");
    // A directory that nobody serves is backed up in the same way.
    let third = ledger.room("third");
    assert_eq!(backup(&["--data", ledger.data()], &third)["records"], head);
    assert_eq!(fs::read(&third).unwrap(), fs::read(&second).unwrap());
}

/// A server that gives an answer once, and hangs up.
fn answering(answer: Vec<u8>) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        connection.write_all(&answer).unwrap();
    });
    (url, server)
}

#[test]
fn a_stream_that_is_cut_leaves_no_file() {
    let ledger = Ledger::of("40");
    let (good, file) = (ledger.room("good"), ledger.room("cut"));
    backup(&["--data", ledger.data()], &good);
    let whole = fs::read(&good).unwrap();
    let half = &whole[..whole.len() / 2];
    let names = || fs::read_dir(ledger.room("")).unwrap().count();
    let before = names();
    let ok = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    let broken = [ok(&format!("content-length: {}\r\n", whole.len())), half.to_vec()].concat();
    // Something between them may end an answer as if it were whole.
    let ended = [ok(&format!("content-length: {}\r\n", half.len())), half.to_vec()].concat();
    for (answer, code, words) in [(broken, 1, "nothing was written"), (ended, 3, "the backup is damaged")] {
        let (url, server) = answering(answer);
        refused(&["backup", text(&file), "--url", &url], code, &[words]);
        server.join().unwrap();
        assert_eq!(names(), before, "no file is left");
    }
}

fn damaged(good: &[u8], at: usize, file: &Path) {
    let mut bytes = good.to_vec();
    bytes[at] ^= 0xff;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_backup_makes_no_ledger() {
    let ledger = Ledger::of("40");
    let (good, bad) = (ledger.room("good"), ledger.room("bad"));
    backup(&["--data", ledger.data()], &good);
    let bytes = fs::read(&good).unwrap();
    let target: PathBuf = ledger.room("restored");
    let restore = ["restore", text(&bad), "--data", text(&target)];
    for at in (0..bytes.len()).step_by(bytes.len() / 12).chain([bytes.len() - 1]) {
        damaged(&bytes, at, &bad);
        refused(&restore, 3, &[text(&bad), "the backup is damaged", "hint: copy it again"]);
        assert!(!target.exists(), "byte {at}");
    }
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&bad, &bytes[..cut]).unwrap();
        refused(&restore, 3, &[text(&bad), "the backup is damaged", "hint: copy it again"]);
    }
    fs::write(&bad, [&bytes[..], b"more"].concat()).unwrap();
    refused(&restore, 3, &[text(&bad), "the backup is damaged", "hint: copy it again"]);
    assert!(!target.exists());
}

#[test]
fn a_ledger_is_restored_into_an_empty_directory_only() {
    let ledger = Ledger::of("20");
    let file = ledger.room("backup");
    backup(&["--data", ledger.data()], &file);
    let head = json(&ledger.with(&["status", "--json"]))["head"].clone();
    refused(&ledger.with(&["restore", text(&file)]), 2, &["is not empty", "hint: "]);
    assert_eq!(json(&ledger.with(&["status", "--json"]))["head"], head, "what is there stays");
    let empty = ledger.room("empty");
    fs::create_dir(&empty).unwrap();
    printed(&["restore", text(&file), "--data", text(&empty)]);
    assert_eq!(json(&["verify", "--data", text(&empty), "--json"])["head"], head);
    assert!(!empty.join("restoring").exists());
    // What a kill leaves is no ledger, and says so.
    let cut = ledger.room("cut");
    fs::create_dir_all(cut.join("restoring")).unwrap();
    refused(&["restore", text(&file), "--data", text(&cut)], 2, &["an earlier restore was cut off"]);
    let missing = run(&["restore", text(&ledger.room("nothing")), "--data", text(&ledger.room("new"))]);
    assert_eq!(missing.status.code(), Some(1), "{}", stderr(&missing));
}

#[test]
fn a_ledger_without_records_is_backed_up_and_restored() {
    let ledger = Ledger::empty();
    let server = ledger.serve();
    let file = ledger.room("backup");
    let held = backup(&["--url", &server.url], &file);
    assert_eq!(held["records"], json!(0));
    let (restored, said) = restore(&file);
    assert_eq!(said["records"], json!(0));
    assert_eq!(restored.serve().head(), 0);
}

/// What a directory holds, itself included.
fn everything(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        found.extend(fs::read_dir(path).unwrap().flat_map(|entry| everything(&entry.unwrap().path())));
    }
    found
}

#[test]
fn what_root_restores_belongs_to_whom_the_directory_belongs() {
    let ledger = Ledger::of("20");
    let file = ledger.room("backup");
    backup(&["--data", ledger.data()], &file);
    let directory = ledger.room("of-a-service");
    fs::create_dir(&directory).unwrap();
    chown(&directory, Some(61_184), Some(61_185)).expect("this test needs root; hint: run it as root");
    printed(&["restore", text(&file), "--data", text(&directory)]);
    let all = everything(&directory);
    assert!(all.len() > 3, "{all:?}");
    for path in all {
        let owner = fs::symlink_metadata(&path).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (61_184, 61_185), "{}", path.display());
    }
}
