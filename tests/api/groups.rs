//! What stands in no queue is a group of its own: groups add up to the whole, wherever they are shown.

use serde_json::{Value, json};

use crate::api::harness::{NOW, Service, T0};
use crate::api::world::{deliver, named, numbers, world};

/// The hour in which everything of the world happens.
const HOUR: &str = "from=2026-07-22T09:00:00Z&to=2026-07-22T10:00:00Z";
const NO_QUEUE: &str = include_str!("../cases/10_no_queue_id.ndjson");

/// The world, and an attempt of each kind that stands in no queue.
fn with_queueless() -> Service {
    let service = world();
    let agent = json!({ "agent_id": 4 });
    deliver(&service, "joined", 20, 1_000, json!({}));
    deliver(&service, "offering", 20, 2_000, agent.clone());
    deliver(&service, "bridged", 20, 5_000, agent.clone());
    deliver(&service, "processing", 20, 9_000, agent);
    deliver(&service, "leaving", 20, 12_000, json!({ "cc_result": "success" }));
    deliver(&service, "joined", 21, 3_000, json!({}));
    deliver(&service, "leaving", 21, 9_000, json!({ "cc_result": "abandoned" }));
    deliver(&service, "joined", 22, 4_000, json!({}));
    service
}

fn groups(answer: &Value) -> Vec<Value> {
    answer["queues"].as_array().unwrap().iter().map(|one| one["queue_id"].clone()).collect()
}

#[test]
fn groups_add_up_to_the_whole() {
    let service = with_queueless();
    for attribution in ["start", "emit", "end"] {
        for as_of in ["", "&as_of=13"] {
            let query = format!("{HOUR}&attribution={attribution}{as_of}");
            let whole = service.read(&format!("/v1/queues/history?{query}"));
            let grouped = service.read(&format!("/v1/queues/history?{query}&group_by=queue"));
            assert_eq!(groups(&grouped), [json!(17), json!(18), json!(null)]);
            for (key, measured) in whole["total"].as_object().unwrap() {
                for part in ["value", "numerator", "denominator", "excluded"] {
                    let Some(all) = measured[part].as_i64() else { continue };
                    if key == "max_wait" {
                        continue;
                    }
                    let one = |group: &Value| group["total"][key][part].as_i64().unwrap_or_default();
                    let sum: i64 = grouped["queues"].as_array().unwrap().iter().map(one).sum();
                    assert_eq!(sum, all, "{part} of {key} by {attribution}{as_of}");
                }
            }
        }
    }
    let ungrouped = service.read(&format!("/v1/queues/none/history?{HOUR}&metrics=n_offered,n_handled"));
    assert_eq!(ungrouped.get("queue_id"), Some(&json!(null)));
    assert_eq!(ungrouped["total"]["n_offered"]["value"], 3);
    let agent = service.read(&format!("/v1/agents/4/history?{HOUR}&metrics=n_handled&queue_id=none"));
    assert_eq!(
        (agent.get("queue_id"), &agent["total"]["n_handled"]["value"]),
        (Some(&json!(null)), &json!(1))
    );
    let explained =
        service.read(&format!("/v1/queues/none/history?{HOUR}&explain=n_abandoned&left_out=false"));
    assert_eq!(numbers(&explained["attempts"], "attempt_id"), [21]);
}

#[test]
fn what_has_no_queue_is_the_last_in_lists_pages_boards_and_files() {
    let service = with_queueless();
    let listed = service.read("/v1/queues");
    assert_eq!(groups(&listed), [json!(17), json!(18), json!(null)]);
    assert_eq!(listed["queues"][2], json!({ "queue_id": null, "group": "none", "defined": false }));
    for path in ["/v1/queues?limit=1".to_owned(), format!("/v1/queues/history?{HOUR}&group_by=queue&limit=1")]
    {
        let (mut told, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = service.read(&format!("{path}{cursor}"));
            told.extend(groups(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(told, [json!(17), json!(18), json!(null)], "{path}");
    }
    let board = service.read("/v1/now");
    assert_eq!(groups(&board), [json!(18), json!(null)]);
    assert_eq!(service.read("/v1/now?queue_id=none")["queues"][0]["waiting"], 1);
    assert_eq!(
        numbers(&service.read("/v1/attempts?queue_id=none&order=oldest")["attempts"], "attempt_id"),
        [20, 21, 22]
    );
    assert_eq!(numbers(&service.read("/v1/offers?queue_id=none")["offers"], "attempt_id"), [20]);
    let csv = service
        .ask(&format!("/v1/queues/history?{HOUR}&group_by=queue&interval=PT1H&metrics=n_offered&format=csv"));
    let text = String::from_utf8(csv.body.clone()).unwrap();
    let firsts: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(firsts, ["queue_id", "17", "18", ""]);
}

#[test]
fn a_queue_that_an_attempt_had_at_a_position_is_a_group_there() {
    let service = Service::start();
    deliver(&service, "joined", 1, 0, json!({}));
    deliver(&service, "leaving", 1, 5_000, json!({ "queue_id": 17, "cc_result": "abandoned" }));
    let at = |as_of: u64| {
        let path = format!("/v1/queues/history?{HOUR}&group_by=queue&metrics=n_offered&as_of={as_of}");
        let answer = service.read(&path);
        let one = |group: &Value| (group["queue_id"].clone(), group["total"]["n_offered"]["value"].clone());
        answer["queues"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(at(1), [(json!(null), json!(1))], "nobody had heard of 17");
    assert_eq!(at(2), [(json!(17), json!(1))]);
}

#[test]
fn attempts_without_a_queue_are_a_group_as_they_were_sent() {
    let service = Service::start();
    service.clock.set(1_795_694_700_000);
    let ndjson = [("content-type", "application/x-ndjson")];
    let answer = service.post_with("/v1/events", &ndjson, NO_QUEUE).expect(200);
    assert_eq!(answer["recorded"], 5, "{answer}");
    let ask = |group: &str| {
        let range = "from=1795690800000&to=1795698000000&metrics=n_offered,n_abandoned";
        service.read(&format!("/v1/queues/history?{range}{group}"))
    };
    let values =
        |metrics: &Value| (metrics["n_offered"]["value"].clone(), metrics["n_abandoned"]["value"].clone());
    assert_eq!(values(&ask("")["total"]), (json!(3), json!(2)));
    let grouped = ask("&group_by=queue");
    let told: Vec<_> = grouped["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["queue_id"].clone(), values(&one["total"])))
        .collect();
    assert_eq!(told, [(json!(17), (json!(1), json!(0))), (json!(null), (json!(2), json!(2)))]);
}

#[test]
fn the_number_kept_for_unknown_is_refused() {
    let service = Service::start();
    let kept = i64::MIN;
    for path in [
        format!("/v1/queues/{kept}/history?{HOUR}"),
        format!("/v1/attempts?queue_id={kept}"),
        format!("/v1/offers?queue_id={kept}"),
        format!("/v1/now?queue_id={kept}"),
        format!("/v1/agents/4/history?{HOUR}&queue_id={kept}"),
    ] {
        assert_eq!(named(&service.get(&path).problem(400, "parameter_invalid")), "queue_id", "{path}");
    }
    let refusals = service.get(&format!("/v1/refusals?queue_id={kept}"));
    assert_eq!(named(&refusals.problem(400, "query_invalid")), "queue_id");
    let defined = service.put(&format!("/v1/queues/{kept}"), &json!({ "type": 1 }));
    assert_eq!(named(&defined.problem(400, "parameter_invalid")), "queue_id");
    for (attempt_id, sent) in [(1, json!(kept)), (2, json!(kept.to_string()))] {
        deliver(&service, "joined", attempt_id, 0, json!({ "queue_id": sent }));
        let event = service.show(&format!("/v1/attempts/{attempt_id}/events"))["events"][0].clone();
        assert_eq!((&event["flags"], event.get("queue_id")), (&json!(["unparsable:queue_id"]), None));
    }
    assert_eq!(groups(&service.read("/v1/queues")), [json!(null)]);
    assert_eq!((T0, service.read("/v1/now")["queues"][0]["waiting"].clone()), (NOW - 60_000, json!(2)));
}
