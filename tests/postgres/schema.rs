//! Both stores keep the same tables and views, column by column, and the views say the same of the same rows.

use attempt_ledger::read_store::{ReadStore as _, SqliteStore};
use rand::RngExt as _;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::postgres::support::calls;
use crate::read_models::support::{bad_day, bring, random, recorded};
use crate::support::postgres::{Database, shared};

/// Every released migration with its digest. A change to the schema is a new file and a new line here.
const RELEASED: [(&str, &str); 7] = [
    (
        include_str!("../../migrations/postgres/V1__read_models.sql"),
        "a8541219d9e471df1a1c44060e917b87a6277925c9f5aaf9999c88f0e5fd7913",
    ),
    (
        include_str!("../../migrations/postgres/V2__runaways.sql"),
        "8a9194d7a9f17097f77da3197571d01c9d5df90e80b22c61b849e2c50acda76a",
    ),
    (
        include_str!("../../migrations/postgres/V3__time_of_receipt.sql"),
        "2f4d35fe225430494f93e907c828db855e30601a987d91048bb5b09225b4dfe3",
    ),
    (
        include_str!("../../migrations/postgres/V4__links_and_hooks.sql"),
        "3959b4259142a02c79445318c989a3eed776b2139544dce7c11427fe10243f49",
    ),
    (
        include_str!("../../migrations/postgres/V5__dropped.sql"),
        "189357721e17df8fb544c2f4f678b12674dffa0ea023ee8a1a3b395dd32bec1b",
    ),
    (
        include_str!("../../migrations/postgres/V6__documented_fields.sql"),
        "162f31aea9bd4a9eac7539e24611ddfeafbe84585772f8435a0fc8a4803395a9",
    ),
    (
        include_str!("../../migrations/postgres/V7__untimed.sql"),
        "a0ab3bf7e1e18971b1bf8c1ffff83449a17c22407e06906a0a4986d9607ef032",
    ),
];

/// What a SQLite file has: name, column, type and whether it may be absent, in order.
fn columns_of_file(connection: &Connection) -> Vec<String> {
    let sql = "SELECT m.name || ' ' || c.name || ' ' || c.type \
         || iif(m.type = 'table' AND c.\"notnull\" + c.pk > 0, '!', '') \
         FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
         WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn columns_of(database: &Database<'_>, schema: &str, with_views: bool) -> Vec<String> {
    let kinds = if with_views { "'r', 'v'" } else { "'r'" };
    database.ask(&format!(
        "SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) \
             || CASE WHEN a.attnotnull THEN '!' ELSE '' END \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
         WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ({kinds}) \
         AND c.relname <> 'generations' ORDER BY c.relname COLLATE \"C\", a.attnum"
    ))
}

/// A name in a file and in a database.
fn translated(column: &str, is_of_table: bool) -> String {
    if !is_of_table {
        // Expressions in a file's views have no type.
        return column.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    }
    column
        .replace(" INTEGER", " bigint")
        .replace(" TEXT", " text")
        .replace(" BLOB", " bytea")
        .replace(" REAL", " double precision")
}

fn copy_of(store: &SqliteStore) -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    store.snapshot_to(&path).unwrap();
    (directory, Connection::open(path).unwrap())
}

#[test]
fn both_stores_have_the_same_tables_and_views() {
    let (_directory, file) = copy_of(&SqliteStore::temporary().unwrap());
    let database = shared().database();
    drop(database.models());
    let tables = database.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'ledger_000001'");
    let is_of_table = |column: &&String| tables.iter().any(|table| column.starts_with(&format!("{table} ")));
    let file = columns_of_file(&file);
    let expected: Vec<_> = file.iter().filter(is_of_table).map(|column| translated(column, true)).collect();
    assert_eq!(columns_of(&database, "ledger_000001", false), expected);
    assert!(expected.len() > 200);
    // What other programs read: each table and each view, under its name.
    let expected: Vec<_> = file.iter().map(|column| translated(column, false)).collect();
    let found = columns_of(&database, "ledger", true);
    let found: Vec<_> = found.iter().map(|column| translated(column, false)).collect();
    assert_eq!(found, expected);
}

#[test]
fn released_migrations_are_never_edited() {
    for (migration, digest) in RELEASED {
        assert_eq!(hex::encode(Sha256::digest(migration)), digest, "write a new migration instead");
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with('V')).count(), RELEASED.len(), "each has its digest");
}

/// Every row of a view in a file, as text.
fn rows_of_file(file: &Connection, view: &str) -> Vec<String> {
    let mut statement = file.prepare(&format!("SELECT * FROM {view}")).unwrap();
    let count = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells = (0..count).map(|index| {
            Ok(match row.get_ref(index)? {
                rusqlite::types::ValueRef::Null => "NULL".to_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Real(number) => number.to_string(),
                // As a database shows it, which cannot hold U+0000.
                rusqlite::types::ValueRef::Text(text) => std::str::from_utf8(text)
                    .unwrap()
                    .replace('\u{1}', "\u{1}\u{2}")
                    .replace('\0', "\u{1}\u{1}"),
                rusqlite::types::ValueRef::Blob(_) => panic!("no view shows bytes"),
            })
        });
        Ok(cells.collect::<Result<Vec<_>, rusqlite::Error>>()?.join("|"))
    });
    let mut rows: Vec<String> = rows.unwrap().collect::<Result<_, _>>().unwrap();
    rows.sort();
    rows
}

#[test]
fn the_views_say_the_same_of_the_same_rows() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let file = attempt_ledger::read_store::ModelsDirectory::open(directory.path()).unwrap();
    let database = shared().database();
    let models = database.models();
    bring(&log, &attempt_ledger::read_store::Models::current(&file), head);
    bring(&log, &attempt_ledger::read_store::Models::current(&models), head);
    // And rows as no day has them.
    let (attempts, offers) = calls(&mut random, 50);
    let strange = attempt_ledger::read_store::Changes {
        offers_of: attempts.iter().map(|row| (row.attempt_id, 0)).collect(),
        attempts,
        offers,
        ..crate::postgres::support::changes_at(head.0 + 1)
    };
    file.file().apply(&strange).unwrap();
    attempt_ledger::read_store::Models::current(&models).apply(&strange).unwrap();
    let (_copy, file) = copy_of(&file.file());
    for view in ["agent_intervals", "open_attempts", "gaps", "conflicts"] {
        let expected = rows_of_file(&file, view);
        // One text for each row; a number with a fraction is told in the shortest form that means it.
        let cells = database.ask(&format!(
            "SELECT string_agg(format('coalesce(%I::text, ''NULL'')', attname), ' || ''|'' || ' \
             ORDER BY attnum) \
             FROM pg_attribute WHERE attrelid = 'ledger.{view}'::regclass AND attnum > 0"
        ));
        let mut found = database.ask(&format!("SELECT {} FROM ledger.{view}", cells[0]));
        found.sort();
        assert!(expected.len() > 10, "{view} shows next to nothing");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{view}");
        }
        assert_eq!(found.len(), expected.len(), "{view}");
    }
}
