//! Appends followed records to the copy, then reports them to the writers that wait and to the observer.

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use tokio::time::sleep;

use super::backoff::Backoff;
use super::follower_parts::FollowerParts;
use super::health::ConnectionSide;
use super::pending_writes::CopiedRecord;
use super::record_event::ClusterRecord;
use super::subscription_end::SubscriptionEnd;
use attempt_ledger_log::record::Leaf;
use attempt_ledger_log::{AppendError, EventLog as _, StreamAppend};

/// Takes a group, all of it or nothing.
pub(super) async fn append_to_copy(
    parts: &FollowerParts,
    group: Vec<ClusterRecord>,
) -> Result<(), SubscriptionEnd> {
    let mut copied: Vec<CopiedRecord> = Vec::with_capacity(group.len());
    let mut leaves: Vec<Leaf<'static>> = Vec::with_capacity(group.len());
    let mut batch = Vec::with_capacity(group.len());
    for followed in group {
        let expected = followed.expected();
        let ClusterRecord { stream, index, record, .. } = followed;
        copied.push(CopiedRecord { stream, index, id: record.leaf.id, position: Position::default() });
        leaves.push(record.leaf.clone());
        batch.push(StreamAppend { stream, expected, records: vec![record] });
    }
    let head = parts.copy.head();
    let positions = append_all(parts, batch).await?;
    for (copied, position) in copied.iter_mut().zip(positions.iter().copied()) {
        copied.position = position;
    }
    // The follower alone appends to the copy, so a group lies right behind the head, in the cluster's order.
    let follows = (head.0 + 1..).map(Position).take(copied.len());
    assert!(positions.iter().copied().eq(follows), "a group follows the head of the copy");
    let (is_foreign, notices) = parts.pending.note_copied(&copied);
    let mut is_foreign = is_foreign.into_iter();
    leaves.retain(|_| is_foreign.next().unwrap_or(true));
    let observer = take_over(parts.observer.read()).clone();
    if let Some(observer) = observer
        && !leaves.is_empty()
    {
        observer(&leaves);
    }
    notices.send();
    Ok(())
}

/// Appends to the copy. A full disk is waited for, as the embedded log recovers from it by itself.
async fn append_all(
    parts: &FollowerParts,
    batch: Vec<StreamAppend>,
) -> Result<Vec<Position>, SubscriptionEnd> {
    let mut backoff = Backoff::default();
    loop {
        let results = parts.copy.append(batch.clone()).await;
        let all: Result<Vec<_>, AppendError> = results.into_iter().collect();
        match all {
            Ok(appended) => return Ok(appended.into_iter().flat_map(|one| one.positions).collect()),
            Err(error @ (AppendError::Full | AppendError::Busy)) => {
                parts.health.lost(ConnectionSide::Following, &format!("this node's copy: {error}"));
                sleep(backoff.next_pause()).await;
            }
            Err(error @ AppendError::Conflict { .. }) => {
                return Err(SubscriptionEnd::Stopped(format!(
                    "the cluster skipped events: {error}; hint: restart this node with an empty directory"
                )));
            }
            Err(error) => return Err(SubscriptionEnd::Stopped(format!("this node's copy: {error}"))),
        }
    }
}
