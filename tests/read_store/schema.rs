//! The schema is a contract: written down, never edited once released, and as wide as what the program
//! counts.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger::read_store::{Projection, ReadStore as _, SqliteStore};
use attempt_ledger_projections::history::{Count, Measure};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

const DOCUMENT: &str = include_str!("../../docs/read-models.md");

/// Every released migration with its digest. A change to the schema is a new file and a new line here.
const RELEASED: [(&str, &str); 7] = [
    (
        include_str!("../../migrations/sqlite/V1__read_models.sql"),
        "abecccf5f1ec79d2676d05e61c0cfb48291218459e3fa91d87460bbea4b1246e",
    ),
    (
        include_str!("../../migrations/sqlite/V2__runaways.sql"),
        "1003c35adcef6ee564fa723b82419907b5e1cf929dbba6dbb75c2a264ab719cc",
    ),
    (
        include_str!("../../migrations/sqlite/V3__time_of_receipt.sql"),
        "55d7ca955947d3ee9d5106cd4fc49aa41073e1d23ad1f12e86555488223cd969",
    ),
    (
        include_str!("../../migrations/sqlite/V4__links_and_hooks.sql"),
        "1b14bc86a62e3ce77b9f7c974ff9420b66f73f750595e87f18b433f454d664ca",
    ),
    (
        include_str!("../../migrations/sqlite/V5__dropped.sql"),
        "0bc52214a9595d43d8eef2e23b5e773f9b4e19dc553ae92807c8e2aaddfb6c13",
    ),
    (
        include_str!("../../migrations/sqlite/V6__documented_fields.sql"),
        "1f8e2e90887af9de2a8e9b9113a1f7a5c998bbbc587f617b0a9972b30131da68",
    ),
    (
        include_str!("../../migrations/sqlite/V7__untimed.sql"),
        "3d30a7c7ab3c3766105d0f60275b6998422714e06b34f9308cac992c451d9240",
    ),
];

/// An empty store, as other programs get it.
fn empty_copy() -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    SqliteStore::temporary().unwrap().snapshot_to(&path).unwrap();
    (directory, Connection::open(path).unwrap())
}

/// Columns of each table and view: name and type, in order.
fn existing(connection: &Connection) -> BTreeMap<String, Vec<(String, String)>> {
    let sql = "SELECT t.name, c.name, \
               c.type || iif(c.\"notnull\" OR c.pk OR t.type = 'view', '', ' or NULL') \
               FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type IN ('table', 'view') \
               ORDER BY t.name, c.cid";
    let mut statement = connection.prepare(sql).unwrap();
    let mut tables = BTreeMap::<String, Vec<_>>::new();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        tables.entry(row.get(0).unwrap()).or_default().push((row.get(1).unwrap(), row.get(2).unwrap()));
    }
    tables
}

/// Columns of each table and view as the document lists them.
fn documented() -> BTreeMap<String, Vec<(String, String)>> {
    let mut tables = BTreeMap::<String, Vec<_>>::new();
    let mut table = String::new();
    for line in DOCUMENT.lines() {
        if let Some(name) = line.strip_prefix("## `") {
            table = name.trim_end_matches('`').to_owned();
        } else if let Some(rest) = line.strip_prefix("| `") {
            let (column, rest) = rest.split_once("` | ").unwrap();
            let (kind, meaning) = rest.split_once(" | ").unwrap();
            assert!(meaning.len() > 2, "{column} has no meaning");
            tables.entry(table.clone()).or_default().push((column.to_owned(), kind.to_owned()));
        }
    }
    tables
}

#[test]
fn the_document_lists_exactly_the_tables_and_columns_that_exist() {
    let (_directory, connection) = empty_copy();
    let (existing, mut documented) = (existing(&connection), documented());
    assert_eq!(existing.keys().collect::<Vec<_>>(), documented.keys().collect::<Vec<_>>());
    for (table, columns) in existing {
        // Types of a view's columns are those of expressions: SQLite does not know them.
        let is_view = columns.iter().any(|(_, kind)| kind.is_empty())
            || ["agent_intervals", "conflicts", "gaps", "open_attempts"].contains(&table.as_str());
        let names =
            |columns: &[(String, String)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let told = documented.remove(&table).unwrap();
        assert_eq!(names(&columns), names(&told), "{table}");
        assert!(is_view || columns == told, "{table}: {columns:?} {told:?}");
    }
}

#[test]
fn the_document_s_questions_can_be_asked() {
    let (_directory, connection) = empty_copy();
    // Grants are for PostgreSQL.
    let blocks = DOCUMENT.split("```sql").skip(1).map(|block| block.split("```").next().unwrap());
    let sql: String = blocks.filter(|block| !block.contains("GRANT")).collect();
    for question in sql.split_inclusive(';').filter(|question| question.contains("SELECT")) {
        let mut statement = connection.prepare(question).unwrap();
        let rows = statement.query_map([], |_| Ok(())).unwrap().count();
        assert!(rows == 0 || rows == Projection::ALL.len(), "{question}");
    }
}

#[test]
fn histories_have_a_column_for_everything_that_is_counted_and_measured() {
    let (_directory, connection) = empty_copy();
    let existing = existing(&connection);
    let summed: Vec<String> =
        Count::ALL
            .into_iter()
            .map(|count| count.name().to_owned())
            .chain(Measure::ALL.into_iter().flat_map(|measure| {
                [format!("{}_count", measure.name()), format!("{}_sum_ms", measure.name())]
            }))
            .collect();
    for table in ["queue_history", "agent_history"] {
        let columns: Vec<String> = existing[table].iter().map(|(name, _)| name.clone()).collect();
        // The columns of a later migration stand behind the others.
        let found: BTreeSet<_> = columns[columns.len() - summed.len()..].iter().collect();
        assert_eq!(found, summed.iter().collect::<BTreeSet<_>>(), "{table}");
    }
}

#[test]
fn released_migrations_are_never_edited() {
    for (migration, digest) in RELEASED {
        assert_eq!(hex::encode(Sha256::digest(migration)), digest, "write a new migration instead");
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with('V')).count(), RELEASED.len(), "each has its digest");
}

#[test]
fn no_statistics_decide_how_questions_are_answered() {
    let store = SqliteStore::temporary().unwrap();
    store.make_durable().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    store.snapshot_to(&path).unwrap();
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'";
    let tables: u32 = Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0);
    assert!(store.reader().unwrap().statuses().is_ok());
}
