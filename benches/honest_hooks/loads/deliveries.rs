//! Clients that send more than single hooks.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use attempt_ledger::environment::{Environment as _, System};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::{Callers, FIRST_ATTEMPT_ID};
use crate::http::{Caller, pause, post};
use crate::stock::BATCH_LINES;

const BATCH_CALLERS: usize = 200;
const SEGMENT_CALLERS: usize = 2;
const SEGMENT_BATCH_LINES: u64 = 1_000;
const SLOW_SENDERS: usize = 150;
const SLOW_BODY_BYTES: usize = 16 * 1024 * 1024;
const SLOW_PAUSE: Duration = Duration::from_millis(500);

/// Posts batches of 4,000 deliveries from 200 callers.
pub fn post_batches(runtime: &Runtime, callers: &Callers) {
    post_from(runtime, callers, BATCH_CALLERS, BATCH_LINES);
}

/// Posts batches that fill small segments, which are then packed.
pub fn fill_segments(runtime: &Runtime, callers: &Callers) {
    post_from(runtime, callers, SEGMENT_CALLERS, SEGMENT_BATCH_LINES);
}

fn post_from(runtime: &Runtime, callers: &Callers, count: usize, lines: u64) {
    for _ in 0..count {
        let callers = callers.clone();
        runtime.spawn(async move {
            let (mut caller, mut batch) = (Caller::new(callers.address), Batch::of(lines));
            loop {
                batch.number_from(callers.take_attempt_ids(lines));
                caller.ask(&batch.request).await;
            }
        });
    }
}

/// A request that is written once, and then gets other attempts.
struct Batch {
    request: Vec<u8>,
    /// Where the id of each line begins.
    id_offsets: Vec<usize>,
}

impl Batch {
    fn of(lines: u64) -> Self {
        let delivery = json!({
            "event": "joined", "queue_type": "inbound_queue", "queue_id": 17, "timestamp": System.now().0,
            "attempt_id": FIRST_ATTEMPT_ID,
        });
        let line = format!(
            "{delivery}
"
        );
        let body = line.repeat(usize::try_from(lines).expect("a small number"));
        let request = post("/v1/events", "application/x-ndjson", body.as_bytes());
        let id = FIRST_ATTEMPT_ID.to_string();
        let id_offsets = memchr::memmem::find_iter(&request, id.as_bytes()).collect();
        Self { request, id_offsets }
    }

    /// Gives each line the next id.
    fn number_from(&mut self, first_attempt_id: u64) {
        for (attempt_id, offset) in (first_attempt_id..).zip(&self.id_offsets) {
            let digits = attempt_id.to_string();
            self.request[*offset..offset + digits.len()].copy_from_slice(digits.as_bytes());
        }
    }
}

/// Sends 150 bodies of 16 MiB, a few bytes a second.
pub fn send_slow_bodies(runtime: &Runtime, callers: &Callers) {
    for _ in 0..SLOW_SENDERS {
        let address = callers.address;
        runtime.spawn(async move {
            loop {
                // The service ends it when it takes too long.
                let _ = send_slow_body(address).await;
                pause(SLOW_PAUSE).await;
            }
        });
    }
}

async fn send_slow_body(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {SLOW_BODY_BYTES}\r\n\r\n["
    );
    stream.write_all(head.as_bytes()).await?;
    loop {
        pause(SLOW_PAUSE).await;
        stream.write_all(b"1,").await?;
    }
}
