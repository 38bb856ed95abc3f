//! Event streams, as `EventSource` reads them.

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::http::Connection;

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
    connection: Connection,
    unread: String,
}

impl EventStream {
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut connection = Connection::open(address);
        let mut head = format!("GET {path} HTTP/1.1\r\nhost: ledger\r\naccept: text/event-stream\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        connection.send(head + "\r\n");
        let answer = connection.head();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        assert_eq!(answer.headers["transfer-encoding"], "chunked");
        Self { connection, unread: String::new() }
    }

    /// The next event; `None` when the server ended the stream in order. Comments are passed over.
    pub fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if !event.starts_with(':') {
                    return Some(read(&event));
                }
                continue;
            }
            let chunk = self.connection.chunk();
            if chunk.is_empty() {
                assert_eq!(self.unread, "", "the stream ended within an event");
                return None;
            }
            self.unread.push_str(&String::from_utf8(chunk).unwrap());
        }
    }
}

fn read(text: &str) -> StreamEvent {
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
