//! What administrators start.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::Callers;
use crate::http::{Caller, pause, post, put};
use crate::stock::{BATCH_LINES, WAITING_QUEUE_ID, waiting_lines};

/// How soon the next rebuild is asked for; while one is running that is answered 409.
const REBUILD_PAUSE: Duration = Duration::from_millis(100);

/// Rebuilds every read model, again and again.
pub fn rebuild(runtime: &Runtime, callers: &Callers) {
    let mut caller = Caller::new(callers.address);
    runtime.spawn(async move {
        let request = post("/v1/projections/all/rebuild", "application/json", b"");
        loop {
            caller.ask(&request).await;
            pause(REBUILD_PAUSE).await;
        }
    });
}

/// Defines queues for which refused deliveries wait: first the one of the stock, then others with 4,000 each.
pub fn replay(runtime: &Runtime, callers: &Callers) {
    let callers = callers.clone();
    runtime.spawn(async move {
        let mut caller = Caller::new(callers.address);
        for queue_id in WAITING_QUEUE_ID.. {
            caller.ask(&put(&format!("/v1/queues/{queue_id}"), r#"{"type":"inbound_queue"}"#)).await;
            let lines = waiting_lines(queue_id + 1, callers.take_attempt_ids(BATCH_LINES));
            caller.ask(&post("/v1/events", "application/x-ndjson", lines.as_bytes())).await;
        }
    });
}
