//! Advances every projection of a store, each from its own checkpoint.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger_domain::Position;

use crate::folds::Fold;
use crate::pass::{Pass, PassError};
use crate::runaways::fold_all;
use crate::statuses::{can_move, statuses};
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Checkpoint, Projection, ReadStore, StoreError};

/// A pass with those projections that stand furthest behind, and where the next ones wait for them.
pub(crate) fn hindmost(
    log: &Arc<dyn EventLog>,
    store: &Arc<dyn ReadStore>,
    folds: &[Arc<dyn Fold>],
) -> Result<Option<(Pass, Option<Position>)>, StoreError> {
    let statuses = statuses(store.as_ref())?;
    let movable: Vec<(Projection, Checkpoint)> =
        statuses.iter().filter(|status| can_move(status)).map(|it| (it.projection, it.checkpoint)).collect();
    let Some(behind) = movable.iter().map(|(_, checkpoint)| *checkpoint).min() else { return Ok(None) };
    let waiting =
        movable.iter().map(|(_, checkpoint)| checkpoint.position).filter(|at| *at > behind.position).min();
    let stands_behind =
        |projection| movable.iter().any(|(other, at)| *other == projection && at.position == behind.position);
    let folds = folds.iter().filter(|fold| stands_behind(fold.projection())).cloned().collect();
    Ok(Some((Pass::new(log.clone(), store.clone(), folds, behind), waiting)))
}

/// Brings every projection that can move to `up_to`, runaway attempts included, or until `on_batch` breaks.
///
/// # Errors
/// [`PassError`]; what was committed before stays.
pub fn bring_forward(
    log: &Arc<dyn EventLog>,
    store: &Arc<dyn ReadStore>,
    folds: &[Arc<dyn Fold>],
    up_to: Position,
    on_batch: &mut dyn FnMut(Checkpoint) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, PassError> {
    loop {
        let Some((mut pass, waiting)) = hindmost(log, store, folds)? else {
            return Ok(ControlFlow::Continue(()));
        };
        if pass.checkpoint().position >= up_to {
            let checkpoint = pass.checkpoint();
            return fold_all(log.as_ref(), store.as_ref(), folds, &mut || on_batch(checkpoint));
        }
        let mut broken = false;
        pass.run(waiting.map_or(up_to, |waiting| waiting.min(up_to)), &mut |checkpoint| {
            let flow = on_batch(checkpoint);
            broken = flow.is_break();
            flow
        })?;
        if broken {
            return Ok(ControlFlow::Break(()));
        }
    }
}
