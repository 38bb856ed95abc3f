//! Clients that ask without a pause.

use tokio::runtime::Runtime;

use super::Callers;
use crate::http::{Caller, get};
use crate::stock::LONG_ATTEMPT_ID;

const LONG_TIMELINE_READERS: usize = 4;
const CONNECTIONS: usize = 6_000;
const SCANNERS: usize = 2;

/// Reads one attempt of 10,000 events, in each of its forms.
pub fn read_long_timelines(runtime: &Runtime, callers: &Callers) {
    let paths = ["", "/events", "/timeline"].map(|part| format!("/v1/attempts/{LONG_ATTEMPT_ID}{part}"));
    let requests = paths.map(|path| get(&path, "application/json"));
    for _ in 0..LONG_TIMELINE_READERS {
        let (mut caller, requests) = (Caller::new(callers.address), requests.clone());
        runtime.spawn(async move {
            loop {
                for request in &requests {
                    caller.ask(request).await;
                }
            }
        });
    }
}

/// Asks on each of 6,000 connections.
pub fn ask_on_many_connections(runtime: &Runtime, callers: &Callers) {
    for _ in 0..CONNECTIONS {
        let mut caller = Caller::new(callers.address);
        runtime.spawn(async move {
            let request = get("/v1/attempts?limit=10", "application/json");
            loop {
                caller.ask(&request).await;
            }
        });
    }
}

/// Reads the log from its beginning to its end, again and again.
pub fn scan(runtime: &Runtime, callers: &Callers) {
    for _ in 0..SCANNERS {
        let mut caller = Caller::new(callers.address);
        runtime.spawn(async move {
            let mut after = 0;
            loop {
                let path = format!("/v1/events?after={after}&limit=1000");
                let Some(page) = caller.ask(&get(&path, "application/x-ndjson")).await else { continue };
                let next = page.header("ledger-next-after").and_then(|next| next.parse::<u64>().ok());
                after = match next {
                    Some(next) if next > after => next,
                    Some(_) => 0,
                    // It was turned away.
                    None => after,
                };
            }
        });
    }
}
