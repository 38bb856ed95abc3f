//! As much of HTTP/1.1 as the clients need, at as little processor time as possible: the service shares the
//! cores with them.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep_until;

/// How long a client waits that was turned away or cut off. `Retry-After` asks for more.
const PAUSE: Duration = Duration::from_millis(100);
const HEAD_END: &[u8] = b"\r\n\r\n";
/// The end of a body in chunks. Bodies are JSON, which has no carriage return inside.
const CHUNKS_END: &[u8] = b"0\r\n\r\n";

/// The head of an answer whose body was read and dropped.
pub struct Answer {
    pub status: u16,
    head: String,
}

impl Answer {
    /// A header's value. Names are asked for in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Reads an answer to its end.
pub async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Answer> {
    buffer.clear();
    let end = loop {
        read_more(stream, buffer).await?;
        if let Some(end) = memchr::memmem::find(buffer, HEAD_END) {
            break end + HEAD_END.len();
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP"))?;
    let answer = Answer { status, head };
    buffer.drain(..end);
    if let Some(length) = answer.header("content-length") {
        let mut left = length.parse::<usize>().expect("a length is a number").saturating_sub(buffer.len());
        while left > 0 {
            buffer.clear();
            read_more(stream, buffer).await?;
            left = left.saturating_sub(buffer.len());
        }
    } else if answer.header("transfer-encoding").is_some() {
        while !buffer.ends_with(CHUNKS_END) {
            buffer.drain(..buffer.len().saturating_sub(CHUNKS_END.len()));
            read_more(stream, buffer).await?;
        }
    }
    Ok(answer)
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// A client that keeps its connection, and connects again when the service ended it.
pub struct Caller {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Caller {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(4_096) }
    }

    /// Sends a request and reads the answer; none when the connection ended before.
    pub async fn ask(&mut self, request: &[u8]) -> Option<Answer> {
        let answer = self.exchange(request).await.ok();
        let is_last = |answer: &Answer| answer.header("connection") == Some("close");
        if answer.as_ref().is_none_or(is_last) {
            self.stream = None;
        }
        if answer.as_ref().is_none_or(|answer| answer.status == 503) {
            pause(PAUSE).await;
        }
        answer
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        if self.stream.is_none() {
            self.stream = Some(TcpStream::connect(self.address).await?);
        }
        let stream = self.stream.as_mut().expect("it is connected");
        stream.write_all(request).await?;
        read_answer(stream, &mut self.buffer).await
    }
}

pub async fn pause(duration: Duration) {
    sleep_until((Instant::now() + duration).into()).await;
}

/// A request with a body.
pub fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    with_body("POST", path, content_type, body)
}

/// A request that puts JSON.
pub fn put(path: &str, body: &str) -> Vec<u8> {
    with_body("PUT", path, "application/json", body.as_bytes())
}

fn with_body(method: &str, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\n\
         content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A request without a body.
pub fn get(path: &str, accept: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\naccept: {accept}\r\n\r\n").into_bytes()
}
