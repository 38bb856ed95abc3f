//! A load generator as small as it can be: kept-alive connections that send prepared requests one after
//! another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run came to.
pub struct Outcome {
    pub requests: u64,
    pub elapsed: Duration,
    /// Of every request, in microseconds, ascending.
    pub latencies_us: Vec<u32>,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    pub fn percentile_us(&self, share: f64) -> u32 {
        let index = (self.latencies_us.len() as f64 * share) as usize;
        self.latencies_us[index.min(self.latencies_us.len() - 1)]
    }
}

/// Gives connection after connection its next request; `None` ends it.
pub type Requests = Arc<dyn Fn() -> Option<Vec<u8>> + Send + Sync>;

/// Runs so many connections until the time is over or the requests are.
pub async fn run(address: SocketAddr, connections: usize, seconds: u64, requests: Requests) -> Outcome {
    let started = Instant::now();
    let deadline = started + Duration::from_secs(seconds);
    let answered = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (requests, answered) = (requests.clone(), answered.clone());
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("the server accepts");
            stream.set_nodelay(true).expect("a socket option");
            let mut latencies = Vec::new();
            let mut buffer = Vec::with_capacity(1 << 16);
            while Instant::now() < deadline {
                let Some(request) = requests() else { break };
                let sent = Instant::now();
                stream.write_all(&request).await.expect("the server reads");
                let status = read_answer(&mut stream, &mut buffer).await;
                assert!((200..300).contains(&status), "{}", String::from_utf8_lossy(&buffer));
                latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                answered.fetch_add(1, Ordering::Relaxed);
            }
            latencies
        }));
    }
    let mut latencies_us = Vec::new();
    for task in tasks {
        latencies_us.extend(task.await.expect("a connection"));
    }
    latencies_us.sort_unstable();
    Outcome { requests: answered.load(Ordering::Relaxed), elapsed: started.elapsed(), latencies_us }
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        assert!(stream.read_buf(buffer).await.expect("the server answers") > 0, "the server hung up");
        if let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            let head = std::str::from_utf8(&buffer[..end]).expect("a head is text");
            let status = head[9..12].parse().expect("a status");
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a length"));
            while buffer.len() < end + 4 + length {
                assert!(stream.read_buf(buffer).await.expect("the server answers") > 0, "cut off");
            }
            return status;
        }
    }
}

/// An HTTP request with a body.
pub fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// An HTTP request without one.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}
