//! What a queue is defined not to send is not known, and not zero.

use serde_json::{Value, json};

use crate::api::harness::{Service, T0};
use crate::api::world::{deliver, world};

/// The hour in which everything of the world happens.
const HOUR: &str = "from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z";

fn define(service: &Service, queue_id: i64, hooks: &[&str]) {
    service.put(&format!("/v1/queues/{queue_id}"), &json!({ "type": 1, "hooks": hooks })).expect(201);
}

fn totals(service: &Service, path: &str) -> Value {
    service.read(&format!("{path}{}{HOUR}", if path.contains('?') { '&' } else { '?' }))["total"].clone()
}

#[test]
fn a_hook_that_is_not_sent_makes_its_metrics_null_with_the_reason() {
    let service = world();
    define(&service, 18, &["joined", "offering", "bridged", "leaving"]);
    let metrics = totals(&service, "/v1/queues/18/history");
    for key in
        ["n_missed", "n_missed_by_caller", "n_attempts_missed", "missed_rate", "acw_time", "alert_time"]
    {
        assert_eq!(
            (&metrics[key]["value"], &metrics[key]["reason_code"]),
            (&json!(null), &json!("hook_not_sent")),
            "{key}"
        );
    }
    assert_eq!(
        metrics["n_missed"]["reason"],
        "not known: the queue's definition says that it does not send missed"
    );
    for (key, value) in [("n_offers", 0), ("n_answered", 1), ("n_offered", 1), ("n_open", 1), ("n_left", 0)] {
        assert_eq!(metrics[key]["value"], value, "{key}");
    }
    let bucket = service.read(&format!("/v1/queues/18/history?{HOUR}&interval=PT15M"))["buckets"][2].clone();
    assert_eq!(
        bucket["metrics"]["n_missed"]["reason_code"], "hook_not_sent",
        "nor in a bucket without anything"
    );
    let before = totals(&service, "/v1/queues/18/history?as_of=11");
    assert_eq!(before["n_missed"]["value"], 0, "it was not defined then");
}

#[test]
fn an_instant_that_other_events_carry_is_known_without_its_hook() {
    let service = Service::start();
    define(&service, 17, &["leaving"]);
    let in_17 = |more: Value| {
        let mut members = json!({ "queue_id": 17 });
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        members
    };
    let ask = || totals(&service, "/v1/queues/17/history");
    let told = |metrics: &Value| {
        ["n_offered", "n_answered", "n_left", "n_missed"].map(|key| metrics[key]["value"].clone())
    };
    deliver(&service, "leaving", 1, 9_000, in_17(json!({ "cc_result": "success" })));
    assert_eq!(told(&ask()), [json!(null), json!(null), json!(1), json!(null)]);
    let carried = json!({ "cc_result": "success", "joined_at": T0, "bridged_at": T0 + 4_000 });
    deliver(&service, "leaving", 2, 9_000, in_17(carried));
    assert_eq!(told(&ask()), [json!(1), json!(1), json!(2), json!(null)]);
}

#[test]
fn sums_over_queues_say_how_many_of_them_know() {
    let service = world();
    define(&service, 18, &["joined", "offering", "bridged", "leaving"]);
    let all = totals(&service, "/v1/queues/history");
    assert_eq!(
        (&all["n_missed"]["value"], &all["n_missed"]["queues"]),
        (&json!(1), &json!({ "known": 1, "of": 2 }))
    );
    assert_eq!((&all["n_offered"]["value"], all["n_offered"].get("queues")), (&json!(3), None));
    let agent = totals(&service, "/v1/agents/4/history");
    assert_eq!(
        (&agent["n_missed"]["value"], &agent["n_missed"]["queues"]),
        (&json!(0), &json!({ "known": 1, "of": 2 }))
    );
    define(&service, 17, &["joined", "offering", "bridged", "leaving"]);
    let all = totals(&service, "/v1/queues/history");
    assert_eq!(
        (&all["n_missed"]["value"], &all["n_missed"]["reason_code"]),
        (&json!(null), &json!("hook_not_sent"))
    );
}

#[test]
fn what_is_not_known_of_a_queue_is_left_out_of_an_explanation_with_the_reason() {
    let service = world();
    define(&service, 18, &["joined", "offering", "bridged", "leaving"]);
    let answer = service.read(&format!("/v1/queues/history?{HOUR}&explain=n_missed"));
    let told: Vec<_> = answer["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| (share["attempt_id"].as_i64().unwrap(), share["left_out"]["code"].clone()))
        .collect();
    let unsent = || json!("hook_not_sent");
    assert_eq!(told, [(7, json!(null)), (8, json!("no_such_leg")), (9, unsent()), (10, unsent())]);
    let position = service.head() - 1;
    let changed =
        service.read(&format!("/v1/queues/18/history?{HOUR}&explain=n_missed&changed_since={position}"));
    assert_eq!((&changed["before"]["value"], &changed["after"]["value"]), (&json!(0), &json!(null)));
}

#[test]
fn the_board_and_files_show_nothing_where_nothing_is_known() {
    let service = world();
    define(&service, 18, &["joined", "bridged", "leaving"]);
    let board = service.read("/v1/now?queue_id=18")["queues"][0].clone();
    for (name, known) in [
        ("waiting", json!(1)),
        ("ringing", json!(null)),
        ("connecting", json!(0)),
        ("talking", json!(1)),
        ("in_wrap_up", json!(null)),
        ("stale", json!(0)),
    ] {
        assert_eq!(board[name], known, "{name}");
    }
    let csv = service
        .ask(&format!("/v1/queues/18/history?{HOUR}&interval=PT1H&metrics=n_missed,n_open&format=csv"));
    let text = String::from_utf8(csv.body.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",n_missed,n_missed_reason,n_open,n_open_reason"), "{text}");
    assert!(lines[1].ends_with(",,hook_not_sent,1,"), "{text}");
}
