//! A process that is killed while it applies leaves whole batches behind, and the checkpoint of the last.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use attempt_ledger::read_store::{Changes, Projection, ReadStore as _, SqliteOptions, SqliteStore};
use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::history::{Attribution, Count, IntervalKey, Item, Measure, Scope};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::read_store::support::{
    agent, attempt, changes_at, everything, hook, link, offer, queue, random, refusal,
};
use crate::support::processes::{output, spawn};
use crate::support::strace::{Fault, Point, counting, injecting, points, strikes};

const CHILD: &str = "ATTEMPT_LEDGER_TEST_APPLY_TO";

/// The words that make this program the child.
const THIS: [&str; 3] =
    ["read_store::kills::child_that_applies_until_it_is_killed", "--exact", "--nocapture"];

/// How many batches the child applies; without it, all that there are.
const BATCHES: &str = "ATTEMPT_LEDGER_TEST_BATCHES";

/// Of the writes of a batch that are struck: all at its end, where it is committed, and some before.
const STRUCK_AT_THE_END: usize = 16;
const STRUCK_BEFORE: usize = 16;

/// What strikes them.
const FAULTS: [Fault; 2] = [Fault::Kill, Fault::Error("ENOSPC")];

/// The batch that ends at a position: always the same, so that what must be there is known.
fn batch(position: u64) -> Changes {
    let mut random = SmallRng::seed_from_u64(position);
    // Attempts of former batches change, too.
    let ids: std::collections::BTreeSet<i64> = (0..200).map(|_| random.random_range(0..2_000)).collect();
    let attempts: Vec<_> = ids.iter().map(|id| attempt(&mut random, *id)).collect();
    let key = |scope| IntervalKey { scope, attribution: Attribution::Start, start: UnixMillis(0) };
    let mut totals = attempt_ledger_projections::history::Totals::default();
    totals.add(&Item::Count(Count::Offered), 1);
    totals.add(&Item::Value(Measure::Ring, position), 1);
    Changes {
        offers: ids.iter().map(|id| offer(&mut random, *id, 1)).collect(),
        offers_of: attempts.iter().map(|row| (row.attempt_id, 0)).collect(),
        attempts,
        intervals: vec![
            (key(Scope::Queue(None)), Box::new(totals.clone())),
            (key(Scope::Agent(attempt_ledger_domain::AgentId(1), None)), Box::new(totals)),
        ],
        agents: vec![agent(&mut random)],
        queues: vec![queue(&mut random)],
        refusals: vec![refusal(&mut random, position)],
        links: vec![link(&mut random)],
        hooks: vec![hook(&mut random)],
        ..changes_at(position)
    }
}

fn position(store: &SqliteStore) -> u64 {
    let statuses = store.reader().unwrap().statuses().unwrap();
    let positions: Vec<u64> = statuses.iter().map(|status| status.checkpoint.position.0).collect();
    assert_eq!(positions, [positions[0]; Projection::ALL.len()], "checkpoints that move together");
    positions[0]
}

/// Goes on from the store's checkpoint until it is killed, or has applied as many as it should; prints each
/// position after it was applied.
#[test]
fn child_that_applies_until_it_is_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let store = SqliteStore::open(Path::new(&path), SqliteOptions::default()).unwrap();
    let batches = std::env::var(BATCHES).map_or(usize::MAX, |count| count.parse().unwrap());
    for next in (position(&store) + 1..).take(batches) {
        store.apply(&batch(next)).unwrap();
        println!("applied {next}");
    }
}

/// Starts the child, waits for a few batches and a part of one, and kills it. Returns the last position it
/// told.
fn run_and_kill(path: &Path, random: &mut SmallRng) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(THIS).env(CHILD, path).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = spawn(&mut command);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = 0;
    for _ in 0..random.random_range(1..4) {
        told = lines.find_map(|line| line.unwrap().split("applied ").nth(1)?.parse().ok()).unwrap();
    }
    // Spins for a random part of the time that a batch takes, so that the kill falls into the middle of it.
    for spin in 0..random.random_range(0..2_000_000_u64) {
        std::hint::black_box(spin);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told
}

#[test]
fn rows_and_checkpoint_move_together_through_kills() {
    let mut random = random();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.sqlite");
    let expected = SqliteStore::temporary().unwrap();
    let mut reached = 0;
    for _ in 0..12 {
        let told = run_and_kill(&path, &mut random);
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let found = position(&store);
        assert!(found >= told && found >= reached, "{found} is less than {told}, which was applied");
        for position in reached + 1..=found {
            expected.apply(&batch(position)).unwrap();
        }
        reached = found;
        assert!(everything(&store) == everything(&expected), "the rows are not those of position {found}");
    }
}

/// Lets a child apply one batch to a copy of a store, behind these words, and returns what strace wrote.
fn apply_one(store: &Path, trace: &Path, words: &[String]) -> String {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(std::env::current_exe().unwrap()).args(THIS);
    // Under strace the file calls of a backtrace take seconds.
    command.env(CHILD, store).env(BATCHES, "1").env("RUST_BACKTRACE", "0");
    output(&mut command);
    std::fs::read_to_string(trace).unwrap()
}

#[test]
fn a_write_of_a_batch_that_is_killed_or_fails_leaves_all_of_it_or_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (template, trace) = (directory.path().join("template.sqlite"), directory.path().join("trace"));
    SqliteStore::open(&template, SqliteOptions::default()).unwrap().apply(&batch(1)).unwrap();
    let fresh = |name: &str| {
        let home = directory.path().join(name);
        std::fs::create_dir(&home).unwrap();
        std::fs::copy(&template, home.join("models.sqlite")).unwrap();
        home
    };
    let home = fresh("counted");
    let counted = apply_one(&home.join("models.sqlite"), &trace, &counting(&trace));
    let is_of_batch = |point: &Point| point.file == "models.sqlite-wal" && point.call == "pwrite64";
    let writes: Vec<Point> = points(&counted, &home).0.into_iter().filter(is_of_batch).collect();
    let (before, end) = writes.split_at(writes.len() - STRUCK_AT_THE_END);
    let sampled = before.iter().step_by(before.len().div_ceil(STRUCK_BEFORE));
    let expected = SqliteStore::temporary().unwrap();
    let states = [1, 2].map(|position| {
        expected.apply(&batch(position)).unwrap();
        everything(&expected)
    });
    for (point, fault) in sampled.chain(end).flat_map(|point| FAULTS.map(|fault| (point, fault))) {
        let home = fresh(&format!("{}-{fault:?}", point.n));
        let path = home.join("models.sqlite");
        let struck = apply_one(&path, &trace, &injecting(&trace, &home, point, fault));
        assert_eq!(strikes(&struck, fault), 1, "{fault:?} at {point:?}");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let found = usize::try_from(position(&store)).unwrap();
        let (rows, meant) = (everything(&store), &states[found - 1]);
        assert!(rows == *meant, "{fault:?} at {point:?}: not the rows of position {found}");
    }
}
