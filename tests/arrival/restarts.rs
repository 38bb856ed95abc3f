//! The end of a service and the beginning of the next: nobody delays it, and with a socket that outlives both
//! it refuses no connection.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;

use crate::support::patience::{PATIENCE, until};
use crate::support::program::{Program, Serve};

fn hook(attempt_id: u64) -> String {
    let body = format!(r#"{{"attempt_id":"{attempt_id}"}}"#);
    format!(
        "POST /v1/hooks/inbound_queue/joined HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn hooks_sent_between_two_services_at_one_socket_are_recorded_by_the_second() {
    let data = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Serve::over(data.path()).at_socket(&listener);
    let first = serve.start();
    assert_eq!(first.address, address, "it listens where the socket does");
    first.signal(Signal::TERM);
    assert_eq!(first.wait().status.code(), Some(0));

    let send = |attempt_id: u64| {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(hook(attempt_id).as_bytes()).unwrap();
        stream
    };
    let waiting: Vec<TcpStream> = (1..=20).map(send).collect();
    let second = serve.start();
    for mut stream in waiting {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    assert_eq!(second.head(), 20);
}

/// Clients in every state that could keep a service from its end: half a head, half a body, a stream that
/// nobody reads, and a client that is there and silent.
fn stragglers(service: &Program) -> Vec<TcpStream> {
    let requests = [
        "GET /v1/att",
        "POST /v1/hooks/inbound_queue/joined HTTP/1.1\r\nhost: ledger\r\ncontent-length: 50\r\n\r\n{",
        "POST /v1/events HTTP/1.1\r\nhost: ledger\r\ncontent-length: 16000000\r\n\r\n[",
        "GET /v1/events HTTP/1.1\r\nhost: ledger\r\naccept: text/event-stream\r\n\r\n",
        "",
    ];
    let begin = |request: &str| {
        let mut stream = TcpStream::connect_timeout(&service.address, PATIENCE).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    requests.iter().cycle().take(50).map(|request| begin(request)).collect()
}

/// The one that asks is among them.
fn open_connections(service: &Program) -> usize {
    let figures = service.get("/metrics").text();
    let figure = figures.lines().find_map(|line| line.strip_prefix("ledger_http_connections_open "));
    figure.expect("it is exposed").parse().unwrap()
}

#[test]
fn sigterm_ends_the_service_whatever_its_clients_do() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    service.post("/v1/hooks/inbound_queue/joined", r#"{"attempt_id":"1"}"#).expect(201);
    let clients = stragglers(&service);
    let ended = service.stop();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    drop(clients);
    assert_eq!(Program::start(data.path()).head(), 1);
}

#[test]
fn hooks_are_recorded_while_a_stop_waits_for_others() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    let clients = stragglers(&service);
    until(
        || "not all are accepted".to_owned(),
        || (open_connections(&service) > clients.len()).then_some(()),
    );
    service.signal(Signal::TERM);
    until(|| "the stop never begins".to_owned(), || service.stderr().contains("stopping").then_some(()));
    for attempt_id in 1..=50 {
        let body = format!(r#"{{"attempt_id":"{attempt_id}"}}"#);
        service.post("/v1/hooks/inbound_queue/joined", body).expect(201);
    }
    assert_eq!(service.wait().status.code(), Some(0));
    drop(clients);
    assert_eq!(Program::start(data.path()).head(), 50);
}

#[test]
fn a_second_signal_ends_the_service_at_once() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    let clients = stragglers(&service);
    service.signal(Signal::TERM);
    until(|| "the stop never begins".to_owned(), || service.stderr().contains("stopping").then_some(()));
    service.signal(Signal::TERM);
    let ended = service.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("stopped at once by a second signal"), "{ended:?}");
    drop(clients);
}

#[test]
fn a_second_signal_counts_however_soon_it_follows_the_first() {
    for signal in [Signal::TERM, Signal::INT].into_iter().cycle().take(20) {
        let data = tempfile::tempdir().unwrap();
        let service = Program::start(data.path());
        let clients = stragglers(&service);
        service.deliver(signal);
        service.signal(signal);
        let ended = service.wait();
        assert!(ended.stderr.contains("stopped at once by a second signal"), "{ended:?}");
        drop(clients);
    }
}
