//! What is open now.

use serde_json::json;

use crate::api::harness::{NOW, T0};
use crate::api::world::{deliver, named, world};

#[test]
fn the_board_tells_who_waits_rings_talks_and_wraps_up() {
    let service = world();
    deliver(&service, "joined", 11, 25_000, json!({ "queue_id": 18 }));
    deliver(&service, "offering", 11, 26_000, json!({ "queue_id": 18, "agent_id": 3 }));
    service.put("/v1/queues/18", &json!({ "type": 1, "name": "Renewals" })).expect(201);
    let board = service.read("/v1/now");
    let queue = json!({
        "queue_id": 18, "name": "Renewals", "waiting": 2, "ringing": 1, "connecting": 0, "talking": 1,
        "in_wrap_up": 0, "stale": 0, "waiting_untimed": 0,
        "longest_wait": { "attempt_id": 11, "since": T0 + 25_000, "wait_ms": 35_000 },
    });
    assert_eq!((&board["now"], &board["queues"]), (&json!(NOW), &json!([queue])));
    service.clock.set(NOW + 5_000);
    assert_eq!(service.read("/v1/now?queue_id=18")["queues"][0]["longest_wait"]["wait_ms"], 40_000);
    assert_eq!(service.read("/v1/now?queue_id=17")["queues"], json!([]), "nothing is open there");
    service.clock.set(NOW + 2 * 24 * 60 * 60 * 1_000);
    let board = service.read("/v1/now");
    assert_eq!(
        (&board["queues"][0]["stale"], &board["queues"][0]["longest_wait"]),
        (&json!(3), &json!(null))
    );
}

#[test]
fn a_wait_since_a_receipt_is_counted_and_not_measured() {
    let service = world();
    service.inbound("joined", json!({ "attempt_id": 12, "queue_id": 19 }).to_string()).expect(201);
    service.clock.set(NOW + 5_000);
    let queue = &service.read("/v1/now?queue_id=19")["queues"][0];
    let figures = ["waiting", "waiting_untimed", "longest_wait"].map(|name| queue[name].clone());
    assert_eq!(figures, [json!(1), json!(1), json!(null)], "nobody knows since when 12 waits");
}

#[test]
fn the_board_has_no_entity_tag_because_waits_grow_with_time() {
    assert!(!world().ask("/v1/now").headers.contains_key("etag"));
}

#[test]
fn a_parameter_that_the_board_does_not_know_is_answered_400_by_name() {
    let service = world();
    assert_eq!(named(&service.get("/v1/now?queue_id=x").problem(400, "parameter_invalid")), "queue_id");
    assert_eq!(named(&service.get("/v1/now?as_of=1").problem(400, "query_invalid")), "as_of");
}
