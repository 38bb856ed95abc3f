//! Puts followed records into the copy, then tells those who wait for them and those who must hear of them.

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use tokio::time::sleep;

use super::arrivals::Applied;
use super::backoff::Backoff;
use super::follower::{FollowerParts, Left};
use super::health::Side;
use super::record_event::Followed;
use attempt_ledger_log::record::Leaf;
use attempt_ledger_log::{AppendError, EventLog as _, StreamAppend};

/// Takes a group, all of it or nothing.
pub(super) async fn fill(parts: &FollowerParts, group: Vec<Followed>) -> Result<(), Left> {
    let mut applied: Vec<Applied> = Vec::with_capacity(group.len());
    let mut leaves: Vec<Leaf<'static>> = Vec::with_capacity(group.len());
    let mut batch = Vec::with_capacity(group.len());
    for followed in group {
        let expected = followed.expected();
        let Followed { stream, index, record, .. } = followed;
        applied.push(Applied { stream, index, id: record.leaf.id, position: Position::default() });
        leaves.push(record.leaf.clone());
        batch.push(StreamAppend { stream, expected, records: vec![record] });
    }
    let positions = append_all(parts, batch).await?;
    for (applied, position) in applied.iter_mut().zip(positions) {
        applied.position = position;
    }
    let (is_foreign, decided) = parts.arrivals.applied(&applied);
    let mut is_foreign = is_foreign.into_iter();
    leaves.retain(|_| is_foreign.next().unwrap_or(true));
    let observer = take_over(parts.observer.read()).clone();
    if let Some(observer) = observer
        && !leaves.is_empty()
    {
        observer(&leaves);
    }
    decided.tell();
    Ok(())
}

/// Appends to the copy. A full disk is waited for, as the embedded log recovers from it by itself.
async fn append_all(parts: &FollowerParts, batch: Vec<StreamAppend>) -> Result<Vec<Position>, Left> {
    let mut backoff = Backoff::default();
    loop {
        let results = parts.copy.append(batch.clone()).await;
        let all: Result<Vec<_>, AppendError> = results.into_iter().collect();
        match all {
            Ok(appended) => return Ok(appended.into_iter().flat_map(|one| one.positions).collect()),
            Err(error @ (AppendError::Full | AppendError::Busy)) => {
                parts.health.lost(Side::Following, &format!("this node's copy: {error}"));
                sleep(backoff.next_pause()).await;
            }
            Err(error @ AppendError::Conflict { .. }) => {
                return Err(Left::Stopped(format!(
                    "the cluster skipped events: {error}; hint: restart this node with an empty directory"
                )));
            }
            Err(error) => return Err(Left::Stopped(format!("this node's copy: {error}"))),
        }
    }
}
