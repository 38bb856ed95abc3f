//! The live stream: complete from where it is asked to begin, and ended in order.

use serde_json::json;

use crate::api::harness::{Service, at};

fn ids(stream: &mut crate::support::event_stream::EventStream, count: usize) -> Vec<u64> {
    (0..count).map(|_| stream.next().expect("the stream goes on").id).collect()
}

fn joined(service: &Service, attempts: std::ops::RangeInclusive<i64>) {
    for attempt_id in attempts {
        service.inbound("joined", at(attempt_id, 0)).expect(201);
    }
}

#[test]
fn a_stream_tells_the_past_and_then_each_record_as_it_comes() {
    let service = Service::start();
    joined(&service, 1..=2);
    let mut stream = service.stream("/v1/events", &[]);
    assert_eq!(ids(&mut stream, 2), [1, 2]);
    joined(&service, 3..=3);
    assert_eq!(ids(&mut stream, 1), [3]);
    service.inbound("answered", at(3, 1)).expect(422);
    service.put("/v1/queues/17", &json!({ "type": 1 })).expect(201);
    assert_eq!(stream.next().unwrap().event, "refusal");
    assert_eq!(stream.next().unwrap().event, "queue");
}

#[test]
fn an_event_carries_the_same_record_as_the_page() {
    let service = Service::start();
    service.inbound("joined", "{\n\"attempt_id\": 7\r\n}").expect(201);
    let event = service.stream("/v1/events", &[]).next().unwrap();
    assert_eq!(event.event, "Joined");
    assert_eq!(event.data, service.show("/v1/events")["events"][0]);
}

#[test]
fn last_event_id_resumes_with_exactly_what_follows() {
    let service = Service::start();
    joined(&service, 1..=150);
    for last in [0, 1, 63, 64, 65, 149] {
        let mut stream = service.stream("/v1/events", &[("last-event-id", &last.to_string())]);
        let rest = usize::try_from(150 - last).unwrap();
        assert_eq!(ids(&mut stream, rest), (last + 1..=150).collect::<Vec<_>>());
    }
}

#[test]
fn last_event_id_is_asked_before_after() {
    let service = Service::start();
    joined(&service, 1..=4);
    assert_eq!(ids(&mut service.stream("/v1/events?after=1", &[]), 3), [2, 3, 4]);
    let mut stream = service.stream("/v1/events?after=1", &[("last-event-id", "3")]);
    assert_eq!(ids(&mut stream, 1), [4]);
}

#[test]
fn a_stream_at_the_head_waits_for_the_next_record() {
    let service = Service::start();
    joined(&service, 1..=1);
    let mut stream = service.stream("/v1/events", &[("last-event-id", "1")]);
    joined(&service, 2..=2);
    assert_eq!(ids(&mut stream, 1), [2]);
}

#[test]
fn a_last_event_id_that_is_no_position_is_answered_400_by_name() {
    let service = Service::start();
    let headers = [("accept", "text/event-stream"), ("last-event-id", "abc")];
    let problem = service.get_with("/v1/events", &headers).problem(400, "parameter_invalid");
    assert_eq!(problem["errors"][0]["pointer"], "Last-Event-ID");
}

#[test]
fn a_stream_from_beyond_the_head_is_answered_400_with_the_head_and_never_waits() {
    let service = Service::start();
    joined(&service, 1..=3);
    let accept = ("accept", "text/event-stream");
    for (path, headers, name) in [
        ("/v1/events?after=4", &[accept][..], "after"),
        ("/v1/events", &[accept, ("last-event-id", "4")], "Last-Event-ID"),
        ("/v1/events?after=1", &[accept, ("last-event-id", "18446744073709551615")], "Last-Event-ID"),
    ] {
        let problem = service.get_with(path, headers).problem(400, "position_beyond_head");
        assert_eq!((&problem["head"], &problem["errors"][0]["pointer"]), (&json!(3), &json!(name)));
    }
}

#[test]
fn a_graceful_stop_ends_the_stream_in_order_and_does_not_wait_for_it() {
    let mut service = Service::start();
    joined(&service, 1..=1);
    let mut stream = service.stream("/v1/events", &[]);
    assert_eq!(ids(&mut stream, 1), [1]);
    service.begin_stop();
    assert_eq!(stream.next(), None);
    let report = service.report();
    assert!(report.drained, "{report:?}");
    assert_eq!(report.aborted_connections, 0);
}
