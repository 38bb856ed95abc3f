//! Lists of agents' legs.

use serde_json::json;

use crate::api::harness::T0;
use crate::api::world::{named, numbers, world};

#[test]
fn each_filter_of_legs_keeps_exactly_what_it_means() {
    let service = world();
    let at = |offset_ms: i64| T0 + offset_ms;
    let between = |from: i64, to: i64| format!("from={}&to={}", at(from), at(to));
    for (query, expected) in [
        (String::new(), &[20_000, 7_000, 1_000][..]),
        ("order=oldest".to_owned(), &[1_000, 7_000, 20_000]),
        ("agent_id=4".to_owned(), &[20_000, 7_000]),
        ("queue_id=17".to_owned(), &[7_000, 1_000]),
        ("attempt_id=9".to_owned(), &[20_000]),
        ("outcome=missed".to_owned(), &[1_000]),
        ("outcome=bridged&agent_id=4".to_owned(), &[20_000, 7_000]),
        (between(0, 1_000), &[]),
        (between(0, 1_001), &[1_000]),
        (between(24_001, 50_000), &[20_000]),
        (format!("to={}", at(7_001)), &[7_000, 1_000]),
    ] {
        let offers = service.read(&format!("/v1/offers?{query}"));
        let expected: Vec<i64> = expected.iter().map(|offset| at(*offset)).collect();
        assert_eq!(numbers(&offers["offers"], "started_at"), expected, "{query}");
    }
}

#[test]
fn a_leg_tells_what_is_known_and_leaves_out_what_is_not() {
    let offers = world().read("/v1/offers?agent_id=3");
    let expected = json!({
        "attempt_id": 7, "leg": 1, "queue_id": 17, "queue_type": "inbound_queue", "agent_id": 3,
        "outcome": "missed", "missed_by": "agent", "started_at": T0 + 1_000, "offered_at": T0 + 1_000,
        "ring_ended_at": T0 + 6_000, "ended_at": T0 + 6_000, "ring_ms": 5_000, "agent_name": "agent 3",
        "untimed_states": [],
    });
    assert_eq!(offers["offers"], json!([expected]));
}

#[test]
fn legs_as_of_a_position_are_those_of_then() {
    let service = world();
    let then = service.read("/v1/offers?as_of=4&order=oldest");
    let outcomes: Vec<&str> =
        then["offers"].as_array().unwrap().iter().map(|leg| leg["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["missed", "open"]);
    assert_eq!(then["freshness"]["position"], 4);
    assert_eq!(service.read("/v1/offers?as_of=4&outcome=bridged")["offers"], json!([]));
}

#[test]
fn a_filter_of_legs_that_makes_no_sense_is_answered_400_by_name() {
    let service = world();
    for (query, name) in
        [("outcome=lost", "outcome"), ("attempt_id=x", "attempt_id"), ("from=now&to=now-1d", "to")]
    {
        let problem = service.get(&format!("/v1/offers?{query}")).problem(400, "parameter_invalid");
        assert_eq!(named(&problem), name);
    }
    service.get("/v1/offers?result=success").problem(400, "query_invalid");
}
