//! A blocking HTTP/1.1 client that can also misbehave.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

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
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

pub struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, unread: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends what the server may refuse to take to the end.
    pub fn send_as_far_as_taken(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: ledger\r\n\r\n"));
        self.answer()
    }

    pub fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        let bytes = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: ledger\r\ncontent-length: {bytes}\r\n\r\n");
        self.send(head);
        self.send_as_far_as_taken(body);
        self.answer()
    }

    /// Reads the head of an answer and leaves its body in the socket.
    pub fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.read_more() > 0, "closed within the head: {:?}", self.unread_text());
        };
        let head: Vec<u8> = self.unread.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Answer { status, headers, body: Vec::new() }
    }

    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let bytes = answer.headers.get("content-length").map_or(0, |value| value.parse().unwrap());
        while self.unread.len() < bytes {
            assert!(self.read_more() > 0, "closed within the body of {answer:?}");
        }
        answer.body = self.unread.drain(..bytes).collect();
        answer
    }

    fn unread_text(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }

    fn read_more(&mut self) -> usize {
        let mut bytes = [0; 16 * 1024];
        let count = self.stream.read(&mut bytes).expect("the server neither answers nor closes");
        self.unread.extend_from_slice(&bytes[..count]);
        count
    }

    /// Reads until the text comes.
    pub fn read_until(&mut self, text: &str) {
        while !self.unread_text().contains(text) {
            assert!(self.read_more() > 0, "closed before {text:?}: {:?}", self.unread_text());
        }
    }

    /// Reads until the server closes; whatever came before is returned.
    pub fn read_to_close(&mut self) -> String {
        while matches!(self.read_with_reset(PATIENCE), Some(count) if count > 0) {}
        self.unread_text()
    }

    /// How long the server takes to close, which it must do without another byte.
    pub fn time_to_silent_close(&mut self) -> Duration {
        let began = Instant::now();
        let heard = self.read_to_close();
        assert_eq!(heard, "", "the server spoke before it closed");
        began.elapsed()
    }

    /// Sends the bytes one by one, each after a pause, until the server closes or answers.
    pub fn drip(&mut self, bytes: impl Iterator<Item = u8>, pause: Duration) {
        let began = Instant::now();
        for byte in bytes {
            assert!(began.elapsed() < PATIENCE, "the server let itself be dripped upon");
            if self.stream.write_all(&[byte]).is_err() || self.read_with_reset(pause).is_some() {
                return;
            }
        }
        panic!("the server took every byte");
    }

    /// The bytes read (0 for a close or a reset), or nothing when the pause passed first.
    fn read_with_reset(&mut self, pause: Duration) -> Option<usize> {
        self.stream.set_read_timeout(Some(pause)).unwrap();
        let mut bytes = [0; 16 * 1024];
        let read = self.stream.read(&mut bytes);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        match read {
            Ok(count) => {
                self.unread.extend_from_slice(&bytes[..count]);
                Some(count)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                assert!(pause < PATIENCE, "the server did not close");
                None
            }
            Err(_) => Some(0),
        }
    }
}
