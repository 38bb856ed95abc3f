//! The views for other programs say what the rows say.

use attempt_ledger::read_store::SqliteStore;
use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::OfferRow;
use rusqlite::Connection;

use crate::read_store::support::{calls, random, store_of};

/// A snapshot, as another program opens it.
fn copy(store: &SqliteStore) -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.sqlite");
    store.snapshot_to(&path).unwrap();
    let connection = Connection::open(path).unwrap();
    (directory, connection)
}

/// Agent, attempt, leg, state, beginning, end and milliseconds.
type Interval = (Option<i64>, i64, u32, String, i64, Option<i64>, Option<i64>);

#[test]
fn agent_intervals_are_the_states_of_legs() {
    let (rows, legs) = calls(&mut random(), 100);
    let (_directory, connection) = copy(&store_of(&rows, &legs));
    let of = |leg: &OfferRow| -> Vec<Interval> {
        let agent = leg.agent_id.map(|agent| agent.0);
        leg.states()
            .map(|it| {
                let end = it.end.map(|end| end.0);
                let ms = end.filter(|_| it.is_measured).map(|end| end - it.start.0);
                (agent, it.attempt_id.0, it.leg, it.state.name().to_owned(), it.start.0, end, ms)
            })
            .collect()
    };
    let mut expected: Vec<Interval> = legs.iter().flat_map(of).collect();
    let sql = "SELECT agent_id, attempt_id, leg, state, started_at, ended_at, \
               CAST(round(duration_s * 1000) AS INTEGER) FROM agent_intervals";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
    });
    let mut found: Vec<Interval> = rows.unwrap().collect::<Result<_, _>>().unwrap();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

fn pairs(connection: &Connection, sql: &str) -> Vec<(i64, String)> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn gaps_conflicts_and_open_attempts_are_those_of_the_rows() {
    let (rows, legs) = calls(&mut random(), 100);
    let (_directory, connection) = copy(&store_of(&rows, &legs));
    let gaps = rows.iter().flat_map(|row| {
        row.gaps.iter().map(|gap| (row.attempt_id.0, gap.name().to_owned())).collect::<Vec<_>>()
    });
    let mut gaps: Vec<_> = gaps.collect();
    gaps.sort();
    assert_eq!(pairs(&connection, "SELECT attempt_id, gap FROM gaps ORDER BY 1, 2"), gaps);
    let conflicts: Vec<_> = rows
        .iter()
        .filter(|row| row.conflicts > 0)
        .map(|row| (row.attempt_id.0, row.conflicts.to_string()))
        .collect();
    let sql = "SELECT attempt_id, CAST(conflicts AS TEXT) FROM conflicts ORDER BY 1";
    assert_eq!(pairs(&connection, sql), conflicts);
    let open: Vec<_> = rows
        .iter()
        .filter(|row| row.is_open())
        .map(|row| (row.attempt_id.0, row.state.name().to_owned()))
        .collect();
    assert_eq!(pairs(&connection, "SELECT attempt_id, state FROM open_attempts ORDER BY 1"), open);
}

#[test]
fn times_are_told_for_people_to_the_millisecond() {
    let (mut rows, legs) = calls(&mut random(), 1);
    rows[0].left_at = None;
    (rows[0].is_start_untimed, rows[0].is_last_event_untimed) = (false, false);
    for (at, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_784_678_400_999, "2026-07-22T00:00:00.999Z"),
        (1_784_678_400_001, "2026-07-22T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ] {
        (rows[0].started_at, rows[0].last_event_at) = (UnixMillis(at), UnixMillis(at + 1_500));
        let (_directory, connection) = copy(&store_of(&rows, &legs));
        let found = pairs(&connection, "SELECT attempt_id, started_at_utc FROM open_attempts");
        assert_eq!(found, [(1, text.to_owned())]);
        let run = pairs(&connection, "SELECT attempt_id, CAST(run_s AS TEXT) FROM open_attempts");
        assert_eq!(run, [(1, "1.5".to_owned())]);
    }
}

#[test]
fn a_run_with_an_end_at_a_receipt_has_no_length() {
    let (mut rows, legs) = calls(&mut random(), 1);
    rows[0].left_at = None;
    for (is_start_untimed, is_last_event_untimed) in [(true, false), (false, true), (true, true)] {
        (rows[0].is_start_untimed, rows[0].is_last_event_untimed) = (is_start_untimed, is_last_event_untimed);
        let (_directory, connection) = copy(&store_of(&rows, &legs));
        let run = pairs(&connection, "SELECT attempt_id, coalesce(run_s, 'none') FROM open_attempts");
        assert_eq!(run, [(1, "none".to_owned())]);
    }
}
