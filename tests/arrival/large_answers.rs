//! Answers of megabytes within the memory budget: what has no memory waits or is shed, and hooks go on.

use serde_json::json;

use super::memory::{batch_is_taken, hook_is_taken, start};
use crate::support::http::{Answer, Connection, get};
use crate::support::program::Program;

/// A month by quarters of an hour, of as many values as a history may have.
const MONTH: &str = "/v1/queues/17/history?from=1793200000000&to=1795900000000&interval=PT15M";

/// Reads the answer of each of so many readers at once: whole, or shed with a time to come back.
fn fast_readers(service: &Program, path: &str, count: usize) -> usize {
    let read = || get(service.address, path);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..count).map(|_| scope.spawn(read)).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    for answer in &answers {
        if answer.status == 503 {
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        } else {
            assert_eq!(answer.status, 200, "{:?}", answer.headers);
        }
    }
    answers.iter().filter(|answer| answer.status == 200).count()
}

/// Asks and reads nothing; meanwhile hooks are taken.
fn slow_readers(service: &Program, path: &str, count: usize) {
    let ask = || {
        let mut reader = Connection::open(service.address);
        reader.send(format!("GET {path} HTTP/1.1\r\nhost: ledger\r\n\r\n"));
        reader
    };
    let readers: Vec<Connection> = (0..count).map(|_| ask()).collect();
    for attempt_id in 900_000..900_100 {
        hook_is_taken(service, attempt_id);
    }
    drop(readers);
}

#[test]
fn long_histories_of_one_queue_stay_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    let body = json!({ "attempt_id": "1", "queue_id": "17" }).to_string();
    service.post("/v1/hooks/inbound_queue/joined", body).expect(201);
    assert!(fast_readers(&service, MONTH, 16) > 0, "some are answered");
    slow_readers(&service, MONTH, 32);
}

#[test]
fn histories_of_each_of_many_queues_stay_within_the_budget() {
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    batch_is_taken(&service, 1..201, |number| {
        json!({ "event": "joined", "queue_type": "inbound_queue", "attempt_id": number.to_string(),
                "queue_id": number.to_string() })
    });
    service.catch_up();
    let path = "/v1/queues/history?from=now-1d&to=now&interval=PT2H&group_by=queue&limit=200";
    assert!(fast_readers(&service, path, 16) > 0, "some are answered");
    slow_readers(&service, path, 32);
}

#[test]
fn boards_of_sixty_thousand_queues_stay_within_the_budget() {
    const QUEUES: usize = 60_000;
    let data = tempfile::tempdir().unwrap();
    let service = start(data.path());
    for first in (1..=QUEUES).step_by(10_000) {
        batch_is_taken(&service, first..first + 10_000, |number| {
            json!({ "event": "joined", "queue_type": "inbound_queue", "attempt_id": number.to_string(),
                    "queue_id": number.to_string() })
        });
    }
    service.catch_up();
    assert!(fast_readers(&service, "/v1/now", 60) > 0, "some are answered");
    slow_readers(&service, "/v1/now", 60);
}
