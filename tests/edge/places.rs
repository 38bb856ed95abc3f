//! The limit on connections: who gets a place, who waits for one, and who is refused.

use std::time::Instant;

use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Connection;
use crate::support::patience::PATIENCE;

const CONNECTIONS_MAX: usize = 3;

fn start(connection_wait_ms: u64) -> TestServer {
    let idle_timeout_ms = 600_000;
    let limits =
        Limits { connections_max: CONNECTIONS_MAX, connection_wait_ms, idle_timeout_ms, ..short_limits() };
    TestServer::start(limits)
}

/// A connection that is busy until it is dropped.
fn busy(server: &TestServer) -> Connection {
    let mut client = server.client();
    client.send("GET /sse HTTP/1.1\r\nhost: ledger\r\n\r\n");
    client.read_until("data: first");
    client
}

fn patience_ms() -> u64 {
    u64::try_from(PATIENCE.as_millis()).unwrap()
}

#[test]
fn the_last_place_is_served_and_one_more_connection_is_refused_after_its_wait() {
    let server = start(300);
    let mut held: Vec<Connection> = (0..CONNECTIONS_MAX - 1).map(|_| busy(&server)).collect();
    held.push(busy(&server));
    let mut one_more = server.client();
    one_more.send("GET /noop HTTP/1.1\r\nhost: ledger\r\n\r\n");
    let answer = one_more.answer();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(answer.problem_document()["code"], "too_many_connections");
    assert_eq!(server.metrics.connections_refused.get(), 1);
    assert_eq!(server.metrics.connections_open.get(), i64::try_from(CONNECTIONS_MAX).unwrap());

    drop(held.pop());
    server.expect("sse ended");
    assert_eq!(server.client().get("/noop").status, 200);
    assert_eq!(server.metrics.connections_refused.get(), 1);
}

#[test]
fn a_connection_beyond_the_limit_is_served_as_soon_as_a_place_is_free() {
    let server = start(patience_ms());
    let mut held: Vec<Connection> = (0..CONNECTIONS_MAX).map(|_| busy(&server)).collect();
    let mut waiting = server.client();
    waiting.send("GET /noop HTTP/1.1\r\nhost: ledger\r\n\r\n");
    drop(held.pop());
    assert_eq!(waiting.answer().status, 200);
    assert_eq!(server.metrics.connections_refused.get(), 0);
}

#[test]
fn idle_connections_make_room_for_a_waiting_one() {
    let server = start(patience_ms());
    let mut idle: Vec<Connection> = (0..CONNECTIONS_MAX).map(|_| server.client()).collect();
    for client in &mut idle {
        assert_eq!(client.get("/noop").status, 200);
    }
    assert_eq!(server.client().get("/noop").status, 200);
    assert_eq!(server.metrics.connections_refused.get(), 0);
}

#[test]
fn a_chatty_connection_gives_its_place_to_a_waiting_one() {
    let server = start(patience_ms());
    let held: Vec<Connection> = (1..CONNECTIONS_MAX).map(|_| busy(&server)).collect();
    let mut chatty = server.client();
    assert_eq!(chatty.get("/noop").status, 200);
    let mut waiting = server.client();
    waiting.send("GET /noop HTTP/1.1\r\nhost: ledger\r\n\r\n");
    let began = Instant::now();
    while chatty.get("/noop").headers.get("connection").is_none_or(|value| value != "close") {
        assert!(began.elapsed() < PATIENCE, "the chatty connection kept its place");
    }
    assert_eq!(waiting.answer().status, 200);
    drop(held);
}

#[test]
fn a_flood_of_silent_sockets_delays_an_honest_client_but_does_not_refuse_it() {
    let server = start(patience_ms());
    let silent: Vec<Connection> = (0..10 * CONNECTIONS_MAX).map(|_| server.client()).collect();
    assert_eq!(server.client().get("/noop").status, 200);
    assert_eq!(server.metrics.connections_refused.get(), 0);
    drop(silent);
}
