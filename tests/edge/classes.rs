//! Deliveries and questions: whatever questions do, deliveries are answered.

use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Connection;

const QUESTIONS_MAX: usize = 3;

fn start(limits: Limits) -> TestServer {
    TestServer::start(Limits { questions_max: QUESTIONS_MAX, question_wait_ms: 50, ..limits })
}

fn computing(server: &TestServer) -> Connection {
    let mut client = server.client();
    client.send("GET /compute HTTP/1.1\r\nhost: ledger\r\n\r\n");
    server.expect("compute began");
    client
}

#[test]
fn deliveries_are_answered_while_every_question_blocks_its_thread() {
    let server = start(short_limits());
    let busy: Vec<Connection> = (0..QUESTIONS_MAX).map(|_| computing(&server)).collect();
    // More than the threads that the server has for connections.
    for _ in 0..8 {
        assert_eq!(server.client().post("/echo", b"a hook").status, 200);
    }
    let answer = server.client().get("/noop");
    answer.problem(503, "too_many_questions");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(server.metrics.requests_turned_away.get(), 1);
    drop(busy);
}

#[test]
fn a_question_that_computes_is_answered_at_its_timeout_and_ends() {
    let server = start(Limits { request_timeout_ms: 300, ..short_limits() });
    let mut client = computing(&server);
    client.answer().problem(503, "request_timed_out");
    server.expect("compute ended");
    assert_eq!(server.client().get("/noop").status, 200);
}

#[test]
fn a_question_whose_client_has_left_ends() {
    let server = start(short_limits());
    for client in [computing(&server), computing(&server)] {
        drop(client);
        server.expect("compute ended");
    }
}

#[test]
fn large_bodies_wait_for_memory_and_small_ones_do_not_wait_for_them() {
    let body_bytes_max = 1024 * 1024;
    // One large body fits, and no second one.
    let limits = Limits { body_bytes_max, memory_bytes_max: 6 * body_bytes_max, ..short_limits() };
    let limits =
        Limits { event_bytes_max: 1024, body_timeout_ms: 60_000, request_timeout_ms: 60_000, ..limits };
    let server = start(limits);
    let mut slow = server.client();
    let head = format!("POST /echo HTTP/1.1\r\nhost: ledger\r\ncontent-length: {body_bytes_max}\r\n");
    slow.send(format!("{head}expect: 100-continue\r\n\r\n"));
    // It is told to go on once it has its memory.
    assert_eq!(slow.answer().status, 100);
    slow.send("x");
    let mut waiting = server.client();
    waiting.send(format!("{head}\r\n"));
    assert_eq!(server.client().post("/echo", b"a hook").status, 200);
    slow.send(vec![b'x'; body_bytes_max - 1]);
    assert_eq!(slow.answer().status, 200);
    waiting.send(vec![b'x'; body_bytes_max]);
    assert_eq!(waiting.answer().status, 200);
}
