//! A projection that fails on an event stops there, and the others go on.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger::projector::{Change, Draft, Fold, bring_forward, compare, folds, statuses};
use attempt_ledger::read_store::Projection;
use attempt_ledger_domain::{AttemptId, Position};

use crate::read_models::support::{bad_day, bring, check, empty_store, fresh, recorded};

/// A fold that panics at one attempt, or refuses to tell it.
struct Poisoned {
    healthy: Arc<dyn Fold>,
    attempt_id: AttemptId,
    panics: bool,
}

impl Fold for Poisoned {
    fn projection(&self) -> Projection {
        self.healthy.projection()
    }

    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String> {
        if let Change::Attempt { attempt_id, .. } = change
            && *attempt_id == self.attempt_id
        {
            assert!(!self.panics, "planted");
            return Err("planted".to_owned());
        }
        self.healthy.apply(change, draft)
    }
}

#[test]
fn a_projection_that_fails_stops_at_the_event_and_the_others_go_on() {
    let ledger = recorded(&bad_day(9));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let attempt_id = AttemptId(100);
    let first = ledger.attempt_records(attempt_id, Position(0), None, 1).unwrap().unwrap().records.remove(0);
    for panics in [true, false] {
        let store = empty_store();
        let poisoned: Vec<Arc<dyn Fold>> = folds()
            .into_iter()
            .map(|healthy| match healthy.projection() {
                Projection::QueueHistory => {
                    Arc::new(Poisoned { healthy, attempt_id, panics }) as Arc<dyn Fold>
                }
                _ => healthy,
            })
            .collect();
        let go_on = &mut |_| ControlFlow::Continue(());
        assert!(bring_forward(&log, &store, &poisoned, head, go_on).unwrap().is_continue());
        for status in statuses(store.as_ref()).unwrap() {
            if status.projection == Projection::QueueHistory {
                let failure = status.failure.unwrap();
                assert_eq!((failure.position, failure.record_id), (first.position, first.leaf.id));
                assert!(failure.reason.contains("planted"), "{failure:?}");
                assert_eq!(status.checkpoint.position.0, first.position.0 - 1, "it stands before the event");
            } else {
                assert_eq!(
                    (status.checkpoint.position, status.failure),
                    (head, None),
                    "{}",
                    status.projection
                );
            }
        }
        // What it holds is the truth as of where it stands.
        let before = fresh(&log, Position(first.position.0 - 1));
        let compared = compare(&store, &before, Projection::QueueHistory, &mut |_| {}).unwrap();
        assert_eq!(compared.differences, 0);
        // Mended and emptied, it comes back.
        store.reset(&[Projection::QueueHistory]).unwrap();
        bring(&log, &store, head);
        check(&log, &store, head);
    }
}
