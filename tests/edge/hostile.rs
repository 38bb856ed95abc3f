//! Clients that are slow, silent or greedy lose their connection; honest ones do not notice.

use std::time::{Duration, Instant};

use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Connection;
use crate::support::patience::until;

/// A time-out that is hit must be hit near its figure: this is late even for a busy machine.
const LATE: Duration = Duration::from_millis(3_000);
const HEADER_TIMEOUT: Duration = Duration::from_millis(200);

#[test]
fn half_a_header_then_silence_is_closed() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("GET /noop HTTP/1.1\r\nhost: led");
    let took = client.time_to_silent_close();
    assert!(took < LATE, "{took:?}");
}

#[test]
fn a_dripped_header_is_closed() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    let endless_header = b"GET /noop HTTP/1.1\r\nx: ".iter().copied().chain(std::iter::repeat(b'a'));
    let began = Instant::now();
    client.drip(endless_header, Duration::from_millis(20));
    let took = began.elapsed();
    assert!(took >= HEADER_TIMEOUT && took < LATE, "{took:?}");
}

#[test]
fn a_silent_connection_is_closed() {
    let server = TestServer::start(short_limits());
    let took = server.client().time_to_silent_close();
    assert!(took < LATE, "{took:?}");
}

#[test]
fn an_idle_connection_outlives_the_header_timeout_but_not_the_idle_timeout() {
    let idle_timeout_ms = 700;
    let server = TestServer::start(Limits { idle_timeout_ms, ..short_limits() });
    let mut client = server.client();
    assert_eq!(client.get("/noop").status, 200);
    let took = client.time_to_silent_close();
    assert!(took > 2 * HEADER_TIMEOUT && took < LATE, "{took:?}");
}

#[test]
fn half_a_second_header_is_closed_by_the_header_timeout() {
    let server = TestServer::start(Limits { idle_timeout_ms: 60_000, ..short_limits() });
    let mut client = server.client();
    assert_eq!(client.get("/noop").status, 200);
    client.send("GET /noop HTTP/1.1\r\nhost: led");
    let took = client.time_to_silent_close();
    assert!(took < LATE, "{took:?}");
}

#[test]
fn a_dripped_body_is_answered_408() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nhost: ledger\r\ncontent-length: 10000\r\n\r\n");
    let began = Instant::now();
    client.drip(std::iter::repeat(b'a'), Duration::from_millis(20));
    assert!(began.elapsed() < LATE);
    let answer = client.answer();
    assert_eq!(answer.status, 408);
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(answer.problem_document()["code"], "body_timed_out");
}

#[test]
fn a_body_that_stops_is_answered_408() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nhost: ledger\r\ncontent-length: 10000\r\n\r\nstart");
    assert_eq!(client.answer().status, 408);
}

#[test]
fn a_reader_that_does_not_read_is_cut_off() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("GET /endless HTTP/1.1\r\nhost: ledger\r\n\r\n");
    server.expect("endless dropped");
    drop(client);
}

#[test]
fn a_silent_stream_that_is_read_outlives_every_timeout() {
    let limits = Limits { idle_timeout_ms: 200, request_timeout_ms: 250, ..short_limits() };
    let server = TestServer::start(limits);
    let mut streaming = server.client();
    streaming.send("GET /sse HTTP/1.1\r\nhost: ledger\r\n\r\n");
    streaming.read_until("data: first");
    // Another connection times out twice over while the stream says nothing.
    for _ in 0..2 {
        assert!(server.client().time_to_silent_close() < LATE);
    }
    drop(streaming);
    server.expect("sse ended");
}

#[test]
fn honest_requests_succeed_among_fifty_hostile_sockets() {
    let server = TestServer::start(Limits { header_timeout_ms: 2_000, ..short_limits() });
    let openings: [&[u8]; 5] = [
        b"",
        b"GET /noop HTTP/1.1\r\nhos",
        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\nx",
        b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    let hostile: Vec<Connection> = (0..50)
        .map(|number| {
            let mut client = server.client();
            client.send(openings[number % openings.len()]);
            client
        })
        .collect();
    let mut honest = server.client();
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        let began = Instant::now();
        assert_eq!(honest.get("/noop").status, 200);
        assert_eq!(server.client().post("/echo", b"event").body, b"event");
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_millis(1_000), "{slowest:?}");
    drop(hostile);
}

#[test]
fn a_stalled_client_frees_its_place() {
    let server = TestServer::start(short_limits());
    let mut silent = server.client();
    silent.time_to_silent_close();
    let open = || server.metrics.connections_open.get();
    until(|| format!("{} connections stay open", open()), || (open() == 0).then_some(()));
}
