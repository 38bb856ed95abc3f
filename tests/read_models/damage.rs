//! Damage in the files of read models: noticed, said, and rebuilt beside, never a reason not to start.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::read_store::{
    AttemptFilter, Models, ModelsDirectory, Order, ReadStore, SqliteOptions, SqliteStore, file_in_use,
};
use rusqlite::Connection;

use crate::read_models::support::{bad_day, bring, check, recorded};
use crate::support::patience::PATIENCE;

/// Lets the leaves of an index of attempts hold fewer entries than they do: no checksum covers a page, so
/// lists that are read along the index lack rows.
fn shorten_index(file: &Path, index: &str) {
    let (page_size, pages, root): (u64, u64, u64) = {
        let connection = Connection::open(file).unwrap();
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
        let root = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{index}'");
        (ask("PRAGMA page_size"), ask("PRAGMA page_count"), ask(&root))
    };
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut page_at = |number: u64| {
        let mut page = vec![0; usize::try_from(page_size).unwrap()];
        file.seek(SeekFrom::Start((number - 1) * page_size)).unwrap();
        file.read_exact(&mut page).unwrap();
        page
    };
    let mut page = page_at(root);
    let mut number = root;
    while page[0] == 2 {
        // An inner page: down to its last child.
        number = u64::from(u32::from_be_bytes(page[8..12].try_into().unwrap()));
        assert!(number <= pages);
        page = page_at(number);
    }
    assert_eq!(page[0], 10, "a leaf of an index");
    let cells = u16::from_be_bytes(page[3..5].try_into().unwrap());
    assert!(cells > 4, "{cells}");
    file.seek(SeekFrom::Start((number - 1) * page_size + 3)).unwrap();
    file.write_all(&(cells / 2).to_be_bytes()).unwrap();
}

fn listed(store: &dyn ReadStore) -> usize {
    let mut count = 0;
    let filter = AttemptFilter::default();
    let visit = &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    };
    store.reader().unwrap().attempts(&filter, Order::NewestFirst, None, visit).unwrap();
    count
}

#[test]
fn an_index_that_lacks_entries_is_found_by_the_look_at_the_file() {
    let ledger = recorded(&bad_day(5));
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(ledger.log(), &models.current(), ledger.log().head());
    let all = listed(models.current().as_ref());
    assert_eq!(models.current().find_damage(Box::new(|| ControlFlow::Continue(()))).unwrap(), None);
    drop(models);
    let file = file_in_use(directory.path()).unwrap().unwrap();
    shorten_index(&file, "attempts_by_time");
    let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
    assert!(listed(&store) < all, "a list is wrong and nothing says so");
    let damage = store.find_damage(Box::new(|| ControlFlow::Continue(()))).unwrap().expect("it is found");
    assert!(damage.contains("attempts_by_time"), "{damage}");
    assert_eq!(store.find_damage(Box::new(|| ControlFlow::Break(()))).unwrap(), None, "it was ended early");
}

#[test]
fn the_projector_finds_a_damaged_file_and_builds_another_while_it_serves() {
    let ledger = recorded(&bad_day(5));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(&log, &models.current(), head);
    drop(models);
    let file = file_in_use(directory.path()).unwrap().unwrap();
    shorten_index(&file, "attempts_by_queue");
    let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
    let projector = Projector::start(log.clone(), models.clone(), folds()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut progress = projector.progress();
    let rebuilt = progress
        .wait_for(|it| it.as_ref().is_some_and(|it| serde_json::to_value(it.phase).unwrap() == "done"));
    let rebuilt = runtime.block_on(async { tokio::time::timeout(PATIENCE, rebuilt).await });
    let damage = rebuilt.expect("it is rebuilt in time").unwrap().clone().unwrap().damage;
    assert!(damage.unwrap().contains("attempts_by_queue"));
    assert_ne!(file_in_use(directory.path()).unwrap().unwrap(), file);
    drop(projector);
    assert_eq!(models.current().find_damage(Box::new(|| ControlFlow::Continue(()))).unwrap(), None);
    check(&log, &models.current(), head);
}

#[test]
fn whatever_stands_in_the_small_files_of_a_directory_it_opens_and_is_folded() {
    let ledger = recorded(&bad_day(6)[..200]);
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    for name in ["CURRENT", "SHADOW"] {
        for content in
            [&b"models-\xff\xfe.sqlite"[..], b"", b"models-000007.sqlite", b"{", b"../log", b"\0\0\0"]
        {
            let directory = tempfile::tempdir().unwrap();
            drop(ModelsDirectory::open(directory.path()).unwrap());
            std::fs::write(directory.path().join(name), content).unwrap();
            let models =
                ModelsDirectory::open(directory.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
            bring(&log, &models.current(), head);
            let whole = attempt_ledger::read_store::Projection::ALL.to_vec();
            let shadow = models.shadow(&whole).unwrap();
            bring(&log, &shadow, head);
            drop(shadow);
            models.swap().unwrap();
            check(&log, &models.current(), head);
        }
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join(name).join("inner")).unwrap();
        let models = ModelsDirectory::open(directory.path()).unwrap();
        models.shadow(&attempt_ledger::read_store::Projection::ALL).unwrap();
    }
}
