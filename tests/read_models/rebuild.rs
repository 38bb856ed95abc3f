//! Rebuilding: in a shadow, resumable, compared before the swap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attempt_ledger::log::EventLog;
use attempt_ledger::projector::{
    Change, ComparisonOutcome, Draft, Fold, Rebuild, RebuildError, RebuildPhase, RebuildProgress, SoleWriter,
    folds,
};
use attempt_ledger::read_store::{Changes, Models, ModelsDirectory, Projection, file_in_use};
use attempt_ledger_domain::{AttemptId, UnixMillis};
use attempt_ledger_projections::AgentRow;
use attempt_ledger_system::cancellation::CancellationToken;

use crate::read_models::support::{agents_of, agents_of_reader, bad_day, bring, check, recorded};

fn rebuild<'a>(
    log: &Arc<dyn EventLog>,
    models: &'a ModelsDirectory,
    projections: &[Projection],
    cancelled: &'a CancellationToken,
    folds: &'a [Arc<dyn attempt_ledger::projector::Fold>],
) -> Rebuild<'a> {
    Rebuild { log: log.clone(), models, folds, projections: projections.to_vec(), swap: true, cancelled }
}

/// A row that no event made.
fn tamper(models: &ModelsDirectory) {
    let status = &attempt_ledger::projector::statuses(models.current().as_ref()).unwrap()[0];
    let stranger = AgentRow {
        agent_id: attempt_ledger_domain::AgentId(666),
        agent_name: Some("nobody".to_owned()),
        last_seen_at: UnixMillis(1),
    };
    let changes = Changes {
        projections: vec![Projection::Agents],
        checkpoint: status.checkpoint,
        agents: vec![stranger],
        attempts_removed: vec![AttemptId(1)],
        ..Changes::default()
    };
    models.current().apply(&changes).unwrap();
}

#[test]
fn every_difference_is_listed_before_the_swap_mends_it() {
    let ledger = recorded(&bad_day(3));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(&log, &models.current(), head);
    tamper(&models);
    let (cancelled, folds) = (CancellationToken::new(), folds());
    let mut found = Vec::new();
    let done = rebuild(&log, &models, &Projection::ALL, &cancelled, &folds)
        .run(&SoleWriter, &mut |_| {}, &mut |difference| found.push(difference))
        .unwrap();
    assert_eq!(done.phase, RebuildPhase::Done);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].table, found[0].key.as_str(), &found[0].after), ("agents", "[666]", &None));
    assert!(found[0].before.as_deref().unwrap().contains("nobody"));
    for (projection, comparison) in done.compared {
        let ComparisonOutcome::Compared(compared) = comparison else {
            panic!("{projection}: {comparison:?}")
        };
        let is_same = compared.digest_before == compared.digest_after;
        assert_eq!(is_same, projection != Projection::Agents, "{projection}");
    }
    check(&log, &models.current(), head);
    let files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!files.iter().any(|name| name == "SHADOW"), "{files:?}");
}

#[test]
fn damage_in_the_old_models_is_mended_by_a_rebuild_and_not_in_its_way() {
    let ledger = recorded(&bad_day(3));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    {
        let models = ModelsDirectory::open(directory.path()).unwrap();
        bring(&log, &models.current(), head);
        models.file().make_durable().unwrap();
    }
    let file = file_in_use(directory.path()).unwrap().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    // The head of the file stays, so that it opens.
    let damaged_from = bytes.len() / 2;
    bytes[damaged_from..].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    let (cancelled, folds) = (CancellationToken::new(), folds());
    let done = rebuild(&log, &models, &Projection::ALL, &cancelled, &folds)
        .run(&SoleWriter, &mut |_| {}, &mut |_| {})
        .unwrap();
    let unreadable = |(_, comparison): &(Projection, ComparisonOutcome)| match comparison {
        ComparisonOutcome::NotComparable { reason } => reason.contains("cannot be read"),
        _ => false,
    };
    assert!(done.compared.iter().any(unreadable), "{:?}", done.compared);
    check(&log, &models.current(), head);
}

#[test]
fn a_rebuild_that_is_cancelled_while_it_compares_swaps_nothing() {
    let ledger = recorded(&bad_day(4));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(&log, &models.current(), head);
    tamper(&models);
    let (cancelled, folds) = (CancellationToken::new(), folds());
    let stopped = rebuild(&log, &models, &Projection::ALL, &cancelled, &folds).run(
        &SoleWriter,
        &mut |progress| {
            if progress.phase == RebuildPhase::Comparing {
                cancelled.cancel();
            }
        },
        &mut |_| {},
    );
    assert!(matches!(stopped, Err(RebuildError::Cancelled)), "{stopped:?}");
    assert!(agents_of(models.current().as_ref()).iter().any(|it| it.agent_id.0 == 666));
}

/// Cancels the rebuild at a change amidst its first batch, and counts all that it is given.
struct CancelsAt {
    change: usize,
    given: AtomicUsize,
    token: CancellationToken,
    fold: Arc<dyn Fold>,
}

impl Fold for CancelsAt {
    fn projection(&self) -> Projection {
        self.fold.projection()
    }

    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String> {
        if self.given.fetch_add(1, Ordering::Relaxed) == self.change {
            self.token.cancel();
        }
        self.fold.apply(change, draft)
    }
}

#[test]
fn a_cancelled_rebuild_ends_amidst_its_batch_and_goes_on_later() {
    let ledger = recorded(&bad_day(4));
    let log = ledger.log().clone();
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    let (token, all) = (CancellationToken::new(), folds());
    let attempts = all.iter().find(|fold| fold.projection() == Projection::Attempts).unwrap().clone();
    let given = AtomicUsize::new(0);
    let cancels = Arc::new(CancelsAt { change: 10, given, token: token.clone(), fold: attempts });
    let mut cancelling = all.clone();
    cancelling.retain(|fold| fold.projection() != Projection::Attempts);
    cancelling.push(cancels.clone());
    let stopped = rebuild(&log, &models, &Projection::ALL, &token, &cancelling).run(
        &SoleWriter,
        &mut |_| {},
        &mut |_| {},
    );
    assert!(matches!(stopped, Err(RebuildError::Cancelled)), "{stopped:?}");
    let given = cancels.given.load(Ordering::Relaxed);
    assert!(given < 20, "{given} changes were folded");
    let never = CancellationToken::new();
    let done =
        rebuild(&log, &models, &Projection::ALL, &never, &all).run(&SoleWriter, &mut |_| {}, &mut |_| {});
    assert_eq!(done.unwrap().phase, RebuildPhase::Done);
}

#[test]
fn a_reader_keeps_what_it_looks_at_while_the_models_are_swapped() {
    let ledger = recorded(&bad_day(4));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(&log, &models.current(), head);
    tamper(&models);
    let old = models.current();
    let reader = old.reader().unwrap();
    let (cancelled, folds) = (CancellationToken::new(), folds());
    rebuild(&log, &models, &Projection::ALL, &cancelled, &folds)
        .run(&SoleWriter, &mut |_| {}, &mut |_| {})
        .unwrap();
    assert!(agents_of_reader(reader.as_ref()).iter().any(|agent| agent.agent_id.0 == 666));
    assert!(!agents_of(models.current().as_ref()).iter().any(|agent| agent.agent_id.0 == 666));
}

#[test]
fn an_interrupted_rebuild_goes_on_where_it_was() {
    let ledger = recorded(&[bad_day(5), bad_day(6)].concat());
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    assert!(head.0 > 4_096 + 100, "more than a page, so that there is a place to stop: {head}");
    for projections in [&Projection::ALL[..], &[Projection::QueueHistory]] {
        let directory = tempfile::tempdir().unwrap();
        let folds = folds();
        let reached = {
            let models = ModelsDirectory::open(directory.path()).unwrap();
            bring(&log, &models.current(), attempt_ledger_domain::Position(head.0 / 2));
            let cancelled = CancellationToken::new();
            let mut reached = 0;
            let stopped = rebuild(&log, &models, projections, &cancelled, &folds).run(
                &SoleWriter,
                &mut |progress: &RebuildProgress| {
                    reached = progress.position;
                    if reached > 0 {
                        cancelled.cancel();
                    }
                },
                &mut |_| {},
            );
            assert!(matches!(stopped, Err(RebuildError::Cancelled)), "{stopped:?}");
            reached
        };
        // Another process.
        let models = ModelsDirectory::open(directory.path()).unwrap();
        let cancelled = CancellationToken::new();
        let mut first = None;
        let done = rebuild(&log, &models, projections, &cancelled, &folds).run(
            &SoleWriter,
            &mut |progress: &RebuildProgress| {
                first.get_or_insert(progress.position);
            },
            &mut |_| {},
        );
        assert_eq!(done.unwrap().phase, RebuildPhase::Done);
        assert_eq!(first, Some(reached), "it resumed");
        assert!(reached > 0);
        check(&log, &models.current(), head);
    }
}

#[test]
fn models_that_are_deleted_come_back() {
    let ledger = recorded(&bad_day(7));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    {
        let models = ModelsDirectory::open(directory.path()).unwrap();
        bring(&log, &models.current(), head);
    }
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let models = ModelsDirectory::open(directory.path()).unwrap();
    bring(&log, &models.current(), head);
    check(&log, &models.current(), head);
}
