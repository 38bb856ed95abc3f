//! Files that cannot be used are refused politely, and snapshots are whole.

use std::io::{Seek as _, SeekFrom, Write as _};

use attempt_ledger::read_store::{AgentFilter, ReadStore as _, SqliteOptions, SqliteStore, StoreError};
use rusqlite::Connection;

use crate::read_store::support::{calls, canonical, changes_at, everything, random, store_of};

fn refusal(path: &std::path::Path) -> StoreError {
    SqliteStore::open(path, SqliteOptions::default()).err().expect("the file is refused")
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.sqlite");
    drop(SqliteStore::open(&path, SqliteOptions::default()).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 77; DROP VIEW gaps").unwrap();
    let error = refusal(&path);
    assert!(matches!(error, StoreError::Newer { found: 77, known: 7 }), "{error}");
    assert!(error.to_string().contains("hint: "), "{error}");
    let views = "SELECT count(*) FROM sqlite_schema WHERE name = 'gaps'";
    let remade: u32 = Connection::open(&path).unwrap().query_row(views, [], |row| row.get(0)).unwrap();
    assert_eq!(remade, 0, "a file that is refused is not changed");
}

#[test]
fn a_file_that_is_no_database_is_refused_with_a_hint() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.sqlite");
    std::fs::write(&path, "a shopping list, and a long one at that; ".repeat(500)).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, StoreError::Failed { .. }) && error.to_string().contains("hint: "), "{error}");
}

#[test]
fn damaged_pages_are_told_not_believed() {
    let mut random = random();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.sqlite");
    let (rows, legs) = calls(&mut random, 2_000);
    store_of(&rows, &legs).snapshot_to(&path).unwrap();
    let pages = std::fs::metadata(&path).unwrap().len() / 4_096;
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for page in 1..pages {
        // All but the first page, which holds the header.
        file.seek(SeekFrom::Start(page * 4_096)).unwrap();
        file.write_all(&[0xff; 512]).unwrap();
    }
    drop(file);
    let error = match SqliteStore::open(&path, SqliteOptions::default()) {
        Err(error) => error,
        Ok(store) => {
            let visit = &mut |_| std::ops::ControlFlow::Continue(());
            store.reader().unwrap().agents(&AgentFilter::default(), visit).unwrap_err()
        }
    };
    assert!(error.to_string().contains("hint: "), "{error}");
}

#[test]
fn a_row_that_nobody_wrote_is_named() {
    let mut random = random();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.sqlite");
    let (rows, _) = calls(&mut random, 1);
    let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    let changes = attempt_ledger::read_store::Changes { attempts: rows, ..changes_at(1) };
    store.apply(&changes).unwrap();
    for odd in ["state = 'asleep'", "state = 5", "wait_ms = -1", "last_position = -1", "started_at = 'noon'"]
    {
        let sql = format!("UPDATE attempts SET {odd}");
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let error = store.reader().unwrap().attempt(changes.attempts[0].attempt_id).unwrap_err();
        assert!(matches!(error, StoreError::Row { table: "attempts", .. }), "{odd}: {error}");
        store.apply(&changes).unwrap();
        store.reader().unwrap().attempt(changes.attempts[0].attempt_id).unwrap().unwrap();
    }
}

#[test]
fn a_snapshot_is_a_whole_store_of_one_moment_in_one_file() {
    let mut random = random();
    let (rows, legs) = calls(&mut random, 100);
    let store = store_of(&rows, &legs);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    // Whatever stood there is replaced, in one step.
    std::fs::write(&path, "an older copy").unwrap();
    store.snapshot_to(&path).unwrap();
    let names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["copy.sqlite"]);
    // Bytes 18 and 19 say 1 where no WAL is needed: then a reader needs no write access to the directory.
    assert_eq!(std::fs::read(&path).unwrap()[18..20], [1, 1]);
    let copy = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    assert_eq!(everything(&copy), everything(&store));
    let statuses = |store: &SqliteStore| store.reader().unwrap().statuses().unwrap();
    assert_eq!(statuses(&copy), statuses(&store));
}

#[test]
fn a_shadow_that_was_made_durable_is_a_store_like_any_other() {
    let mut random = random();
    let (rows, _) = calls(&mut random, 100);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shadow.sqlite");
    let store = SqliteStore::open(&path, SqliteOptions { bulk: true, ..SqliteOptions::default() }).unwrap();
    let changes = attempt_ledger::read_store::Changes { attempts: rows.clone(), ..changes_at(1) };
    store.apply(&changes).unwrap();
    store.make_durable().unwrap();
    // Everything is in the one file, although nobody closed it.
    let alone = directory.path().join("alone.sqlite");
    std::fs::copy(&path, &alone).unwrap();
    let copy = SqliteStore::open(&alone, SqliteOptions::default()).unwrap();
    let projection = attempt_ledger::read_store::Projection::Attempts;
    assert_eq!(canonical(copy.reader().unwrap().as_ref(), projection).len(), rows.len());
}
