//! Senders that do not wait.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use attempt_ledger::limits::HEADER_TIMEOUT_MS;
use rustix::process::Signal;
use serde_json::Value;
use socket2::SockRef;

use crate::support::patience::{PATIENCE, until};
use crate::support::program::Program;

/// How many hooks a dialer fires in a second.
const HOOKS: u64 = 300;

fn hook(attempt_id: u64) -> String {
    let body = format!(r#"{{"attempt_id":"{attempt_id}","timestamp":"1784711702121"}}"#);
    format!(
        "POST /v1/hooks/inbound_queue/joined HTTP/1.1\r\nhost: ledger\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// How a sender leaves.
#[derive(Clone, Copy)]
enum Leave {
    Close,
    Reset,
}

fn send_and_leave(address: SocketAddr, attempt_id: u64, leave: Leave) {
    let mut stream = connected(address);
    stream.write_all(hook(attempt_id).as_bytes()).unwrap();
    if let Leave::Reset = leave {
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

fn recorded_attempts(service: &Program) -> Vec<u64> {
    let events = service.get("/v1/events?limit=1000").expect(200);
    let attempt_id = |event: &Value| event["attempt_id"].as_u64().unwrap();
    let mut attempts: Vec<u64> = events["events"].as_array().unwrap().iter().map(attempt_id).collect();
    attempts.sort_unstable();
    attempts
}

fn expect_all(service: &Program) {
    let all: Vec<u64> = (1..=HOOKS).collect();
    until(
        || format!("{} of {HOOKS} hooks are recorded", recorded_attempts(service).len()),
        || (recorded_attempts(service) == all).then_some(()),
    );
}

#[test]
fn hooks_that_arrived_during_a_stall_are_recorded_though_their_senders_have_left() {
    for leave in [Leave::Close, Leave::Reset] {
        let data = tempfile::tempdir().unwrap();
        let service = Program::start(data.path());
        service.signal(Signal::STOP);
        for attempt_id in 1..=HOOKS {
            send_and_leave(service.address, attempt_id, leave);
        }
        service.signal(Signal::CONT);
        expect_all(&service);
    }
}

/// The process stands still for longer than a head may take, while hooks arrive on connections of before: in
/// whole, or the rest of one whose beginning it has.
#[test]
fn hooks_that_arrived_during_a_stall_longer_than_their_time_out_are_recorded() {
    let stall = Duration::from_millis(HEADER_TIMEOUT_MS + 300);
    for begun_bytes in [0, 30] {
        let data = tempfile::tempdir().unwrap();
        let service = Program::start(data.path());
        let mut senders: Vec<_> = (1..=HOOKS).map(|_| connected(service.address)).collect();
        let hooks: Vec<String> = (1..=HOOKS).map(hook).collect();
        for (sender, hook) in senders.iter_mut().zip(&hooks) {
            sender.write_all(&hook.as_bytes()[..begun_bytes]).unwrap();
        }
        let open = || service.get("/metrics").text().contains("ledger_http_connections_open 301");
        until(|| "every connection is accepted", || open().then_some(()));
        let began = Instant::now();
        service.signal(Signal::STOP);
        for (sender, hook) in senders.iter_mut().zip(&hooks) {
            sender.write_all(&hook.as_bytes()[begun_bytes..]).unwrap();
        }
        until(|| "the stall is over", || (began.elapsed() >= stall).then_some(()));
        service.signal(Signal::CONT);
        expect_all(&service);
    }
}

#[test]
fn hooks_whose_senders_leave_at_once_are_recorded_while_the_service_runs() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    for attempt_id in 1..=HOOKS {
        let leave = if attempt_id % 2 == 0 { Leave::Close } else { Leave::Reset };
        send_and_leave(service.address, attempt_id, leave);
    }
    expect_all(&service);
}

/// Hooks that are sent one behind the other, behind a question, on a connection whose sender reads nothing.
#[test]
fn hooks_behind_other_requests_are_recorded_though_nobody_takes_an_answer() {
    const QUESTION: &str = "GET /livez HTTP/1.1\r\nhost: ledger\r\n\r\n";
    for (leave, is_stalled) in [(Leave::Close, false), (Leave::Reset, true), (Leave::Close, true)] {
        let data = tempfile::tempdir().unwrap();
        let service = Program::start(data.path());
        let attempts: Vec<u64> = (1..=HOOKS).collect();
        if is_stalled {
            service.signal(Signal::STOP);
        }
        for some in attempts.chunks(10) {
            let mut stream = connected(service.address);
            let hooks: String = some.iter().map(|attempt_id| hook(*attempt_id)).collect();
            stream.write_all(format!("{QUESTION}{hooks}").as_bytes()).unwrap();
            if let Leave::Reset = leave {
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            }
        }
        if is_stalled {
            service.signal(Signal::CONT);
        }
        expect_all(&service);
    }
}

#[test]
fn a_sender_that_closes_its_sending_side_is_answered() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    let line = r#"{"event":"joined","queue_type":"inbound_queue","attempt_id":"2"}"#;
    let batch = format!(
        "POST /v1/events HTTP/1.1\r\nhost: ledger\r\ncontent-type: application/x-ndjson\r\n\
         content-length: {}\r\n\r\n{line}",
        line.len()
    );
    let question = "GET /v1/attempts/1 HTTP/1.1\r\nhost: ledger\r\n\r\n".to_owned();
    for (request, status) in [(hook(1), "201"), (batch, "200"), (question, "200")] {
        let mut stream = connected(service.address);
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    }
}

#[test]
fn a_stop_records_what_its_senders_no_longer_wait_for() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    service.signal(Signal::STOP);
    for attempt_id in 1..=HOOKS {
        send_and_leave(service.address, attempt_id, Leave::Close);
    }
    // Both are there when the process goes on: the hooks, and the signal to stop.
    service.signal(Signal::TERM);
    service.signal(Signal::CONT);
    assert_eq!(service.wait().status.code(), Some(0));
    expect_all(&Program::start(data.path()));
}
