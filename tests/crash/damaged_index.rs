//! The index is derived: damage to it costs time, and never a hook.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::acks::AckLog;
use super::client::post;
use super::hooks::{Hook, hooks};
use super::script::wait_for_the_packer;
use super::tools::fast_directory;
use crate::support::http::{Connection, get};
use crate::support::patience::until;
use crate::support::program::{Program, Serve, run};

/// A segment's keys fill several blocks of the index.
const SEGMENT_BYTES_MAX: &str = "1200000";

fn start(data: &Path) -> Program {
    Serve::over(data).with(&["--log-filter", "warn", "--segment-bytes-max", SEGMENT_BYTES_MAX]).start()
}

fn send(server: &Program, hooks: &[Hook], acks: &mut AckLog) {
    let mut client = Connection::open(server.address);
    for hook in hooks {
        acks.will_send(hook);
        let answer = post(&mut client, hook).unwrap();
        assert!(acks.note(hook, &answer), "{}: {}", answer.status, answer.text());
    }
}

/// The tables of the index: where its values are.
fn tables(data: &Path) -> Vec<PathBuf> {
    let keyspaces = fs::read_dir(data.join("index/keyspaces")).unwrap();
    let tables = keyspaces.map(|keyspace| keyspace.unwrap().path().join("tables"));
    let files = tables.flat_map(|tables| fs::read_dir(tables).into_iter().flatten());
    files.map(|file| file.unwrap().path()).collect()
}

/// Flips bits in each block of values, but for the first block and the last ones, which opening reads.
fn damage(data: &Path) {
    let mut flips = 0;
    for table in tables(data) {
        let mut bytes = fs::read(&table).unwrap();
        println!("{}: {} bytes", table.display(), bytes.len());
        let end = bytes.len() * 2 / 3;
        for at in (4_300..end).step_by(200) {
            bytes[at] ^= 1;
            flips += 1;
        }
        fs::write(&table, bytes).unwrap();
    }
    assert!(flips > 10, "the tables have several blocks: {:?}", tables(data));
}

/// The first hook of each of so many attempts, and the second of every third one.
fn first_and_second_hooks(attempts: u64) -> (Vec<Hook>, Vec<Hook>) {
    let mut counts = HashMap::<String, usize>::new();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for hook in hooks(11, attempts) {
        let body: serde_json::Value = serde_json::from_str(&hook.body).unwrap();
        let count = counts.entry(body["attempt_id"].to_string()).or_default();
        *count += 1;
        match *count {
            1 => first.push(hook),
            2 if first.len() % 3 == 0 => second.push(hook),
            _ => {}
        }
    }
    assert!(second.len() > 100, "{} follow", second.len());
    (first, second)
}

fn figure(server: &Program, name: &str) -> String {
    let text = get(server.address, "/metrics").text();
    let line = text.lines().find(|line| line.starts_with(name)).expect(name).to_owned();
    line.rsplit(' ').next().expect("a value").to_owned()
}

fn readiness(server: &Program) -> String {
    let answer = get(server.address, "/readyz?verbose");
    assert_eq!(answer.status, 200);
    answer.text()
}

#[test]
fn a_damaged_index_refuses_no_hook_and_is_rebuilt_while_serving() {
    let folder = fast_directory();
    let data = folder.path().join("data");
    let mut acks = AckLog::default();
    let (before, after) = first_and_second_hooks(1_500);
    let mut server = start(&data);
    send(&server, &before, &mut acks);
    wait_for_the_packer(&mut server, &data);
    assert!(readiness(&server).contains("index: whole\n"));
    assert!(server.stop().status.success());

    let path = data.to_str().unwrap();
    assert!(run(&["verify", "--data", path]).status.success());
    damage(&data);
    let verdict = run(&["verify", "--data", path]);
    assert_eq!(verdict.status.code(), Some(3), "verify notices the damage");
    assert!(String::from_utf8_lossy(&verdict.stderr).contains("what is derived from it is not"));

    // The start rebuilds it; the next damage comes while the service runs.
    let mut server = start(&data);
    damage(&data);
    // Deliveries of attempts that the index cannot find are duplicates all the same, and what is new follows.
    let mut client = Connection::open(server.address);
    for hook in before.iter().step_by(7) {
        let answer = post(&mut client, hook).unwrap();
        assert_eq!(answer.json()["outcome"], "duplicate", "{}", answer.text());
    }
    drop(client);
    send(&server, &after, &mut acks);
    until(
        || format!("the index is still being rebuilt: {}", readiness(&server)),
        || (figure(&server, "ledger_log_index_damaged") == "0").then_some(()),
    );
    assert!(server.stderr().contains("the index is damaged"), "it is said: {}", server.stderr());
    assert_eq!(server.stderr().matches("the index is damaged").count(), 1, "and said once");
    assert!(readiness(&server).contains("index: whole\n"));
    wait_for_the_packer(&mut server, &data);
    assert!(server.stop().status.success());
    let verdict = run(&["verify", "--data", path]);
    assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
    // The next start gives the new one its usual name.
    assert!(start(&data).stop().status.success());
    let left: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("index"))
        .collect();
    assert_eq!(left, ["index"]);
    super::oracle::check(&data, &acks);
}
