//! Where a batch ends does not matter.

use attempt_ledger_domain::Position;
use rand::RngExt as _;

use crate::read_models::support::{bad_day, bring, check, empty_store, random, recorded};

#[test]
fn any_batch_boundaries_give_the_same_tables() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    for batch_records_max in [1, 7, 300] {
        let store = empty_store();
        let mut at = 0;
        while at < head.0 {
            at = (at + random.random_range(1..=batch_records_max)).min(head.0);
            // Every call begins from nothing: nothing is remembered but what the store and the log hold.
            bring(&log, &store, Position(at));
        }
        check(&log, &store, head);
    }
}

#[test]
fn the_models_agree_with_a_fresh_fold_at_every_stage() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let store = empty_store();
    for stage in 0..=8 {
        let up_to = Position(head.0 * stage / 8);
        bring(&log, &store, up_to);
        check(&log, &store, up_to);
    }
}
