//! Each file of the read models missing, as it was before, or of another ledger: what is served is a fresh
//! fold of this log, or the damage is found and named.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger::ledger::Ledger;
use attempt_ledger::projector::{Projector, compare, folds};
use attempt_ledger::read_store::{Models, ModelsDirectory, Projection};
use attempt_ledger_domain::Position;
use tempfile::TempDir;

use crate::read_models::support::{bad_day, bring, fresh, recorded};
use crate::support::patience::PATIENCE;

type Files = BTreeMap<String, Vec<u8>>;

fn files(directory: &Path) -> Files {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn written(files: &Files) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

/// A directory of read models as a kill leaves it, and as an orderly end does: halfway, and at the head.
struct Lives {
    killed: [Files; 2],
    ended: [Files; 2],
}

impl Lives {
    fn of(ledger: &Ledger) -> Self {
        let (log, head) = (ledger.log().clone(), ledger.log().head());
        let directory = tempfile::tempdir().unwrap();
        let (mut killed, mut ended) = (Vec::new(), Vec::new());
        for up_to in [Position(head.0 / 2), head] {
            let models = ModelsDirectory::open(directory.path()).unwrap();
            bring(&log, &models.current(), up_to);
            killed.push(files(directory.path()));
            drop(models);
            ended.push(files(directory.path()));
        }
        let two = |files: Vec<Files>| files.try_into().expect("two moments");
        Self { killed: two(killed), ended: two(ended) }
    }
}

/// Serves what is left after a change. Returns why it was refused, or the damage that was found; `None` when
/// every row is right.
fn judge(ledger: &Ledger, changed: &Files, context: &str) -> Option<String> {
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = written(changed);
    let models = ModelsDirectory::open(directory.path()).unwrap_or_else(|error| panic!("{context}: {error}"));
    let models = Arc::new(models);
    let projector = Projector::start(log.clone(), models.clone(), folds()).unwrap();
    if !projector.leads() {
        drop(projector);
        assert!(files(directory.path()).len() >= changed.len(), "{context}: what is refused is kept");
        return Some("the models are of another log, and left as they are".to_owned());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(runtime.block_on(projector.reached(head, PATIENCE)), "{context}: it does not move");
    drop(projector);
    let damage = models.current().find_damage(Box::new(|| ControlFlow::Continue(()))).unwrap();
    let fresh = fresh(&log, head);
    for projection in Projection::ALL {
        let compared = compare(&models.current(), &fresh, projection, &mut |_| {});
        let is_same = compared.is_ok_and(|it| it.digest_before == it.digest_after);
        assert!(is_same || damage.is_some(), "{context}: {projection} is wrong, and nothing says so");
    }
    damage
}

#[test]
fn each_file_missing_older_or_of_another_ledger_gives_no_wrong_row_that_nobody_notices() {
    // Of fewer records: models that have seen more than the log are evidence, and `tests/cli/evidence.rs`
    // holds what becomes of that.
    let (ours, theirs) = (recorded(&bad_day(5)[..400]), recorded(&bad_day(6)[..300]));
    assert!(theirs.log().head() < ours.log().head());
    let (our_lives, their_lives) = (Lives::of(&ours), Lives::of(&theirs));
    let states =
        [("killed", &our_lives.killed, &their_lives.killed), ("ended", &our_lives.ended, &their_lives.ended)];
    let (mut right, mut found) = (0, 0);
    for (state, [older, now], [_, foreign]) in states {
        for name in now.keys() {
            for (what, content) in
                [("missing", None), ("older", older.get(name)), ("foreign", foreign.get(name))]
            {
                if what != "missing" && content.is_none_or(|content| *content == now[name]) {
                    continue;
                }
                let mut changed = now.clone();
                match content {
                    Some(content) => changed.insert(name.clone(), content.clone()),
                    None => changed.remove(name),
                };
                let context = format!("{state}, {what} {name}");
                match judge(&ours, &changed, &context) {
                    None => right += 1,
                    Some(damage) => {
                        println!("{context}: {damage}");
                        found += 1;
                    }
                }
            }
        }
    }
    println!("right: {right}, found: {found}");
    assert!(right + found >= 12, "{right} and {found}");
}
