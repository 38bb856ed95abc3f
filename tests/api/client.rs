//! A small blocking HTTP/1.1 client: whole requests, whole answers, and event streams.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// No test waits longer than this for anything; reaching it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An answer as it came over the socket.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The JSON body of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem document of an answer that must have this status and code.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{code}"), "{problem}");
        assert_eq!(problem["instance"], self.headers["x-request-id"], "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends one request on a connection of its own and reads its answer to the end.
pub fn request(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = connect(address);
    let mut head = format!("{line} HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || !line.starts_with("GET") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // The server may refuse to take a body to the end; its answer is read all the same.
    let _ = stream.write_all(body);
    let mut reader = BufReader::new(stream);
    let (status, headers) = read_head(&mut reader);
    let mut body = Vec::new();
    if let Some(bytes) = headers.get("content-length") {
        body.resize(bytes.parse().unwrap(), 0);
        reader.read_exact(&mut body).unwrap();
    } else if headers.contains_key("transfer-encoding") {
        while read_chunk(&mut reader, &mut body) > 0 {}
    }
    Answer { status, headers, body }
}

/// Adds the next chunk to the body and tells its length; 0 for the one that ends the body in order.
fn read_chunk(reader: &mut impl BufRead, body: &mut Vec<u8>) -> usize {
    let mut size = String::new();
    reader.read_line(&mut size).expect("the server neither sends nor ends");
    let size = usize::from_str_radix(size.trim_end(), 16).expect("a chunk begins with its size");
    let begin = body.len();
    body.resize(begin + size + 2, 0);
    reader.read_exact(&mut body[begin..]).unwrap();
    body.truncate(begin + size);
    size
}

fn read_head(reader: &mut impl BufRead) -> (u16, BTreeMap<String, String>) {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "closed within the head: {lines:?}");
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines[1..].iter().map(|line| line.split_once(':').unwrap());
    (status, headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect())
}

/// One event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct StreamEvent {
    /// 0 when the event has none.
    pub id: u64,
    pub event: String,
    pub data: Value,
}

/// An open event stream.
pub struct EventStream {
    reader: BufReader<TcpStream>,
    unread: String,
}

impl EventStream {
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = connect(address);
        let mut head = format!("GET {path} HTTP/1.1\r\nhost: ledger\r\naccept: text/event-stream\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (status, headers) = read_head(&mut reader);
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["transfer-encoding"], "chunked");
        Self { reader, unread: String::new() }
    }

    /// The next event; `None` when the server ended the stream in order. Comments are passed over.
    pub fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if !event.starts_with(':') {
                    return Some(read_event(&event));
                }
                continue;
            }
            let chunk = self.read_chunk();
            if chunk.is_empty() {
                assert_eq!(self.unread, "", "the stream ended within an event");
                return None;
            }
            self.unread.push_str(&chunk);
        }
    }

    fn read_chunk(&mut self) -> String {
        let mut chunk = Vec::new();
        read_chunk(&mut self.reader, &mut chunk);
        String::from_utf8(chunk).unwrap()
    }
}

fn read_event(text: &str) -> StreamEvent {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim_start)
    };
    let needed = |name: &str| field(name).unwrap_or_else(|| panic!("no {name} in {text:?}"));
    StreamEvent {
        id: field("id").map_or(0, |id| id.parse().unwrap()),
        event: needed("event").to_owned(),
        data: serde_json::from_str(needed("data")).unwrap(),
    }
}
