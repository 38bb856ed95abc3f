//! A dialer that reports its hooks when they are due, whatever became of those before, and waits one second
//! for each answer.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use attempt_ledger::environment::{Environment as _, System};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout_at};

use crate::http::{post, read_answer};

/// The variable of each hook that holds its number.
pub const NUMBER: &str = "honest_hook";
/// How long the dialer waits for connection and answer together. Then it closes the connection, and it does
/// not report the hook again.
pub const PATIENCE: Duration = Duration::from_secs(1);

const HOOKS_PER_SECOND: u32 = 300;
/// The steps of an attempt, which follow each other one second apart.
const STEPS: [&str; 4] = ["joined", "offering", "bridged", "leaving"];
const FIRST_ATTEMPT_ID: u32 = 1_000_000_000;

/// What became of one hook, as the dialer sees it.
pub struct Call {
    /// Whether the socket took the whole request.
    pub is_written: bool,
    pub end: End,
    /// From the moment when the hook was due.
    pub latency: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Answered(u16),
    /// The connection ended without an answer.
    Closed,
    GaveUp,
    /// No connection was made within the second, so that the hook never arrived.
    Refused,
}

/// Reports hooks from a moment on. The answer has one entry for each number, from 0.
pub async fn dial(address: SocketAddr, first: Instant, seconds: u32) -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..HOOKS_PER_SECOND * seconds {
        let due = first + Duration::from_secs(1) * number / HOOKS_PER_SECOND;
        sleep_until(due.into()).await;
        calls.push(tokio::spawn(call(address, hook(number), due)));
    }
    let mut ended = Vec::with_capacity(calls.len());
    for call in calls {
        ended.push(call.await.expect("a call does not panic"));
    }
    ended
}

/// One hook on a connection of its own.
async fn call(address: SocketAddr, request: Vec<u8>, due: Instant) -> Call {
    let mut is_written = false;
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&request).await?;
        is_written = true;
        read_answer(&mut stream, &mut Vec::with_capacity(1_024)).await
    };
    let end = match timeout_at((due + PATIENCE).into(), exchange).await {
        Ok(Ok(answer)) => End::Answered(answer.status),
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ConnectionRefused => End::Refused,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => End::Closed,
            _ => panic!("the dialer itself fails: {error}"),
        },
        Err(_) if is_written => End::GaveUp,
        Err(_) => End::Refused,
    };
    Call { is_written, end, latency: due.elapsed() }
}

/// The hook of a number: in each second as many attempts begin as reach each later step.
fn hook(number: u32) -> Vec<u8> {
    let steps = u32::try_from(STEPS.len()).expect("there are four");
    let (second, index) = (number / HOOKS_PER_SECOND, number % HOOKS_PER_SECOND);
    let step = index % steps;
    // Those of the first seconds began before the first hook.
    let generation = second + steps - 1 - step;
    let attempt_id = FIRST_ATTEMPT_ID + generation * (HOOKS_PER_SECOND / steps) + index / steps;
    let body = json!({
        "attempt_id": attempt_id.to_string(), "queue_id": "17", "channel": "call",
        "destination": "+380441234567", "agent_id": (attempt_id % 97).to_string(),
        "timestamp": System.now().0.to_string(), NUMBER: number.to_string(),
    })
    .to_string();
    post(&format!("/v1/hooks/inbound_queue/{}", STEPS[step as usize]), "application/json", body.as_bytes())
}
