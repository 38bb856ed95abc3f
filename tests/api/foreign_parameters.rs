//! A parameter that a path does not know is answered 400; a hook is recorded all the same.

use serde_json::json;

use crate::api::harness::{Service, at};
use crate::api::settling::{status, waiting};

#[test]
fn a_parameter_that_the_path_does_not_know_is_answered_400() {
    let service = Service::start();
    let id = waiting(&service, 1, 17);
    service.put("/v1/queues/18", &json!({ "type": "inbound_queue" })).expect(201);
    let head = service.head();
    service.get("/v1/queues/18?as_of=1").problem(400, "query_invalid");
    service.get("/v1/queues/18/replay?limit=1").problem(400, "query_invalid");
    service.get(&format!("/v1/refusals/{id}?limit=1")).problem(400, "query_invalid");
    service.put("/v1/queues/17?note=x", &json!({ "type": "inbound_queue" })).problem(400, "query_invalid");
    for action in ["replay", "dismiss"] {
        service.post(&format!("/v1/refusals/{id}/{action}?note=x"), "").problem(400, "query_invalid");
    }
    assert_eq!((service.head(), status(&service, &id)), (head, json!("open")));
}

#[test]
fn a_hook_with_parameters_is_recorded_and_they_are_not_looked_at() {
    let service = Service::start();
    let receipt = service.post("/v1/hooks/inbound_queue/joined?event=missed&token=x", at(7, 0)).expect(201);
    assert_eq!(receipt["event"], "Joined");
}
