//! A request names one host: two of them are how requests are smuggled past a proxy.

use attempt_ledger::limits::Limits;

use crate::edge::server::{TestServer, short_limits};

#[test]
fn http_1_1_without_a_host_or_with_two_is_answered_400() {
    let server = TestServer::start(Limits { header_timeout_ms: 2_000, ..short_limits() });
    for hosts in ["", "host: ledger\r\nhost: ledger\r\n", "host: a\r\naccept: */*\r\nHOST: b\r\n"] {
        for (line, body) in [("GET /noop", ""), ("POST /echo", "content-length: 5\r\n\r\nhello")] {
            let mut client = server.client();
            let end = if body.is_empty() { "\r\n" } else { body };
            client.send(format!("{line} HTTP/1.1\r\n{hosts}{end}"));
            let answer = client.answer();
            let problem = answer.problem(400, "host_invalid");
            assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("Host")), "{problem}");
            assert_eq!(answer.headers["connection"], "close", "{line} {hosts:?}");
        }
    }
}

#[test]
fn http_1_0_needs_no_host() {
    let server = TestServer::start(short_limits());
    let mut client = server.client();
    client.send("GET /noop HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn one_host_is_enough_whatever_it_says() {
    let server = TestServer::start(short_limits());
    for host in ["ledger", "", "127.0.0.1:7878", "[::1]:80"] {
        let mut client = server.client();
        client.send(format!("GET /noop HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        assert_eq!(client.answer().status, 200, "{host}");
    }
}
