//! The thread of a projector that looks for damage in the files of the read models, and has them rebuilt
//! beside.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use attempt_ledger_read_store::{Projection, StoreError};
use tokio::runtime::Runtime;

use crate::follower::Follower;
use crate::rebuild_progress::RebuildPhase;

/// Between the end of one check and the beginning of the next.
const PERIOD: Duration = Duration::from_secs(60 * 60);
/// The same after a check or a rebuild that failed.
const RETRY: Duration = Duration::from_secs(60);
/// How many times as long as it worked a check pauses, and the longest pause.
const PAUSES: u32 = 4;
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// Checks at the start, whenever the models do not move, and every now and then, until the projector is
/// dropped.
pub(crate) fn run(follower: &Arc<Follower>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        tracing::error!("the files of the read models are not checked: no runtime");
        return;
    };
    let mut suspicion = follower.suspicion.subscribe();
    let mut stop = follower.stop.subscribe();
    while !*stop.borrow() {
        suspicion.borrow_and_update();
        let pause = match check(follower, &runtime) {
            Ok(true) => PERIOD,
            Ok(false) => RETRY,
            Err(error) => {
                tracing::warn!(%error, "the files of the read models cannot be checked; tried again");
                RETRY
            }
        };
        runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = suspicion.changed() => {}
                _ = stop.changed() => {}
            }
        });
    }
}

/// Checks the current store, and has it rebuilt while it is damaged. Whether it is whole in the end.
fn check(follower: &Arc<Follower>, runtime: &Runtime) -> Result<bool, StoreError> {
    loop {
        let found = follower.models.current().find_damage(pace(follower))?;
        if *follower.stop.borrow() {
            return Ok(true);
        }
        follower.damage.send_replace(found.clone());
        let Some(damage) = found else { return Ok(true) };
        tracing::error!(
            damage,
            "the file of the read models is damaged; hint: it is rebuilt beside while the old one serves"
        );
        if !follower.leads.load(Ordering::Relaxed) || !rebuild(follower, runtime) {
            return Ok(false);
        }
    }
}

/// Rebuilds everything and waits for the end. Whether the new models are in use.
fn rebuild(follower: &Arc<Follower>, runtime: &Runtime) -> bool {
    let mut progress = follower.rebuild.subscribe();
    let mut stop = follower.stop.subscribe();
    if follower.begin_rebuild(Projection::ALL.to_vec(), true).is_err() {
        // Another one is under way; its shadow may be a copy of what is damaged.
        return false;
    }
    let is_over =
        |phase| matches!(phase, RebuildPhase::Done | RebuildPhase::Cancelled | RebuildPhase::Failed);
    runtime.block_on(async {
        tokio::select! {
            ended = progress.wait_for(|it| it.as_ref().is_some_and(|it| is_over(it.phase))) => {
                ended.is_ok_and(|it| it.as_ref().is_some_and(|it| it.phase == RebuildPhase::Done))
            }
            _ = stop.wait_for(|is_stopping| *is_stopping) => false,
        }
    })
}

/// Works a part of the time only, and ends with the projector.
fn pace(follower: &Arc<Follower>) -> attempt_ledger_read_store::CheckPace {
    let stop = follower.stop.subscribe();
    let mut worked_since = Instant::now();
    Box::new(move || {
        if *stop.borrow() {
            return ControlFlow::Break(());
        }
        std::thread::sleep((worked_since.elapsed() * PAUSES).min(PAUSE_MAX));
        worked_since = Instant::now();
        ControlFlow::Continue(())
    })
}
