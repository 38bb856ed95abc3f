//! HTTP/1.1 on real sockets, for honest clients and for those that misbehave.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::patience::PATIENCE;

/// An answer as it came over the socket.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON body of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The JSON of an answer that must be a problem document.
    pub fn problem_document(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        self.json()
    }

    /// The problem document of an answer that must have this status and code.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        self.expect(status);
        let problem = self.problem_document();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{code}"), "{problem}");
        assert_eq!(problem["instance"], self.headers["x-request-id"], "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }
}

/// Sends one request on a connection of its own and reads its answer to the end.
pub fn request(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    try_request(address, line, headers, body).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The same.
///
/// # Errors
/// When there is no connection, or it ends before the answer does.
pub fn try_request(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    let headers = [&[("connection", "close")], headers].concat();
    Connection::try_open(address)?.try_request(line, &headers, body)
}

/// A GET on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path}"), &[], b"")
}

/// A POST of JSON on a connection of its own.
pub fn post(address: SocketAddr, path: &str, body: impl AsRef<[u8]>) -> Answer {
    request(address, &format!("POST {path}"), &[("content-type", "application/json")], body.as_ref())
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address).unwrap()
    }

    /// # Errors
    /// When nobody listens.
    pub fn try_open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends what the server may refuse to take to the end.
    pub fn send_as_far_as_taken(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.request(&format!("GET {path}"), &[], b"")
    }

    pub fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        self.request(&format!("POST {path}"), &[], body)
    }

    pub fn request(&mut self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_request(line, headers, body).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// # Errors
    /// When the connection ends before the answer does.
    pub fn try_request(&mut self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let mut head = format!("{line} HTTP/1.1\r\nhost: ledger\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || !line.starts_with("GET") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes())?;
        // The server may refuse to take a body to the end; its answer is read all the same.
        self.send_as_far_as_taken(body);
        self.try_answer()
    }

    pub fn answer(&mut self) -> Answer {
        self.try_answer().unwrap()
    }

    fn try_answer(&mut self) -> Result<Answer> {
        let mut answer = self.try_head()?;
        if let Some(bytes) = answer.headers.get("content-length") {
            let bytes = bytes.parse().map_err(Error::other)?;
            answer.body = self.take(bytes)?;
        } else if answer.headers.contains_key("transfer-encoding") {
            loop {
                let chunk = self.try_chunk()?;
                if chunk.is_empty() {
                    break;
                }
                answer.body.extend(chunk);
            }
        }
        Ok(answer)
    }

    /// Reads the head of an answer and leaves its body in the socket.
    pub fn head(&mut self) -> Answer {
        self.try_head().unwrap()
    }

    fn try_head(&mut self) -> Result<Answer> {
        let head = self.take_to("\r\n\r\n")?;
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| Error::other(format!("{first:?} is no first line")))?;
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Answer { status, headers, body: Vec::new() })
    }

    /// The next chunk of a body; an empty one ends the body in order.
    pub fn chunk(&mut self) -> Vec<u8> {
        self.try_chunk().unwrap()
    }

    fn try_chunk(&mut self) -> Result<Vec<u8>> {
        let size = self.take_to("\r\n")?;
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a chunk begins with its size");
        let mut chunk = self.take(size + 2)?;
        chunk.truncate(size);
        Ok(chunk)
    }

    /// Takes so many bytes.
    fn take(&mut self, bytes: usize) -> Result<Vec<u8>> {
        while self.unread.len() < bytes {
            self.read_some()?;
        }
        Ok(self.unread.drain(..bytes).collect())
    }

    /// Takes everything up to the first of these texts, and it.
    fn take_to(&mut self, end: &str) -> Result<String> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end.as_bytes()) {
                let bytes = self.take(at + end.len())?;
                return String::from_utf8(bytes).map_err(Error::other);
            }
            self.read_some()?;
        }
    }

    /// Reads what there is, which must be something.
    fn read_some(&mut self) -> Result<()> {
        let mut bytes = [0; 16 * 1024];
        let read = self.stream.read(&mut bytes);
        if let Err(error) = &read {
            let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!is_late, "within {PATIENCE:?} the server neither answers nor closes");
        }
        match read? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, format!("closed after {:?}", self.unread_text()))),
            count => {
                self.unread.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }

    fn unread_text(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }

    /// Reads until the text comes.
    pub fn read_until(&mut self, text: &str) {
        while !self.unread_text().contains(text) {
            self.read_some().unwrap_or_else(|error| panic!("before {text:?}: {error}"));
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
