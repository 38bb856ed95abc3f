//! Positions of the log that a client names: none may lie beyond its head.

use std::time::Duration;

use attempt_ledger_domain::Position;
use axum::http::StatusCode;
use tokio::time::timeout;

use crate::http::api::state::Api;
use crate::http::problem::Problem;

/// The position, which the log has reached. In a cluster another node may have given it: a copy that is a
/// moment behind gets that moment.
pub async fn within_head(api: &Api, name: &str, stated: u64) -> Result<Position, Problem> {
    let (log, position) = (api.ledger.log(), Position(stated));
    if log.is_shared() && position > log.head() {
        let mut heads = log.subscribe();
        let patience = Duration::from_millis(api.limits.min_position_wait_ms);
        // What was waited for in vain shows in the head below.
        let _ = timeout(patience, heads.wait_for(|head| *head >= position)).await;
    }
    let head = log.head();
    if position <= head { Ok(position) } else { Err(beyond_head(name, head)) }
}

/// The position up to which an answer shall speak: the head, where none is stated.
pub async fn as_of(api: &Api, stated: Option<u64>) -> Result<Position, Problem> {
    match stated {
        Some(stated) => within_head(api, "as_of", stated).await,
        None => Ok(api.ledger.log().head()),
    }
}

fn beyond_head(name: &str, head: Position) -> Problem {
    let reason = format!("the log ends at position {head}");
    Problem::new(StatusCode::BAD_REQUEST, "position_beyond_head", "The log has not come so far")
        .with_detail(format!("`{name}`: {reason}."))
        .with_error(name, reason)
        .with_head(head.0)
        .with_hint(
            "A position from this ledger is never beyond its head: it is another ledger's, or this one was \
             restored from an older copy. Begin again from `head` or before.",
        )
}
