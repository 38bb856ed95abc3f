//! What is left of a log that is gone, or was cut back, is evidence: it is said, and none of it is deleted.

mod contradictions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::harness::{Ledger, ingest, json, printed, refused};
use crate::cli::small_segments::{SMALL, ingest_small, pack};
use crate::support::http::get;
use crate::support::patience::until;
use crate::support::program::{Serve, run};

/// A ledger with packed segments, an index and read models.
fn ledger() -> Ledger {
    let ledger = Ledger::empty();
    grow(&ledger, 1);
    ledger
}

/// Records sixty attempts in three calls, packs what is full, and brings the read models to the head.
fn grow(ledger: &Ledger, first_attempt: u64) {
    for first in [first_attempt, first_attempt + 20, first_attempt + 40] {
        let line = |id: u64| {
            format!(r#"{{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":{id}}}"#)
        };
        let lines: Vec<String> = (first..first + 20).map(line).collect();
        ingest_small(&ledger.path(), &lines.join("\n"));
    }
    pack(&ledger.path());
    printed(&ledger.with(&["attempts"]));
}

/// Every file but those that a look at a database touches, with its length.
fn files(directory: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                waiting.push(path);
            } else if !name.ends_with("-wal")
                && !name.ends_with("-shm")
                && !path.starts_with(directory.join("index"))
            {
                found.insert(path.clone(), fs::metadata(&path).unwrap().len());
            }
        }
    }
    found
}

fn empty(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

#[test]
fn a_directory_whose_log_is_gone_is_refused_by_every_command_with_what_is_left_of_it() {
    type Change = fn(&Path);
    let remove: Change = |data| fs::remove_dir_all(data.join("log")).unwrap();
    let emptied: Change = |data| empty(&data.join("log"));
    let only_index: Change = |data| {
        fs::remove_dir_all(data.join("log")).unwrap();
        fs::remove_dir_all(data.join("read-models")).unwrap();
        fs::remove_file(data.join("FORMAT")).unwrap();
    };
    let only_models: Change = |data| {
        fs::remove_dir_all(data.join("log")).unwrap();
        fs::remove_dir_all(data.join("index")).unwrap();
        fs::remove_file(data.join("FORMAT")).unwrap();
    };
    let only_format: Change = |data| {
        fs::remove_dir_all(data.join("log")).unwrap();
        fs::remove_dir_all(data.join("index")).unwrap();
        fs::remove_dir_all(data.join("read-models")).unwrap();
    };
    let (format, index, models) =
        ("FORMAT says", "index contain position", "models-000001.sqlite contain position 60");
    let cases: [(Change, &[&str]); 5] = [
        (remove, &[format, index, models]),
        (emptied, &[index, models]),
        (only_index, &[index]),
        (only_models, &[models]),
        (only_format, &[format]),
    ];
    for (change, words) in cases {
        let ledger = ledger();
        change(&ledger.path());
        let before = files(&ledger.path());
        let told: Vec<&str> = words
            .iter()
            .copied()
            .chain(["the log ends at position 0", "hint: restore", "--keep-old-models-aside"])
            .collect();
        for command in
            [&["verify"][..], &["status"], &["attempts"], &["timeline", "1"], &["rebuild"], &["ingest", "-"]]
        {
            refused(&ledger.with(command), 3, &told);
        }
        let ended = Serve::over(&ledger.path()).try_start(None).err().expect("it does not start");
        assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
        for word in &told {
            assert!(ended.stderr.contains(word), "{word} is missing in {}", ended.stderr);
        }
        let mut after = files(&ledger.path());
        after.retain(|path, _| !path.ends_with("LOCK"));
        let before: BTreeMap<_, _> = before.into_iter().filter(|(path, _)| !path.ends_with("LOCK")).collect();
        assert_eq!(after, before, "nothing is begun, and nothing is deleted");
    }
}

#[test]
fn a_log_that_ends_before_what_was_seen_is_refused_and_goes_on_with_the_old_models_aside() {
    let ledger = ledger();
    let (data, kept) = (ledger.path(), ledger.room("kept"));
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    };
    copy(&data.join("log"), &kept);
    grow(&ledger, 1_000);
    let rows =
        json(&ledger.with(&["attempts", "--limit", "200", "--json"]))["attempts"].as_array().unwrap().len();
    assert_eq!(rows, 120);
    let models = fs::read_to_string(data.join("read-models/CURRENT")).unwrap();
    fs::remove_dir_all(data.join("log")).unwrap();
    copy(&kept, &data.join("log"));

    let told = ["contain position", "the log ends at position 60", "hint: restore"];
    for command in [&["verify"][..], &["attempts"], &["rebuild"], &["ingest", "-"]] {
        refused(&ledger.with(command), 3, &told);
    }
    let ended = Serve::over(&data).try_start(None).err().expect("it does not start");
    assert_eq!(ended.status.code(), Some(3));
    assert!(told.iter().all(|word| ended.stderr.contains(word)), "{}", ended.stderr);

    let server = Serve::over(&data).with(&["--keep-old-models-aside", "--segment-bytes-max", SMALL]).start();
    let address = server.address;
    let listed = || get(address, "/v1/attempts?limit=200").expect(200)["attempts"].as_array().unwrap().len();
    until(|| format!("{} attempts are listed", listed()), || (listed() == 60).then_some(()));
    assert!(server.stop().status.success());
    let aside: Vec<PathBuf> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains(".aside-"))
        .collect();
    let of = |name: &str| {
        let is_it = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(name);
        aside.iter().find(is_it).unwrap_or_else(|| panic!("{name} is kept: {aside:?}"))
    };
    let old = rusqlite::Connection::open(of("read-models").join(models.trim())).unwrap();
    let count: i64 = old.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 120, "the last witnesses are whole");
    assert!(of("index").is_dir());
    assert!(data.join("FORMAT").exists(), "the log is still the one that was begun");
    let verdict = run(&ledger.with(&["verify"]));
    assert!(verdict.status.success(), "{verdict:?}");
    ingest(&data, r#"{"event":"joined","queue_type":"inbound_queue","queue_id":17,"attempt_id":9}"#);
}

/// How a log goes away: with its directory, or file by file.
#[test]
fn a_log_that_is_gone_is_begun_again_only_with_what_is_left_of_it_aside() {
    let segments_alone = |log: &Path| {
        for entry in fs::read_dir(log).unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("DURABLE") {
                fs::remove_file(path).unwrap();
            }
        }
    };
    begin_again_without(&|log| fs::remove_dir_all(log).unwrap());
    begin_again_without(&segments_alone);
}

fn begin_again_without(remove: &dyn Fn(&Path)) {
    let ledger = ledger();
    let data = ledger.path();
    remove(&data.join("log"));
    let server = Serve::over(&data).with(&["--keep-old-models-aside"]).start();
    assert!(get(server.address, "/readyz?verbose").text().contains("head at position 0"));
    assert!(server.stop().status.success());
    let names: Vec<String> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".aside-"))
        .collect();
    for name in ["FORMAT", "index", "read-models"] {
        assert!(names.iter().any(|aside| aside.starts_with(name)), "{name} is kept: {names:?}");
    }
    Serve::over(&data).start();
}

#[test]
fn a_directory_of_which_nothing_was_derived_yet_opens_without_its_format() {
    let ledger = ledger();
    for name in ["index", "read-models"] {
        fs::remove_dir_all(ledger.path().join(name)).unwrap();
    }
    fs::remove_file(ledger.path().join("FORMAT")).unwrap();
    printed(&ledger.with(&["verify"]));
    assert_eq!(json(&ledger.with(&["status", "--json"]))["head"], 60);
}

#[test]
fn an_unfinished_index_is_a_witness_and_is_kept_aside_as_well() {
    let ledger = ledger();
    let data = ledger.path();
    fs::rename(data.join("index"), data.join("index.1")).unwrap();
    fs::remove_dir_all(data.join("read-models")).unwrap();
    empty(&data.join("log"));
    refused(&ledger.with(&["timeline", "1"]), 3, &["index.1"]);
    let service = Serve::over(&data).with(&["--keep-old-models-aside"]).start();
    assert_eq!(service.head(), 0);
    let kept = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("index.1.aside-");
    assert!(fs::read_dir(&data).unwrap().any(|entry| kept(entry.unwrap())), "it is kept");
}
