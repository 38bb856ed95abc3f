//! The graceful stop: what is in flight is finished, what is endless is ended, what hangs is cut off.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use attempt_ledger::http::edge::StopReport;
use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Connection;
use crate::support::patience::PATIENCE;

const DRAINED: StopReport = StopReport { drained: true, aborted_connections: 0 };

fn asking(server: &TestServer, path: &str) -> Connection {
    let mut client = server.client();
    client.send(format!("GET {path} HTTP/1.1\r\nhost: ledger\r\n\r\n"));
    client
}

#[test]
fn a_stop_finishes_what_is_in_flight_and_ends_streams_while_hooks_are_taken() {
    let mut server = TestServer::start(short_limits());
    let mut slow = asking(&server, "/slow");
    server.expect("slow began");
    let mut streaming = asking(&server, "/sse");
    streaming.read_until("data: first");
    let mut idle = server.client();
    assert_eq!(idle.get("/noop").status, 200);

    server.begin_stop();
    server.expect("sse ended");
    assert!(streaming.read_to_close().ends_with("0\r\n\r\n"), "the stream ends as a whole message");
    assert_eq!(idle.read_to_close(), "");
    let answer = server.client().post("/echo", b"a hook");
    assert_eq!((answer.status, answer.text().as_str()), (200, "a hook"));
    assert_eq!(answer.headers["connection"], "close");

    server.open_gate();
    let answer = slow.answer();
    assert_eq!((answer.status, answer.text().as_str()), (200, "finished"));
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(server.report(), DRAINED);
    assert!(TcpStream::connect_timeout(&server.address, PATIENCE).is_err(), "no new connections");
}

#[test]
fn a_sender_that_connects_during_a_stop_has_time_to_send_its_hook() {
    let limits = Limits { header_timeout_ms: 5_000, stop_timeout_ms: 60_000, ..short_limits() };
    let mut server = TestServer::start(limits);
    let mut slow = asking(&server, "/slow");
    server.expect("slow began");
    server.begin_stop();
    let (mut late, began) = (server.client(), Instant::now());
    while began.elapsed() < Duration::from_millis(200) {
        assert_eq!(server.client().post("/echo", b"a hook").status, 200);
    }
    assert_eq!(late.post("/echo", b"a late hook").status, 200);
    server.open_gate();
    assert_eq!(slow.answer().status, 200);
    assert_eq!(server.report(), DRAINED);
}

#[test]
fn a_stop_without_requests_in_flight_is_prompt() {
    let mut server = TestServer::start(Limits { stop_timeout_ms: 60_000, ..short_limits() });
    let mut idle = server.client();
    assert_eq!(idle.get("/noop").status, 200);
    let began = Instant::now();
    server.begin_stop();
    assert_eq!(server.report(), DRAINED);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn a_request_in_the_backlog_is_answered_before_the_stop() {
    let mut server = TestServer::start(short_limits());
    let mut clients: Vec<Connection> = (0..20).map(|_| asking(&server, "/noop")).collect();
    server.begin_stop();
    for client in &mut clients {
        assert_eq!(client.answer().status, 200);
    }
    assert_eq!(server.report(), DRAINED);
}

#[test]
fn a_straggler_is_cut_off_after_the_stop_timeout_and_reported() {
    let mut server = TestServer::start(Limits { stop_timeout_ms: 200, ..short_limits() });
    let mut straggler = asking(&server, "/forever");
    server.expect("forever began");
    server.begin_stop();
    assert_eq!(server.report(), StopReport { drained: false, aborted_connections: 1 });
    server.expect("forever dropped");
    assert_eq!(straggler.read_to_close(), "");
}

#[test]
fn dropping_the_service_stops_it_at_once() {
    let mut server = TestServer::start(Limits { stop_timeout_ms: 60_000, ..short_limits() });
    let mut straggler = asking(&server, "/forever");
    server.expect("forever began");
    server.begin_stop();
    server.drop_serve();
    server.expect("forever dropped");
    assert_eq!(straggler.read_to_close(), "");
}
