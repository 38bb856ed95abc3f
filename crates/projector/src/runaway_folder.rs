//! The thread of a projector that folds runaway attempts, so that no other attempt or queue waits for them.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use attempt_ledger_read_store::StoreError;
use attempt_ledger_system::cancellation::scope;

use crate::follower::{Follower, RETRY_MS};
use crate::pass::PassError;
use crate::runaways::{RunawayFold, commit, fold_next};

/// How many times as long as a fold took the thread pauses after it: a fold takes as long as its attempt is,
/// and an attempt that grows with each hook must not keep a processor busy.
const PAUSES: u32 = 9;
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Folds what is behind until the projector is dropped.
pub(crate) fn run(follower: &Follower) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        tracing::error!("runaway attempts are not folded: no runtime");
        return;
    };
    let mut passed = follower.passed_runaways.subscribe();
    let mut stop = follower.stop.subscribe();
    let mut trouble = None;
    while !*stop.borrow() {
        passed.borrow_and_update();
        let began = Instant::now();
        let pause = match scope(&follower.end, || fold_one(follower)) {
            _ if *stop.borrow() => return,
            Ok(was_behind) => {
                trouble = None;
                was_behind.then(|| (began.elapsed() * PAUSES).min(PAUSE_MAX))
            }
            Err(error) => {
                let reported = trouble.replace(error.to_string());
                if reported != trouble {
                    tracing::error!(%error, "a runaway attempt is not folded; it is tried again");
                }
                Some(Duration::from_millis(RETRY_MS))
            }
        };
        runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
                changed = passed.changed(), if pause.is_none() => if changed.is_err() {
                    let _ = stop.changed().await;
                },
                _ = stop.changed() => {}
            }
        });
    }
}

/// Folds one attempt that is behind, if this process brings the models forward. Whether there was one.
fn fold_one(follower: &Follower) -> Result<bool, PassError> {
    if !follower.leads.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let store = follower.models.current();
    let Some(fold) = fold_next(follower.log.as_ref(), store.as_ref(), &follower.folds)? else {
        return Ok(false);
    };
    // Only writing waits for its turn: no rebuild compares the models meanwhile.
    let mut turn = follower.turn();
    if matches!(fold, RunawayFold::Failed(_)) {
        *turn = None;
    }
    match commit(store.as_ref(), fold) {
        // A rebuild has folded it, or another process has the lead by now: it is looked for again.
        Err(PassError::Store(StoreError::OutOfStep | StoreError::Led { .. })) | Ok(()) => Ok(true),
        Err(error) => Err(error),
    }
}
