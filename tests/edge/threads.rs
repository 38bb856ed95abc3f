//! Which threads serve a connection: those for hooks have nothing else to do.

use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Connection;

/// The threads that serve what comes on this connection.
fn threads_of(client: &mut Connection, head: &str, body: &[u8]) -> String {
    client.send(&format!("POST /thread HTTP/1.1\r\nhost: ledger\r\n{head}\r\n"));
    client.send_as_far_as_taken(body);
    let answer = client.answer();
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).unwrap()
}

fn start() -> TestServer {
    TestServer::start(Limits { event_bytes_max: 1_000, ..short_limits() })
}

#[test]
fn a_hook_is_served_where_connections_are_accepted() {
    let server = start();
    for client in [&mut server.client(), &mut server.client()] {
        for _ in 0..2 {
            assert_eq!(threads_of(client, "content-length: 3\r\n", b"abc"), "hooks");
        }
    }
}

#[test]
fn what_is_longer_than_a_hook_or_states_no_length_is_served_apart() {
    let server = start();
    let long = vec![b'x'; 20_000];
    let head = format!("content-length: {}\r\n", long.len());
    assert_eq!(threads_of(&mut server.client(), &head, &long), "batches");
    let chunked = "transfer-encoding: chunked\r\n";
    assert_eq!(threads_of(&mut server.client(), chunked, b"1\r\na\r\n0\r\n\r\n"), "batches");
}

#[test]
fn a_connection_stays_where_its_first_request_puts_it() {
    let server = start();
    let mut client = server.client();
    assert_eq!(client.get("/noop").status, 200);
    assert_eq!(threads_of(&mut client, "content-length: 0\r\n", b""), "questions");
    let mut client = server.client();
    assert_eq!(client.get("/metrics").status, 200);
    assert_eq!(threads_of(&mut client, "content-length: 0\r\n", b""), "hooks");
}
