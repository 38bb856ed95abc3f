//! The memory budget, held by the system: whatever clients do, the process lives and takes hooks.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Range;
use std::path::Path;

use attempt_ledger::limits::MEMORY_BYTES_MAX;
use attempt_ledger_system::file_limit::raise_file_limit;
use serde_json::{Value, json};

use crate::support::event_stream::EventStream;
use crate::support::http::{Connection, request};
use crate::support::patience::PATIENCE;
use crate::support::processes::need;
use crate::support::program::{Program, Serve};

const BODY_BYTES: usize = 16 * 1024 * 1024;

/// A service whose data the system bounds by the budget that the service itself keeps by default. Address
/// space would count the files that it maps.
pub(super) fn start(data: &Path) -> Program {
    start_within(data, MEMORY_BYTES_MAX)
}

fn start_within(data: &Path, memory_bytes_max: usize) -> Program {
    need("prlimit");
    let before = ["prlimit".to_owned(), format!("--data={memory_bytes_max}")];
    let budget = memory_bytes_max.to_string();
    let options = ["--log-filter", "error", "--memory-bytes-max", &budget];
    Serve::over(data).behind(&before).with(&options).start()
}

pub(super) fn hook_is_taken(service: &Program, attempt_id: usize) {
    let body = json!({ "attempt_id": attempt_id.to_string() }).to_string();
    service.post("/v1/hooks/inbound_queue/joined", body).expect(201);
}

/// Posts one batch with a delivery for each number; its answer.
pub(super) fn batch_is_taken(
    service: &Program,
    numbers: Range<usize>,
    body: impl Fn(usize) -> Value,
) -> Value {
    let deliveries: Vec<Value> = numbers.map(body).collect();
    service.post("/v1/events", Value::from(deliveries).to_string()).expect(200)
}

fn large(service: &Program) -> TcpStream {
    let mut stream = TcpStream::connect_timeout(&service.address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\n\
         content-length: {BODY_BYTES}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Large bodies of which the service has as much as it takes; the rest never comes.
fn slow_bodies(service: &Program, count: usize) -> Vec<TcpStream> {
    let part = vec![b' '; BODY_BYTES - 1];
    let begin = || {
        let mut stream = large(service);
        stream.set_nonblocking(true).unwrap();
        while stream.write(&part).is_ok() {}
        stream
    };
    (0..count).map(|_| begin()).collect()
}

#[test]
fn memory_is_taken_in_small_pages() {
    let data = tempfile::tempdir().unwrap();
    let service = Program::start(data.path());
    let is_huge = service.kernel_says("THP_enabled");
    assert_eq!(is_huge.as_deref(), Some("0"), "a touched byte makes a small page resident");
}

#[test]
fn arrays_of_millions_of_elements_are_refused_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let body = format!("[{}1] ", "1,".repeat(BODY_BYTES / 2 - 2));
    assert_eq!(body.len(), BODY_BYTES);
    let send = || {
        let mut stream = large(&service);
        // The answer may come before the body's end.
        let _ = stream.write_all(body.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || ["413", "422", "503"].contains(&&answer[9..12]), "{answer}");
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(send);
        }
    });
    hook_is_taken(&service, 1);
}

#[test]
fn packed_bodies_that_unpack_to_too_much_are_refused_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let too_long = zstd::encode_all(&vec![b' '; BODY_BYTES + 1][..], 1).unwrap();
    // Its array is whole when it has been unpacked, and has more elements than a batch may have.
    let array = format!("[{}1] ", "1,".repeat(BODY_BYTES / 2 - 2));
    let too_many = zstd::encode_all(array.as_bytes(), 1).unwrap();
    let send = |body: &[u8]| {
        let headers = [("content-encoding", "zstd")];
        let answer = request(service.address, "POST /v1/events", &headers, body);
        assert!([413, 503].contains(&answer.status), "{answer:?}");
    };
    std::thread::scope(|scope| {
        for number in 0..64 {
            let body = if number % 2 == 0 { &too_long } else { &too_many };
            scope.spawn(|| send(body));
        }
    });
    hook_is_taken(&service, 1);
}

#[test]
fn a_hundred_and_fifty_slow_bodies_stay_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let slow = slow_bodies(&service, 150);
    hook_is_taken(&service, 1);
    drop(slow);
    hook_is_taken(&service, 2);
}

#[test]
fn slow_readers_of_large_pages_stay_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let filler = "x".repeat(60_000);
    for first in (1..1_001).step_by(200) {
        batch_is_taken(&service, first..first + 200, |attempt_id| {
            json!({ "event": "joined", "queue_type": "inbound_queue", "attempt_id": attempt_id.to_string(),
                    "filler": filler })
        });
    }
    let readers: Vec<Connection> = (0..30)
        .map(|_| {
            let mut reader = Connection::open(service.address);
            reader.send("GET /v1/events?limit=1000 HTTP/1.1\r\nhost: ledger\r\n\r\n");
            reader
        })
        .collect();
    for attempt_id in 5_000..5_100 {
        hook_is_taken(&service, attempt_id);
    }
    drop(readers);
}

#[test]
fn a_thousand_event_streams_stay_within_the_budget_and_all_are_served() {
    const STREAMS: usize = 1_000;
    const HOOKS: usize = 100;
    raise_file_limit();
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let mut streams: Vec<EventStream> =
        (0..STREAMS).map(|_| EventStream::open(service.address, "/v1/events", &[])).collect();
    for attempt_id in 1..=HOOKS {
        hook_is_taken(&service, attempt_id);
    }
    for stream in &mut streams {
        while stream.next().expect("it goes on").id < HOOKS as u64 {}
    }
}

#[test]
fn slow_readers_of_every_agent_stay_within_the_budget() {
    const AGENTS: usize = 20_000;
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let mut position = 0;
    for first in (1..=AGENTS).step_by(5_000) {
        let answer = batch_is_taken(&service, first..first + 5_000, |agent_id| {
            json!({ "event": "offering", "queue_type": "inbound_queue", "attempt_id": agent_id.to_string(),
                    "agent_id": agent_id.to_string(), "agent_name": "n".repeat(200) })
        });
        position = answer["results"][4_999]["position"].as_u64().unwrap();
    }
    let page = format!("/v1/agents?limit=1000&min_position={position}");
    let first = service.get(&page).expect(200);
    assert_eq!(first["agents"].as_array().unwrap().len(), 1_000, "{}", first["next"]);
    // Each asks for the page again and again, and reads none of the answers.
    let readers: Vec<Connection> = (0..8)
        .map(|_| {
            let mut reader = Connection::open(service.address);
            for _ in 0..AGENTS / 1_000 {
                reader.send(format!("GET {page} HTTP/1.1\r\nhost: ledger\r\n\r\n"));
            }
            reader
        })
        .collect();
    for attempt_id in 30_000..30_100 {
        hook_is_taken(&service, attempt_id);
    }
    drop(readers);
}

#[test]
fn half_the_budget_is_kept_with_caches_full_of_attempts_and_bodies_that_wait() {
    const ATTEMPTS: usize = 40_000;
    let data = tempfile::tempdir().unwrap();
    let service = start_within(data.path(), MEMORY_BYTES_MAX / 2);
    for event in ["joined", "offering", "leaving"] {
        for first in (1..=ATTEMPTS).step_by(10_000) {
            batch_is_taken(&service, first..first + 10_000, |attempt_id| {
                json!({ "event": event, "queue_type": "inbound_queue", "attempt_id": attempt_id.to_string(),
                        "agent_id": "7", "queue_id": (attempt_id % 50).to_string() })
            });
        }
    }
    let waiting = slow_bodies(&service, 20);
    for attempt_id in 1..=200 {
        hook_is_taken(&service, ATTEMPTS + attempt_id);
    }
    service.get("/v1/attempts?limit=1000").expect(200);
    drop(waiting);
}
