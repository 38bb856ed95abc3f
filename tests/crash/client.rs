//! A kept-alive HTTP/1.1 connection to a server that may die at any moment.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::hooks::Hook;

/// A server that is alive and does not answer within this time fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer that arrived completely.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// Whether the log has said that it takes no more writes.
    pub fn is_poisoned(&self) -> bool {
        self.status == 503 && self.body["code"] == "log_poisoned"
    }
}

pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// # Errors
    /// When the server died before the answer was complete.
    pub fn post(&mut self, hook: &Hook) -> Result<Answer> {
        self.request("POST", &hook.path(), &hook.body)
    }

    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.request("GET", path, "")
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let length = body.len();
        let json = "content-type: application/json";
        let head = format!("{method} {path} HTTP/1.1\r\nhost: ledger\r\n{json}\r\ncontent-length: {length}");
        self.0.get_mut().write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
        let answer = self.answer();
        if let Err(error) = &answer {
            let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!is_late, "no answer to {method} {path} within {PATIENCE:?}");
        }
        answer
    }

    fn answer(&mut self) -> Result<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| Error::other(status_line.clone()))?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(Error::other)?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, body: serde_json::from_slice(&body).map_err(Error::other)? })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 || !line.ends_with("\r\n") {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.len() - 2);
        Ok(line)
    }
}
