//! A socket that outlives the service: a restart refuses no connection.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;

use crate::support::patience::PATIENCE;
use crate::support::program::Serve;

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
