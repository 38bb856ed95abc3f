//! Every size limit of the edge, one below it, at it and one above it.

use attempt_ledger::limits::{HEADERS_MAX, Limits};

use crate::edge::server::{TestServer, short_limits};
use crate::support::http::Answer;

const BODY_BYTES_MAX: usize = 64 * 1024;

fn post_chunked(server: &TestServer, bytes: usize) -> Answer {
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nhost: ledger\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut body = Vec::new();
    for chunk in vec![b'x'; bytes].chunks(1_000) {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    client.send_as_far_as_taken(&body);
    client.answer()
}

#[test]
fn a_declared_body_is_taken_up_to_the_limit() {
    let server = TestServer::start(short_limits());
    for (bytes, status) in [(BODY_BYTES_MAX - 1, 200), (BODY_BYTES_MAX, 200), (BODY_BYTES_MAX + 1, 413)] {
        let answer = server.client().post("/echo", &vec![b'x'; bytes]);
        assert_eq!(answer.status, status, "{bytes} bytes");
        assert!(status != 200 || answer.body.len() == bytes);
    }
}

#[test]
fn an_undeclared_body_is_taken_up_to_the_limit() {
    let server = TestServer::start(short_limits());
    for (bytes, status) in [(BODY_BYTES_MAX - 1, 200), (BODY_BYTES_MAX, 200), (BODY_BYTES_MAX + 1, 413)] {
        let answer = post_chunked(&server, bytes);
        assert_eq!(answer.status, status, "{bytes} bytes");
        assert!(status != 200 || answer.body.len() == bytes);
    }
}

#[test]
fn ten_declared_megabytes_are_refused_before_a_byte_of_them_is_sent() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nhost: ledger\r\ncontent-length: 10000000\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.status, 413);
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(answer.problem_document()["code"], "body_too_large");
}

#[test]
fn a_client_that_awaits_100_continue_gets_413_instead() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nhost: ledger\r\n");
    client.send("expect: 100-continue\r\ncontent-length: 10000000\r\n\r\n");
    assert_eq!(client.answer().status, 413);
}

#[test]
fn ten_undeclared_megabytes_are_refused() {
    let server = TestServer::start(short_limits());
    let answer = post_chunked(&server, 10_000_000);
    assert_eq!((answer.status, answer.problem_document()["code"].as_str()), (413, Some("body_too_large")));
}

#[test]
fn a_body_of_megabytes_is_taken_when_the_limit_allows_it() {
    let server = TestServer::start(Limits { body_bytes_max: 16 * 1024 * 1024, ..short_limits() });
    let answer = server.client().post("/echo", &vec![b'x'; 3_000_000]);
    assert_eq!((answer.status, answer.body.len()), (200, 3_000_000));
}

/// A reset would make some clients forget an answer that they have not read yet.
#[test]
fn an_early_answer_does_not_reset_a_client_that_is_still_sending() {
    let server = TestServer::start(Limits { body_bytes_max: 32 * 1024 * 1024, ..short_limits() });
    let mut client = server.client();
    client.send("POST /unread HTTP/1.1\r\nhost: ledger\r\ncontent-length: 8000000\r\n\r\n");
    client.send(vec![b'x'; 8_000_000]);
    let answer = client.answer();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.problem_document()["code"], "unauthorized");
}

#[test]
fn a_header_of_a_megabyte_is_answered_431() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("GET /noop HTTP/1.1\r\nhost: ledger\r\nx-large: ");
    client.send_as_far_as_taken(&vec![b'a'; 1024 * 1024]);
    client.send_as_far_as_taken(b"\r\n\r\n");
    assert_eq!(client.answer().status, 431);
}

#[test]
fn a_hundred_thousand_headers_are_answered_431() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("GET /noop HTTP/1.1\r\nhost: ledger\r\n");
    client.send_as_far_as_taken("a: b\r\n".repeat(100_000).as_bytes());
    client.send_as_far_as_taken(b"\r\n");
    assert_eq!(client.answer().status, 431);
}

#[test]
fn the_head_is_taken_up_to_its_size_limit() {
    let header_bytes_max = 2_000;
    let server = TestServer::start(Limits { header_bytes_max, ..short_limits() });
    for (bytes, status) in [(header_bytes_max - 1, 200), (header_bytes_max, 200), (header_bytes_max + 1, 431)]
    {
        let (start, end) = ("GET /noop HTTP/1.1\r\nhost: ledger\r\nx: ", "\r\n\r\n");
        let filling = "a".repeat(bytes - start.len() - end.len());
        let mut client = server.client();
        client.send(format!("{start}{filling}{end}"));
        assert_eq!(client.answer().status, status, "{bytes} bytes");
    }
}

#[test]
fn headers_are_taken_up_to_their_number() {
    let server = TestServer::start(short_limits());
    for (headers, status) in [(HEADERS_MAX - 1, 200), (HEADERS_MAX, 200), (HEADERS_MAX + 1, 431)] {
        let mut client = server.client();
        let others = "a: b\r\n".repeat(headers - 1);
        client.send(format!("GET /noop HTTP/1.1\r\nhost: ledger\r\n{others}\r\n"));
        assert_eq!(client.answer().status, status, "{headers} headers");
    }
}
